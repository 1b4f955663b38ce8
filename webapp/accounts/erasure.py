"""Erasing a person: what was done stays, who it was goes, everywhere that Mayday keeps it."""

from typing import Any

from sqlalchemy import or_

from webapp import journal
from webapp.accounts.models import (
    ExternalIdentity,
    Invitation,
    SignInCode,
    SignInSession,
    User,
    UserSkill,
    UserStatus,
)
from webapp.accounts.service import (
    keep_one_authority,
    locked_with_authorities,
    require_present_authority,
    shut_out,
)
from webapp.accounts.token_models import RefreshToken, TokenFamily
from webapp.database import utc_now
from webapp.errors import Conflict, Invalid
from webapp.extensions import db
from webapp.journal import Actor, JournalEntry, Role
from webapp.journal.transaction import current
from webapp.policy import Action, require
from webapp.volunteers.models import Assignment

NAME = "Erased person"
GONE = "•"  # stands in the journal where something about the person stood
# What the journal tells of a person, by table; contact details never entered it.
_PERSONAL = {
    "user": frozenset({"name", "languages", "locale", "time_zone", "availability", "consents"}),
    "user_skill": frozenset({"name", "certificate", "expires_on"}),
    "assignment": frozenset({"note"}),
    "invitation": frozenset({"note"}),
    "device": frozenset({"name"}),
    "message": frozenset({"latitude", "longitude"}),
}
# Facts that tell of the person whatever their value.
_PERSONAL_FACTS = frozenset({"skill", "client"})


@journal.command
def erase(actor: Actor, *, user_id: int, typed_name: str) -> User:
    """Erase a person for good. ``typed_name`` must be their name: there is no way back.

    Name, contacts, notes, skills, sessions and codes go, also from the journal, which keeps what was
    done. Raises `Invalid` for another name, `Conflict` for oneself and for the last AUTHORITY.
    """
    require(actor, Action.USER_DEACTIVATE)
    user, authorities = locked_with_authorities(user_id)
    require_present_authority(actor, authorities)
    if user.id == actor.user_id:
        raise Conflict("You cannot erase yourself. Ask another authority.")
    if user.role is Role.AUTHORITY:
        keep_one_authority(user, authorities)
    if " ".join(typed_name.split()).casefold() != user.name.casefold():
        words = f"Type the name exactly as it is: {user.name}"
        raise Invalid(words, fields={"typed_name": words})
    shut_out(actor, user)
    _forget_ways_in(user)
    names = _forget_in_journal(user)
    _forget_on_row(user)
    journal.append("user.erased", user, user_id=user.id)
    db.session.flush()
    _mask_this_deed(names)
    return user


def _forget_on_row(user: User) -> None:
    for skill in db.session.execute(db.select(UserSkill).where(UserSkill.user_id == user.id)).scalars():
        db.session.delete(skill)
    for assignment in db.session.execute(
        db.select(Assignment).where(Assignment.user_id == user.id, Assignment.note != "")
    ).scalars():
        assignment.note = ""
    user.name, user.role, user.status = NAME, Role.SUV, UserStatus.UNAVAILABLE
    user.languages, user.consents = [], {}
    for column in (
        "email",
        "email_typed",
        "phone",
        "password_hash",
        "locale",
        "time_zone",
        "home_area",
        "availability",
        "emergency_contact",
        "notes",
        "organisation_id",
        "team_id",
        "last_seen_at",
    ):
        setattr(user, column, None)
    now = utc_now()
    user.erased_at, user.deactivated_at = now, user.deactivated_at or now


def _forget_ways_in(user: User) -> None:
    families = db.select(TokenFamily.id).where(TokenFamily.user_id == user.id)
    db.session.execute(db.delete(RefreshToken).where(RefreshToken.family_id.in_(families)))
    db.session.execute(db.delete(TokenFamily).where(TokenFamily.user_id == user.id))
    for kind in (SignInSession, SignInCode, ExternalIdentity):
        for row in db.session.execute(db.select(kind).where(kind.user_id == user.id)).scalars():
            db.session.delete(row)
    for invitation in db.session.execute(
        db.select(Invitation).where(Invitation.used_by_id == user.id, Invitation.note != "")
    ).scalars():
        invitation.note = ""


def _forget_in_journal(user: User) -> set[str]:
    """Mask what the journal tells of the person; return the names they had here."""
    entries = list(
        db.session.execute(
            db.select(JournalEntry).where(
                or_(
                    (JournalEntry.subject_type == "user") & (JournalEntry.subject_id == user.id),
                    JournalEntry.user_id == user.id,
                    JournalEntry.actor_id == user.id,
                )
            )
        ).scalars()
    )
    names = _names(user, entries)
    for entry in entries:
        entry.facts = _impersonal(names, entry.facts)
        if entry.subject_type == "device":
            entry.facts = entry.facts | {"name": GONE}
        entry.changes = _masked(entry.subject_type, entry.changes)
        entry.effects = {key: _masked(key.split(":")[0], change) for key, change in entry.effects.items()}
    return names


def _names(user: User, entries: list[JournalEntry]) -> set[str]:
    """Every name the person had here, whole and first only, case-folded."""
    names = {user.name}
    for entry in entries:
        if entry.subject_type == "user" and entry.subject_id == user.id:
            names |= {name for name in entry.changes.get("name", []) if isinstance(name, str)}
    return {part.casefold() for name in names for part in (name, name.split()[0])}


def _impersonal(names: set[str], facts: dict[str, Any]) -> dict[str, Any]:
    return {key: GONE if key in _PERSONAL_FACTS else _without(names, fact) for key, fact in facts.items()}


def _without(names: set[str], value: Any) -> Any:
    if isinstance(value, str):
        return GONE if value.casefold() in names else value
    if isinstance(value, list):
        return [_without(names, item) for item in value]
    if isinstance(value, dict):
        return {key: _without(names, item) for key, item in value.items()}
    return value


def _masked(table: str, changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    personal = _PERSONAL.get(table, frozenset())
    return {
        name: [GONE if side not in (None, "", [], {}) else side for side in sides]
        if name in personal
        else sides
        for name, sides in changes.items()
    }


def _mask_this_deed(names: set[str]) -> None:
    """What this command itself is about to write must not say what it took away."""
    transaction = current()
    if transaction is None:
        return
    for (table, id_), changes in transaction.changes.items():
        transaction.changes[table, id_] = _masked(table, changes)
    for entry, _subject in transaction.entries:
        entry.facts = _impersonal(names, entry.facts)
