"""What can be done about people: make, edit, change role, deactivate, look at their contact details."""

import uuid
from dataclasses import dataclass, field
from datetime import date

from webapp import journal
from webapp.accounts import families, guarding, passwords, sessions
from webapp.accounts.contact import Contact
from webapp.accounts.models import SignInCode, User, UserSkill, UserStatus
from webapp.accounts.queries import is_expected, works_with
from webapp.database import utc_now
from webapp.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.extensions import db
from webapp.journal import Actor, Role
from webapp.policy import Action, require

TAKEN = "Somebody is registered with this already. Sign in instead."
MOST_SKILLS = 30


@journal.command
def create_user(
    actor: Actor,
    *,
    name: str,
    contact: Contact,
    role: Role = Role.SUV,
    password_hash: str | None = None,
    locale: str | None = None,
) -> User:
    """Make a person. The caller has decided that this actor may (sign-up, invitation, command line).

    Raises `Invalid` when somebody has this phone or e-mail already.
    """
    require_free(contact)
    user = User(
        name=name,
        email=contact.email,
        email_typed=contact.typed,
        phone=contact.phone,
        role=role,
        password_hash=password_hash,
        locale=locale,
    )
    db.session.add(user)
    db.session.flush()
    journal.append("user.registered", user, user_id=user.id, name=name, role=role)
    return user


