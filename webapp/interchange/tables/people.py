"""Rows of a table as people: volunteers, whatever the file says; who is here already is left as they are."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sqlalchemy import or_, select

from webapp import journal, policy
from webapp.accounts import contact, languages
from webapp.accounts.contact import Contact
from webapp.accounts.models import User, UserSkill
from webapp.accounts.service import MOST_SKILLS, create_user
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.interchange.tables.asking import Ask, Read
from webapp.interchange.tables.batches import Done
from webapp.journal import SYSTEM, Actor
from webapp.policy import Action

_LONGEST = {"name": 120, "availability": 200, "home_area": 120}
_LONGEST_SKILL = 60


def reader(region: str) -> Callable[[Ask], Read]:
    """What reads a row as a person. ``region`` helps phone numbers without a country code."""
    return partial(read, region=region)


def read(ask: Ask, *, region: str) -> Read:
    """What a row says of a person; who they are is their phone and e-mail. Raises `Rejected`."""
    values = {name: ask.line(name) for name in _LONGEST}
    if not any(c.isalpha() for c in values["name"]):
        raise ask.reject("name", "Write the person's name.")
    for name, text in values.items():
        if len(text) > _LONGEST[name]:
            raise ask.reject(name, f"Use at most {_LONGEST[name]} characters; this has {len(text)}.")
    reached = [_contact(ask, name, region) for name in ("email", "phone") if ask.line(name)]
    emails, phones = [one.email for one in reached], [one.phone for one in reached]
    email, phone = next(filter(None, emails), None), next(filter(None, phones), None)
    if not email and not phone:
        raise ask.reject("email", "Write a phone number or an e-mail address.")
    more = {"email": email, "phone": phone, "languages": _languages(ask), "skills": _skills(ask)}
    return Read(ask.row.where, email or phone or "", values, more, tuple(ask.notes))


def _contact(ask: Ask, name: str, region: str) -> Contact:
    try:
        return contact.parse(ask.line(name), region, name)
    except Invalid as error:
        raise ask.refuse(error) from None


def _languages(ask: Ask) -> list[str]:
    try:
        return languages.parse(ask.line("languages"))
    except Invalid as error:
        raise ask.refuse(error) from None


def _skills(ask: Ask) -> list[str]:
    words = ask.line("skills").replace(",", ";")
    found = {word.casefold(): word for part in words.split(";") if (word := part.strip())}
    if len(found) > MOST_SKILLS or any(len(word) > _LONGEST_SKILL for word in found.values()):
        raise ask.reject(
            "skills", f"A person has at most {MOST_SKILLS} skills of {_LONGEST_SKILL} characters."
        )
    return list(found.values())


def known(rows: Iterable[Read]) -> dict[str, int]:
    """Those whose phone or e-mail somebody has, by their reference; one statement."""
    asked = list(rows)
    emails = {row.more["email"] for row in asked} - {None}
    phones = {row.more["phone"] for row in asked} - {None}
    statement = select(User.id, User.email, User.phone).where(
        or_(User.email.in_(emails), User.phone.in_(phones))
    )
    people = db.session.execute(statement).all()
    here: dict[str | None, int] = {}
    for person in people:
        here |= {person.email: person.id, person.phone: person.id}
    here.pop(None, None)
    return {
        row.ref: id_
        for row in asked
        if (id_ := here.get(row.more["email"]) or here.get(row.more["phone"])) is not None
    }


@journal.command
def import_batch(actor: Actor, *, rows: Sequence[Read]) -> Done:
    """Register people who are not here yet as volunteers, an entry for each.

    They have agreed to nothing and have no password: they sign in with a code or a link.
    """
    policy.require(actor, Action.IMPORT_TABLES)
    done = Done()
    here = known(rows)
    taken: set[str | None] = set()
    for row in rows:
        own = {row.more["email"], row.more["phone"]} - {None}
        if row.ref in here or own & taken:
            continue
        taken |= own
        _make(row)
        done.new.append(row.ref)
    return done


def _make(row: Read) -> None:
    email, phone = row.more["email"], row.more["phone"]
    first = Contact(email=email) if email else Contact(phone=phone)
    user: User = create_user(SYSTEM, name=row.values["name"], contact=first)
    user.phone = phone
    user.availability = row.values["availability"] or None
    user.home_area = row.values["home_area"] or None
    user.languages = row.more["languages"]
    db.session.add_all([UserSkill(user_id=user.id, name=name) for name in row.more["skills"]])
    db.session.flush()
