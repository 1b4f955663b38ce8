"""Rows of a table as people: volunteers, whatever the file says; who is here already is left as they are."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from webapp import journal, policy
from webapp.accounts import contact, languages
from webapp.accounts.contact import Contact
from webapp.accounts.models import User, UserSkill
from webapp.accounts.service import MOST_SKILLS, create_user
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.interchange.tables import same_people
from webapp.interchange.tables.asking import Ask, Read
from webapp.interchange.tables.batches import Done
from webapp.interchange.tables.same_people import CONTACTS
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
    more = {
        "email": email,
        "phone": phone,
        "typed": next((one.typed for one in reached if one.email == email), None),
        "languages": _languages(ask),
        "skills": _skills(ask),
    }
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
    """Those who were found to be somebody already (see `same_people`), by their reference."""
    return {row.ref: 0 for row in rows if row.more.get("known")}


@journal.command
def import_batch(actor: Actor, *, rows: Sequence[Read]) -> Done:
    """Register people who are not here yet as volunteers, an entry for each.

    They have agreed to nothing and have no password: they sign in with a code or a link. Who was registered
    since the rows were told apart is known, or costs the row that has their contact and another name.
    """
    policy.require(actor, Action.IMPORT_TABLES)
    done = Done()
    since = same_people.here(rows)
    for row in rows:
        holders = [holder for kind in CONTACTS if (holder := since.get(row.more[kind]))]
        if not holders:
            _make(row)
            done.new.append(row.ref)
        elif all(holder.names != same_people.names_of(row.values["name"]) for holder in holders):
            done.refused.append((row.where, "Somebody was registered with its contact meanwhile."))
    return done


def _make(row: Read) -> None:
    email, phone = row.more["email"], row.more["phone"]
    first = Contact(email=email, typed=row.more["typed"]) if email else Contact(phone=phone)
    user: User = create_user(SYSTEM, name=row.values["name"], contact=first)
    user.phone = phone
    user.availability = row.values["availability"] or None
    user.home_area = row.values["home_area"] or None
    user.languages = row.more["languages"]
    db.session.add_all([UserSkill(user_id=user.id, name=name) for name in row.more["skills"]])
    db.session.flush()