def require_free(contact: Contact, besides: int | None = None, field: str = "contact") -> None:
    """Raise `Invalid` when the phone or e-mail belongs to somebody (else than ``besides``)."""
    statement = db.select(User.id).where(contact.matches(), User.id != (besides or 0))
    if db.session.execute(statement).first() is not None:
        guarding.contact_was_taken()
        raise Invalid(TAKEN, fields={field: TAKEN})


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person tells about themselves; texts are clean, contacts in normal form."""

    name: str
    email: str | None
    phone: str | None
    languages: list[str] = field(default_factory=list)
    locale: str | None = None
    time_zone: str | None = None
    home_area: str | None = None
    availability: str | None = None
    emergency_contact: str | None = None
    email_typed: str | None = None


def edit_profile(
    actor: Actor,
    *,
    user_id: int,
    seen_version: int | None,
    profile: Profile,
    command_id: uuid.UUID | None = None,
) -> User:
    """Replace a person's profile. Raises `StaleVersion` when it changed since the form was opened, and
    `TooManyTries` for one phone or e-mail after the other, whether somebody has them or not."""
    present = db.session.execute(db.select(User.phone, User.email).where(User.id == user_id)).one_or_none()
    if present is not None and any(
        new and new != old for new, old in zip((profile.phone, profile.email), present, strict=True)
    ):
        guarding.count_change_of_contact(actor)
    changed: User = _edit_profile(
        actor, user_id=user_id, seen_version=seen_version, profile=profile, command_id=command_id
    )
    return changed


@journal.command
def _edit_profile(actor: Actor, *, user_id: int, seen_version: int | None, profile: Profile) -> User:
    user = locked(user_id)
    require(actor, Action.PROFILE_EDIT, user)
    journal.require_version(user, seen_version, User.editable)
    if not any(letter.isalpha() for letter in profile.name):
        raise Invalid("Write your name.", fields={"name": "Write your name."})
    if not profile.email and not profile.phone:
        words = "Keep a phone number or an e-mail address: you sign in with it."
        raise Invalid(words, fields={"phone": words})
    for name in ("phone", "email"):
        if getattr(profile, name):
            require_free(Contact(**{name: getattr(profile, name)}), user.id, name)
    for name in (*User.editable, "email_typed"):
        setattr(user, name, getattr(profile, name))
    journal.append("user.edited", user, user_id=user.id)
    return user


@journal.command
def add_skill(
    actor: Actor, *, user_id: int, name: str, certificate: str | None = None, expires_on: date | None = None
) -> UserSkill:
    """Note that a person can do something: for oneself, or by a coordinator."""
    user = _whose_skills(actor, user_id)
    present = (
        db.session.execute(db.select(UserSkill.name).where(UserSkill.user_id == user.id)).scalars().all()
    )
    if name.casefold() in {known.casefold() for known in present}:
        words = "This skill is in the list already."
        raise Invalid(words, fields={"name": words})
    if len(present) >= MOST_SKILLS:
        words = f"A person can have {MOST_SKILLS} skills. Remove one first."
        raise Invalid(words, fields={"name": words})
    skill = UserSkill(user_id=user.id, name=name, certificate=certificate, expires_on=expires_on)
    db.session.add(skill)
    db.session.flush()
    journal.append("user.edited", user, user_id=user.id, skill=name, added=True)
    return skill


@journal.command
def remove_skill(actor: Actor, *, user_id: int, skill_id: int) -> None:
    """Take a skill off the list."""
    user = _whose_skills(actor, user_id)
    skill = db.session.get(UserSkill, skill_id)
    if skill is None or skill.user_id != user.id:
        raise NotFound("This skill is not in the list any more.")
    db.session.delete(skill)
    journal.append("user.edited", user, user_id=user.id, skill=skill.name, added=False)


def _whose_skills(actor: Actor, user_id: int) -> User:
    user = locked(user_id)
    require(actor, Action.PROFILE_EDIT if actor.user_id == user_id else Action.PROFILE_NOTES, user)
    return user


@journal.command
def set_status(actor: Actor, *, user_id: int, status: UserStatus) -> User:
    """Say that one can be sent, or cannot. ``assigned`` follows from assignments and is refused here."""
    user = locked(user_id)
    require(actor, Action.PROFILE_EDIT, user)
    if UserStatus.ASSIGNED in (user.status, status):
        raise Conflict("While you are on an event this follows from it. Leave the event first.")
    # Who joined an event while unavailable is on it all the same.
    user.status = UserStatus.ASSIGNED if status is UserStatus.AVAILABLE and is_expected(user.id) else status
    journal.append("user.status_set", user, user_id=user.id, status=user.status)
    return user


@journal.command
def set_password(actor: Actor, *, password_hash: str) -> User:
    """Change one's own password; the person's other sessions end. The view has had the old one proven."""
    user = locked(actor.user_id or 0)
    user.password_hash = password_hash
    sessions.end_all(actor, user_id=user.id, keep=actor.session_id)
    journal.append("user.edited", user, user_id=user.id, password=True)
    return user


@journal.command
def request_erasure(actor: Actor, *, wanted: bool) -> User:
    """Ask the authorities to erase oneself, or take that back."""
    user = locked(actor.user_id or 0)
    consents = {k: v for k, v in user.consents.items() if k != "erasure_requested_at"}
    user.consents = consents | ({"erasure_requested_at": utc_now().isoformat()} if wanted else {})
    journal.append("user.edited", user, user_id=user.id, erasure_requested=wanted)
    return user


@journal.command
def change_role(actor: Actor, *, user_id: int, role: Role, seen_version: int | None = None) -> User:
    """Give a person another role: never above the actor's own, never away from the last AUTHORITY.

    Raises `StaleVersion` when somebody gave another one since ``seen_version``, where that is said.
    """
    require(actor, Action.USER_ROLE)
    user, authorities = locked_with_authorities(user_id)
    require_present_authority(actor, authorities)
    journal.require_version(user, seen_version, frozenset({"role"}))
    if actor.role is not None and role.rank > actor.role.rank:
        raise Forbidden("You cannot give a role above your own.")
    if user.role == role:
        return user
    if user.role is Role.AUTHORITY:
        keep_one_authority(user, authorities)
    before, user.role = user.role, role
    journal.append("user.role_changed", user, user_id=user.id, name=user.name, before=before, role=role)
    return user


@journal.command
def deactivate(actor: Actor, *, user_id: int) -> User:
    """Shut a person out at once: no sign-in, no session, no code, until they are let in again."""
    require(actor, Action.USER_DEACTIVATE)
    user, authorities = locked_with_authorities(user_id)
    require_present_authority(actor, authorities)
    if user.id == actor.user_id:
        raise Conflict("You cannot deactivate yourself. Ask another authority.")
    if user.role is Role.AUTHORITY:
        keep_one_authority(user, authorities)
    if user.deactivated_at is None:
        user.deactivated_at = utc_now()
        shut_out(actor, user)
        journal.append("user.deactivated", user, user_id=user.id, name=user.name)
    return user


@journal.command
def reactivate(actor: Actor, *, user_id: int) -> User:
    """Let a deactivated person in again; they sign in anew."""
    user = locked(user_id)
    require(actor, Action.USER_DEACTIVATE, user)
    if user.deactivated_at is not None:
        user.deactivated_at = None
        journal.append("user.reactivated", user, user_id=user.id, name=user.name)
    return user


@journal.command
def contact_of(actor: Actor, *, user_id: int) -> User:
    """A person whose phone and e-mail the actor may see now; each look at another's is journalled.

    Themselves, AUTHORITY, and a VC while that person has an open assignment on an event that
    the VC works on. Give no ``command_id``: a look is never a repetition of an earlier one.
    """
    user = db.session.get(User, user_id)
    if user is None or user.erased_at is not None:
        raise NotFound("There is no such person.")
    require(actor, Action.CONTACT_VIEW, user)
    if actor.user_id == user.id:
        return user
    if actor.role is Role.VC and not works_with(actor.user_id or 0, user.id):
        raise Forbidden(
            "You see contact details only while this person is on an event that you work on. "
            "Assign them to it, or ask an authority."
        )
    journal.append("contact.viewed", None, user_id=user.id, by=actor.name)
    return user


def shut_out(actor: Actor, user: User) -> None:
    """Inside a command: end every session, code and sign-in link of the person, and their devices' tokens."""
    sessions.end_all(actor, user_id=user.id)
    families.end_of_person(actor, user_id=user.id, devices=True)
    unused = db.select(SignInCode).where(SignInCode.user_id == user.id, SignInCode.used_at.is_(None))
    for code in db.session.execute(unused).scalars():
        code.used_at = utc_now()


