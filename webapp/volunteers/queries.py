"""What pages and live fragments read of assignments: named functions, a fixed number of statements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Select, case, select

from webapp import policy
from webapp.accounts.models import User, UserSkill
from webapp.database import utc_now
from webapp.errors import NotFound
from webapp.events import queries as events
from webapp.events.models import Event, EventStatus
from webapp.events.queries import Filters, ListedEvent, Near
from webapp.extensions import db
from webapp.journal import Actor
from webapp.places.geocoder import Point
from webapp.places.precision import LocationPrecision
from webapp.policy import Action
from webapp.resources.models import UNMET, Need
from webapp.volunteers import hours
from webapp.volunteers.hours import Presence
from webapp.volunteers.models import EXPECTED, OPEN, PRESENT, Assignment, AssignmentStatus

MOST_PEOPLE = 200  # on one event's page; the roster filtered by the event shows them all
MOST_STAYS = 500
NEARBY = 50
_NEARBY_KM = 100.0
_MISSING_SHOWN = 3

_S = AssignmentStatus
# Who comes first on an event's page: who may be in trouble, who waits for an answer, who is there.
RANK = {
    _S.NO_CONTACT: 0,
    _S.REQUESTED: 1,
    _S.CHECKED_IN: 2,
    _S.ACCEPTED: 3,
    _S.OFFERED: 4,
    _S.CHECKED_OUT: 5,
}
ON_EVENT_PAGE = frozenset(RANK)
# What volunteers see of each other: who said yes, who is there, who was.
SEEN_BY_TEAM = EXPECTED | {_S.CHECKED_OUT}
# On a volunteer's own page: where they are comes before what they are asked.
_OWN_RANK = {_S.NO_CONTACT: 0, _S.CHECKED_IN: 0, _S.ACCEPTED: 1, _S.OFFERED: 2, _S.REQUESTED: 3}


@dataclass(frozen=True, slots=True)
class EventPerson:
    """A person on an event, as the event's page shows them."""

    id: int
    version: int
    user_id: int
    event_id: int
    name: str
    task: str
    status: AssignmentStatus
    created_at: datetime
    accepted_at: datetime | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    confirmed_at: datetime | None

    @property
    def overdue(self) -> bool:
        """Whether somebody has to ask whether the person is there still."""
        stay = Presence(self.checked_in_at, self.checked_out_at, self.confirmed_at)
        return stay.overdue(self.status, utc_now())

    @property
    def key(self) -> str:
        """The list's order as text."""
        return f"{RANK.get(self.status, 9)}-{self.id:012d}"

    @property
    def card_key(self) -> tuple[Any, ...]:
        """All that the card depends on: the name changes without the assignment."""
        return (self.id, self.version, self.name, self.overdue)

    @property
    def open(self) -> bool:
        """Whether something can still be done with it."""
        return self.status in OPEN

    @property
    def first_name(self) -> str:
        """What other volunteers see."""
        return self.name.split()[0] if self.name.split() else self.name

    @property
    def since(self) -> datetime:
        """Since when the person is in this status."""
        return since(self.status, self.created_at, self.accepted_at, self.checked_in_at, self.checked_out_at)


def since(
    status: AssignmentStatus,
    created_at: datetime,
    accepted_at: datetime | None,
    checked_in_at: datetime | None,
    checked_out_at: datetime | None,
) -> datetime:
    """The moment that belongs to the status."""
    moments = {_S.ACCEPTED: accepted_at, _S.CHECKED_OUT: checked_out_at}
    moment = checked_in_at if status in PRESENT else moments.get(status)
    return moment or created_at


def people_of_event(event_id: int, actor: Actor) -> list[EventPerson]:
    """Who is on the event, as far as the actor may know: coordinators all, volunteers on it the others."""
    if policy.may(actor, Action.ROSTER):
        wanted = ON_EVENT_PAGE
    elif on_event(event_id, actor.user_id):
        wanted = SEEN_BY_TEAM
    else:
        return []
    rank = case(RANK, value=Assignment.status, else_=9)
    statement = _people().where(Assignment.event_id == event_id, Assignment.status.in_(wanted))
    return _read_people(statement.order_by(rank, Assignment.id).limit(MOST_PEOPLE))


