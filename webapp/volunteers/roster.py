"""The roster: everybody, where they are and since when, in a fixed number of statements a page."""

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from webapp import searching
from webapp.accounts.models import User, UserSkill, UserStatus
from webapp.database import utc_now
from webapp.errors import NotFound
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.journal import JournalEntry, Role
from webapp.volunteers.hours import Presence, is_overdue
from webapp.volunteers.models import OPEN, PRESENT, Assignment, AssignmentStatus
from webapp.volunteers.queries import since
from webapp.web.viewer import viewer

PAGE = 50
MOST_EVENTS = 200  # to choose from
# So many are ranked for an event; more are found by name.
MOST_CANDIDATES = 300
DISTRESS = "assignment.distress"
# So long a call for help stays beside the person's name.
DISTRESS_SHOWN = timedelta(hours=12)

_S = AssignmentStatus
_RANK = {_S.NO_CONTACT: 0, _S.CHECKED_IN: 1, _S.ACCEPTED: 2, _S.REQUESTED: 3, _S.OFFERED: 4}


class State(enum.StrEnum):
    """What the roster is filtered by."""

    CHECKED_IN = "checked_in"
    EXPECTED = "expected"
    FREE = "free"
    UNAVAILABLE = "unavailable"
    NO_CONTACT = "no_contact"
    OVERDUE = "overdue"
    REQUESTED = "requested"


