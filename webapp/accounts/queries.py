"""What pages about people read."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, exists, or_, select, tuple_

from webapp import searching
from webapp.accounts.models import Invitation, SignInSession, User, UserSkill, UserStatus
from webapp.accounts.token_models import TokenFamily
from webapp.database import utc_now
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.journal import JournalEntry, Role
from webapp.volunteers.models import EXPECTED, OPEN, Assignment, AssignmentStatus

PAGE = 50
# What a person is shown about their own account: who let whom in, and who looked.
OWN_LOG = (
    "session.started",
    "session.refused",
    "token.issued",
    "token.reused",
    "code.made",
    "code.used",
    "identity.linked",
    "identity.unlinked",
    "contact.viewed",
    "calendar.shared",
    "calendar.unshared",
    "user.role_changed",
    "user.deactivated",
    "user.reactivated",
)


def user(user_id: int) -> User | None:
    """A person who was not erased."""
    found = db.session.get(User, user_id)
    return found if found is not None and found.erased_at is None else None


def skills_of(user_id: int) -> Sequence[UserSkill]:
    """What a person can do, by name."""
    statement = select(UserSkill).where(UserSkill.user_id == user_id).order_by(UserSkill.name)
    return db.session.execute(statement).scalars().all()


def open_sessions(user_id: int) -> Sequence[SignInSession]:
    """Where a person is signed in, last used first."""
    statement = (
        select(SignInSession)
        .where(
            SignInSession.user_id == user_id,
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > utc_now(),
        )
        .order_by(SignInSession.last_seen_at.desc(), SignInSession.id.desc())
        .limit(PAGE)
    )
    return db.session.execute(statement).scalars().all()


def open_programs(user_id: int) -> Sequence[TokenFamily]:
    """Programs that are signed in as a person, last used first; paired devices have a page of their own."""
    statement = (
        select(TokenFamily)
        .where(
            TokenFamily.user_id == user_id,
            TokenFamily.device_id.is_(None),
            TokenFamily.revoked_at.is_(None),
            TokenFamily.expires_at > utc_now(),
        )
        .order_by(TokenFamily.last_used_at.desc(), TokenFamily.id.desc())
        .limit(PAGE)
    )
    return db.session.execute(statement).scalars().all()


def own_log(user_id: int, limit: int = 10) -> Sequence[JournalEntry]:
    """The newest entries about a person's account, for themselves."""
    statement = (
        select(JournalEntry)
        .where(JournalEntry.user_id == user_id, JournalEntry.verb.in_(OWN_LOG))
        .order_by(JournalEntry.seq.desc())
        .limit(limit)
    )
    return db.session.execute(statement).scalars().all()


@dataclass(frozen=True, slots=True)
class Search:
    """Which people the list shows."""

    text: str = ""
    role: Role | None = None
    state: str = ""


STATES = ("available", "assigned", "unavailable", "deactivated", "wants_erasure")


def people(search: Search, after: int | None = None, limit: int = PAGE) -> tuple[Sequence[User], int | None]:
    """People by name from the person ``after`` on, and the id to continue with.

    An unknown ``after`` starts at the beginning.
    """
    statement = _matching(search).order_by(User.name, User.id).limit(limit + 1)
    start = db.session.get(User, after) if after is not None else None
    if start is not None:
        statement = statement.where(tuple_(User.name, User.id) > (start.name, start.id))
    rows = searching.found(statement, search.text).scalars().all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def _matching(search: Search) -> Select[User]:
    statement = select(User).where(User.erased_at.is_(None))
    if search.role is not None:
        statement = statement.where(User.role == search.role)
    if search.state == "deactivated":
        statement = statement.where(User.deactivated_at.is_not(None))
    elif search.state == "wants_erasure":
        statement = statement.where(User.consents["erasure_requested_at"].as_string().is_not(None))
    elif search.state:
        statement = statement.where(User.status == UserStatus(search.state), User.deactivated_at.is_(None))
    if search.text:
        part = "%" + search.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        digits = "".join(c for c in search.text if c.isdigit())
        found = [User.name.ilike(part, escape="\\"), User.email.ilike(part, escape="\\")]
        if len(digits) >= 3:
            found.append(User.phone.like(f"%{digits}%"))
        statement = statement.where(or_(*found))
    return statement


def open_invitations(made_by: int | None = None) -> Sequence[Row[Invitation, str]]:
    """Links that still work with the name of who made them, newest first; of one person or of all."""
    statement = (
        select(Invitation, User.name)
        .outerjoin(User, User.id == Invitation.invited_by_id)
        .where(
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > utc_now(),
        )
        .order_by(Invitation.id.desc())
        .limit(200)
    )
    if made_by is not None:
        statement = statement.where(Invitation.invited_by_id == made_by)
    return db.session.execute(statement).all()


def works_with(coordinator_id: int, user_id: int) -> bool:
    """Whether the person has an open assignment on an event that the coordinator has a part in.

    A part: has opened, edited, assigned or otherwise done something there, or is assigned there.
    """
    did_something = exists().where(
        JournalEntry.actor_id == coordinator_id, JournalEntry.event_id == Assignment.event_id
    )
    other = select(Assignment.event_id).where(
        Assignment.user_id == coordinator_id, Assignment.status.in_(tuple(OPEN))
    )
    statement = (
        select(Assignment.id)
        .where(
            Assignment.user_id == user_id,
            Assignment.status.in_(tuple(OPEN)),
            did_something | Assignment.event_id.in_(other),
        )
        .limit(1)
    )
    return db.session.execute(statement).first() is not None


def is_expected(user_id: int) -> bool:
    """Whether the person has said yes to an event, or is at one."""
    statement = select(Assignment.id).where(Assignment.user_id == user_id, Assignment.status.in_(EXPECTED))
    return db.session.execute(statement.limit(1)).first() is not None


def open_assignments(user_id: int) -> Sequence[Row[int, AssignmentStatus]]:
    """What a person is still on: ids and statuses, in the order of their events (the lock order)."""
    statement = (
        select(Assignment.id, Assignment.status)
        .where(Assignment.user_id == user_id, Assignment.status.in_(tuple(OPEN)))
        .order_by(Assignment.event_id, Assignment.id)
    )
    return db.session.execute(statement).all()


def event_of_join_code(code: str) -> Event | None:
    """The event whose join code this is, whatever its status; a text that cannot be a code is nobody's."""
    if not (code.isascii() and code.isalnum()):
        return None  # PostgreSQL refuses some of them (NUL), so they are not asked for
    return db.session.execute(select(Event).where(Event.join_code == code)).scalar_one_or_none()


def takes_people(event: Event) -> bool:
    """Whether newcomers may join."""
    return event.status is EventStatus.ACTIVE


def assignments_of(user_id: int) -> Sequence[Row[Assignment, str]]:
    """All a person was on, with the event's title, newest first."""
    statement = (
        select(Assignment, Event.title)
        .join(Event, Event.id == Assignment.event_id)
        .where(Assignment.user_id == user_id)
        .order_by(Assignment.id.desc())
    )
    return db.session.execute(statement).all()


def by_contact(email: str | None, phone: str | None) -> User | None:
    """The person with this e-mail or phone, in normal form."""
    condition = User.email == email if email else User.phone == phone
    return db.session.execute(select(User).where(condition)).scalar_one_or_none()