def these_people(ids: Collection[int]) -> list[EventPerson]:
    """The people of these assignments, whatever their status."""
    return _read_people(_people().where(Assignment.id.in_(ids)).order_by(Assignment.id))


def one_person(assignment_id: int) -> EventPerson:
    """The person of one assignment. Raises `NotFound`."""
    found = next(iter(these_people([assignment_id])), None)
    if found is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return found


def on_event(event_id: int, user_id: int | None) -> bool:
    """Whether the person has said yes to the event, or is there."""
    statement = select(Assignment.id).where(
        Assignment.user_id == user_id, Assignment.event_id == event_id, Assignment.status.in_(EXPECTED)
    )
    return db.session.execute(statement.limit(1)).first() is not None


def _people() -> Select[Any]:
    table = Assignment.__table__.c
    names = [name for name in EventPerson.__dataclass_fields__ if name != "name"]
    return select(*(table[name] for name in names), User.name).join(User, User.id == Assignment.user_id)


def _read_people(statement: Select[Any]) -> list[EventPerson]:
    return [EventPerson(**row) for row in db.session.execute(statement).mappings()]


@dataclass(frozen=True, slots=True)
class Standing:
    """An open assignment of a person with all that they need to know in the field."""

    id: int
    version: int
    status: AssignmentStatus
    task: str
    bring: str
    meeting_point: str
    checked_in_at: datetime | None
    confirmed_at: datetime | None
    created_at: datetime
    event_id: int
    title: str
    priority: int
    place_name: str
    address: str
    latitude: float | None
    longitude: float | None
    location_precision: LocationPrecision | None
    people_checked_in: int
    contact: str | None

    @property
    def present(self) -> bool:
        """Whether the person is there."""
        return self.status in PRESENT

    @property
    def overdue(self) -> bool:
        """Whether the person is asked if they are there still."""
        return Presence(self.checked_in_at, None, self.confirmed_at).overdue(self.status, utc_now())

    @property
    def others(self) -> int:
        """How many more people are checked in."""
        return max(0, self.people_checked_in - (self.status is _S.CHECKED_IN))


def standings(user_id: int) -> list[Standing]:
    """The person's open assignments: where they are first, then what they said yes to, then the rest."""
    contact = select(User.name).where(User.id == Assignment.offered_by_id).scalar_subquery()
    of, about = Assignment.__table__.c, Event.__table__.c
    mine = (
        "id",
        "version",
        "status",
        "task",
        "bring",
        "meeting_point",
        "checked_in_at",
        "confirmed_at",
        "created_at",
    )
    theirs = (
        "title",
        "priority",
        "place_name",
        "address",
        "latitude",
        "longitude",
        "location_precision",
        "people_checked_in",
    )
    statement = (
        select(
            *(of[name] for name in (*mine, "event_id")),
            *(about[name] for name in theirs),
            contact.label("contact"),
        )
        .join(Event, Event.id == Assignment.event_id)
        .where(Assignment.user_id == user_id, Assignment.status.in_(OPEN))
        .order_by(case(_OWN_RANK, value=Assignment.status, else_=9), Assignment.id.desc())
    )
    return [_standing(row) for row in db.session.execute(statement).mappings()]


def _standing(row: Any) -> Standing:
    name = row["contact"]
    return Standing(**(dict(row) | {"contact": name.split()[0] if name and name.split() else None}))


def standing(user_id: int) -> Standing | None:
    """Where the person is or is expected first."""
    return next(iter(standings(user_id)), None)


def people_on(event_ids: Collection[int]) -> Sequence[int]:
    """Everybody with an open assignment on these events."""
    statement = select(Assignment.user_id).where(
        Assignment.event_id.in_(event_ids), Assignment.status.in_(OPEN)
    )
    return db.session.execute(statement.distinct()).scalars().all()


@dataclass(frozen=True, slots=True)
class Stay:
    """From a check-in to its check-out; still going on while ``end`` is None."""

    assignment_id: int
    event_id: int
    title: str
    task: str
    status: AssignmentStatus
    created_at: datetime
    start: datetime | None
    end: datetime | None
    confirmed_at: datetime | None

    @property
    def overdue(self) -> bool:
        """Whether somebody has to ask whether the person is there still."""
        return Presence(self.start, self.end, self.confirmed_at).overdue(self.status, utc_now())

    @property
    def is_open(self) -> bool:
        """Whether something can still be done with it."""
        return self.status in OPEN

    def length(self, now: datetime) -> timedelta:
        """How long, by the one rule for hours."""
        return Presence(self.start, self.end, self.confirmed_at).worked(now)