_BY_ASSIGNMENT = {
    State.CHECKED_IN: _S.CHECKED_IN,
    State.EXPECTED: _S.ACCEPTED,
    State.NO_CONTACT: _S.NO_CONTACT,
    State.REQUESTED: _S.REQUESTED,
}
_BY_PERSON = {State.FREE: UserStatus.AVAILABLE, State.UNAVAILABLE: UserStatus.UNAVAILABLE}
_FREE_FIRST = {UserStatus.AVAILABLE: 0, UserStatus.ASSIGNED: 1, UserStatus.UNAVAILABLE: 2}
# The counter row behind each state (see `webapp.board.counters`).
COUNTER = {
    State.OVERDUE: "assignment:overdue",
    **{state: f"assignment:{status}" for state, status in _BY_ASSIGNMENT.items()},
    **{state: f"user:{status}" for state, status in _BY_PERSON.items()},
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is, goes, or is asked to go."""

    assignment_id: int
    status: AssignmentStatus
    since: datetime
    event_id: int
    title: str
    task: str
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class RosterPerson:
    """A person as the roster shows them."""

    id: int
    version: int
    name: str
    role: Role
    status: UserStatus
    last_sign_at: datetime | None
    distress_at: datetime | None
    active: bool
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    place: Place | None = None
    more: int = 0
    stays: tuple[Presence, ...] = ()

    @property
    def key(self) -> str:
        """The list's order as text: by name."""
        return f"{self.name} {self.id:012d}"

    @property
    def card_key(self) -> tuple[Any, ...]:
        """All that the card depends on."""
        return (self,)

    @property
    def present(self) -> bool:
        """Whether the person is checked in somewhere."""
        return self.place is not None and self.place.status in PRESENT

    @property
    def finished_today(self) -> timedelta:
        """Hours of finished stays since the viewer's midnight; a stay across it counts in part."""
        zone = ZoneInfo(viewer().time_zone)
        midnight = utc_now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        # The difference of moments in UTC is true elapsed time, also on a day of 23 or 25 hours.
        start = midnight.astimezone(ZoneInfo("UTC"))
        return sum((stay.worked(utc_now(), start) for stay in self.stays), timedelta())


@dataclass(frozen=True, slots=True)
class Filters:
    """What the roster is narrowed to."""

    state: State | None = None
    skill: str = ""
    language: str = ""
    event_id: int | None = None
    text: str = ""

    @property
    def none(self) -> bool:
        """Whether nothing is filtered."""
        return self == Filters()

    @property
    def typed(self) -> str:
        """The words that are searched for."""
        return self.text + self.skill


class Listing(NamedTuple):
    """One page of the roster, and where it goes on."""

    people: list[RosterPerson]
    next_cursor: int | None


class Choice(NamedTuple):
    """An active event to choose."""

    id: int
    title: str


def listed(filters: Filters, after: int | None = None, limit: int = PAGE) -> Listing:
    """One page of people by name; three statements. ``after`` is the id of the last person seen."""
    statement = _people().where(User.deactivated_at.is_(None), User.erased_at.is_(None), *matching(filters))
    if after is not None:
        last = aliased(User)
        name = select(last.name).where(last.id == after).scalar_subquery()
        statement = statement.where(or_(User.name > name, and_(User.name == name, User.id > after)))
    ordered = statement.order_by(User.name, User.id).limit(limit + 1)
    people, further = _read(ordered, limit, filters.typed)
    return Listing(people, people[-1].id if further else None)


def these(ids: Collection[int]) -> list[RosterPerson]:
    """These people, whoever they are now."""
    return _read(_people().where(User.id.in_(ids)).order_by(User.id), len(ids))[0]


def candidates(event_id: int, text: str = "", limit: int = MOST_CANDIDATES) -> list[RosterPerson]:
    """Who could be asked to come to the event: free people first, then the newest; three statements."""
    on_it = and_(Assignment.event_id == event_id, Assignment.status.in_(OPEN))
    statement = (
        _people()
        .where(User.deactivated_at.is_(None), User.erased_at.is_(None), ~_assigned(on_it))
        .where(*matching(Filters(text=text)))
        .order_by(case(_FREE_FIRST, value=User.status, else_=9), User.id.desc())
    )
    return _read(statement.limit(limit), limit, text)[0]


def person(user_id: int) -> RosterPerson:
    """One person. Raises `NotFound`."""
    found = these([user_id])
    if not found:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return found[0]


def active_events() -> list[Choice]:
    """The events that people can be sent to, the most urgent first."""
    statement = (
        select(Event.id, Event.title)
        .where(Event.status_rank == 0, Event.status == EventStatus.ACTIVE)
        .order_by(Event.status_rank, Event.priority, Event.id.desc())
        .limit(MOST_EVENTS)
    )
    return [Choice(row.id, row.title) for row in db.session.execute(statement)]


def _people() -> Select[Any]:
    """The person with their last own deed and their last call for help, each found by its index."""
    sign = (
        select(JournalEntry.at)
        .where(JournalEntry.actor_id == User.id)
        .order_by(JournalEntry.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    distress = (
        select(JournalEntry.at)
        .where(JournalEntry.user_id == User.id, JournalEntry.verb == DISTRESS)
        .order_by(JournalEntry.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    of = User.__table__.c
    columns = [of[name] for name in ("id", "version", "name", "role", "status", "languages")]
    ended = (User.deactivated_at.is_(None) & User.erased_at.is_(None)).label("active")
    return select(*columns, ended, sign.label("last_sign_at"), distress.label("distress_at"))


def matching(filters: Filters) -> list[ColumnElement[bool]]:
    """The filters as conditions on people."""
    conditions: list[ColumnElement[bool]] = []
    state = filters.state
    if state in _BY_PERSON:
        conditions.append(User.status == _BY_PERSON[state])
    if state in _BY_ASSIGNMENT:
        conditions.append(_assigned(Assignment.status == _BY_ASSIGNMENT[state]))
    if state is State.OVERDUE:
        conditions.append(_assigned(is_overdue()))
    if filters.event_id is not None:
        on_it = and_(Assignment.event_id == filters.event_id, Assignment.status.in_(OPEN))
        conditions.append(_assigned(on_it))
    if filters.skill:
        named = func.lower(UserSkill.name).contains(filters.skill.lower(), autoescape=True)
        conditions.append(exists().where(UserSkill.user_id == User.id, named))
    if filters.language:
        conditions.append(cast(User.languages, Text).contains(f'"{filters.language}"', autoescape=True))
    return [*conditions, *searching.has_words(func.lower(User.name), filters.text)]


def _assigned(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Assignment.user_id == User.id, condition)


def _read(statement: Select[Any], limit: int, typed: str = "") -> tuple[list[RosterPerson], bool]:
    rows = searching.found(statement, typed).mappings().all()
    ids = [row["id"] for row in rows[:limit]]
    skills, places = _skills(ids), _places(ids)
    oldest = utc_now() - DISTRESS_SHOWN
    people = []
    for row in rows[:limit]:
        values: dict[str, Any] = dict(row) | {"languages": tuple(row["languages"] or ())}
        if values["distress_at"] is not None and values["distress_at"] < oldest:
            values["distress_at"] = None
        own = places.get(row["id"], [])
        open_places = sorted(
            (place for place, _ in own if place.status in OPEN), key=lambda p: (_RANK[p.status], p.since)
        )
        people.append(
            RosterPerson(
                **values,
                skills=skills.get(row["id"], ()),
                place=open_places[0] if open_places else None,
                more=max(0, len(open_places) - 1),
                stays=tuple(stay for _, stay in own if stay is not None),
            )
        )
    return people, len(rows) > limit


def _skills(user_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    statement = select(UserSkill.user_id, UserSkill.name).where(UserSkill.user_id.in_(user_ids))
    found: dict[int, tuple[str, ...]] = {}
    for user_id, name in db.session.execute(statement.order_by(UserSkill.name)):
        found[user_id] = (*found.get(user_id, ()), name)
    return found


Stayed = Presence | None


def _places(user_ids: Sequence[int]) -> dict[int, list[tuple[Place, Stayed]]]:
    """Open assignments, and those finished in the last two days (today, in any time zone)."""
    now = utc_now()
    recent = now - timedelta(days=2)
    of = Assignment
    statement = (
        select(
            *(of.id, of.user_id, of.status, of.task, of.event_id, Event.title, of.created_at),
            *(of.accepted_at, of.checked_in_at, of.checked_out_at, of.confirmed_at),
        )
        .join(Event, Event.id == of.event_id)
        .where(of.user_id.in_(user_ids), or_(of.status.in_(OPEN), of.checked_out_at > recent))
        .order_by(of.id)
    )
    found: dict[int, list[tuple[Place, Stayed]]] = {}
    for row in db.session.execute(statement):
        start = since(row.status, row.created_at, row.accepted_at, row.checked_in_at, row.checked_out_at)
        stay = Presence(row.checked_in_at, row.checked_out_at, row.confirmed_at)
        overdue = stay.overdue(row.status, now)
        place = Place(row.id, row.status, start, row.event_id, row.title, row.task, overdue)
        finished = stay if row.checked_out_at else None
        found.setdefault(row.user_id, []).append((place, finished))
    return found