def locked(user_id: int) -> User:
    """The row of a person that was not erased, locked for this command. Raises `NotFound`."""
    user = db.session.get(User, user_id, with_for_update=True)
    if user is None or user.erased_at is not None:
        raise NotFound("There is no such person.")
    return user


def locked_with_authorities(user_id: int) -> tuple[User, dict[int, User]]:
    """The person, and every active AUTHORITY by id, locked together in the order of their ids.

    Two demotions at once lock the same rows: the second sees what the first did, and is refused.
    """
    in_charge = (User.role == Role.AUTHORITY) & User.deactivated_at.is_(None) & User.erased_at.is_(None)
    rows = db.session.execute(
        db.select(User).where(in_charge | (User.id == user_id)).order_by(User.id).with_for_update()
    ).scalars()
    people = {row.id: row for row in rows}
    user = people.get(user_id)
    if user is None or user.erased_at is not None:
        raise NotFound("There is no such person.")
    return user, {id_: row for id_, row in people.items() if row.role is Role.AUTHORITY and row.active}


def require_present_authority(actor: Actor, authorities: dict[int, User]) -> None:
    """Refuse an actor who was demoted or shut out while this request was under way."""
    if actor.user_id is not None and actor.user_id not in authorities:
        raise Forbidden("You are not an authority any more.")


def keep_one_authority(user: User, authorities: dict[int, User]) -> None:
    """Refuse to take the last active AUTHORITY away."""
    if not set(authorities) - {user.id}:
        raise Conflict("This is the last authority. Make somebody else an authority first.")


def checked_password(password: str, own_words: tuple[str | None, ...], field: str = "password") -> str | None:
    """The hash of a new password; ``None`` for none. Raises `Invalid` that says what to choose."""
    if not password:
        return None
    refused = passwords.refusal(password, own_words=own_words)
    if refused:
        raise Invalid(refused, fields={field: refused})
    return passwords.hashed(password)