class History(NamedTuple):
    """A person's assignments, newest first, with the hours worked in all and per event."""

    stays: list[Stay]
    total: timedelta
    per_event: dict[int, timedelta]


def history(user_id: int) -> History:
    """All assignments of a person with their hours up to now."""
    statement = (
        select(
            Assignment.id.label("assignment_id"),
            Assignment.event_id,
            Event.title,
            Assignment.task,
            Assignment.status,
            Assignment.created_at,
            Assignment.checked_in_at.label("start"),
            Assignment.checked_out_at.label("end"),
            Assignment.confirmed_at,
        )
        .join(Event, Event.id == Assignment.event_id)
        .where(Assignment.user_id == user_id)
        .order_by(Assignment.id.desc())
        .limit(MOST_STAYS)
    )
    stays = [Stay(**row) for row in db.session.execute(statement).mappings()]
    per_event = hours.per_event(user_id)
    return History(stays, sum(per_event.values(), timedelta()), per_event)


def skills(user_id: int) -> Sequence[UserSkill]:
    """What the person can do, by name."""
    statement = select(UserSkill).where(UserSkill.user_id == user_id).order_by(UserSkill.name)
    return db.session.execute(statement).scalars().all()


class Missing(NamedTuple):
    """What an event still needs."""

    name: str
    amount: Decimal
    unit: str


class Nearby(NamedTuple):
    """An active event with what is missing there and whether the person is on it."""

    event: ListedEvent
    missing: list[Missing]
    more_missing: int
    mine: AssignmentStatus | None
    needs_approval: bool

    @property
    def id(self) -> int:
        """The event's, for button commands."""
        return self.event.id

    @property
    def version(self) -> int:
        """The event's, for button commands."""
        return self.event.version


def nearby(actor: Actor, point: Point | None, limit: int = NEARBY) -> list[Nearby]:
    """Active events, the nearest to ``point`` first where one is given; four statements at the most."""
    active = Filters(status=EventStatus.ACTIVE)
    found: list[ListedEvent] = []
    if point is not None:
        near = replace(active, near=Near(point, _NEARBY_KM))
        found = sorted(events.listed(actor, near, limit=limit).events, key=lambda e: e.distance_km or 0)
    found = found or events.listed(actor, active, limit=limit).events
    ids = [event.id for event in found]
    missing, mine = _missing(ids), _mine(actor, ids)
    approval = select(Event.id).where(Event.id.in_(ids), Event.needs_approval)
    asks = set(db.session.execute(approval).scalars()) if ids else set()
    return [
        Nearby(
            event=event,
            missing=missing.get(event.id, [])[:_MISSING_SHOWN],
            more_missing=max(0, len(missing.get(event.id, [])) - _MISSING_SHOWN),
            mine=mine.get(event.id),
            needs_approval=event.id in asks,
        )
        for event in found
    ]


def _missing(event_ids: Collection[int]) -> dict[int, list[Missing]]:
    statement = (
        select(Need.event_id, Need.name, Need.quantity, Need.allocated, Need.unit)
        .where(Need.event_id.in_(event_ids), Need.status.in_(UNMET))
        .order_by(Need.priority, Need.id)
        .limit(NEARBY * 10)
    )
    found: dict[int, list[Missing]] = {}
    for row in db.session.execute(statement) if event_ids else ():
        left = Missing(row.name, row.quantity - row.allocated, row.unit)
        found.setdefault(row.event_id, []).append(left)
    return found


def _mine(actor: Actor, event_ids: Collection[int]) -> dict[int, AssignmentStatus]:
    statement = select(Assignment.event_id, Assignment.status).where(
        Assignment.user_id == actor.user_id, Assignment.event_id.in_(event_ids), Assignment.status.in_(OPEN)
    )
    return {row.event_id: row.status for row in db.session.execute(statement)} if event_ids else {}
