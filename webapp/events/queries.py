"""What pages and live fragments read of events: named functions, a fixed number of statements."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, or_, select

from webapp import searching
from webapp.accounts.models import User
from webapp.errors import NotFound
from webapp.events.models import STATUS_RANK, Category, Event, EventStatus, is_over
from webapp.extensions import db
from webapp.journal import Actor
from webapp.places.distance import bounding_box, distance_km
from webapp.places.geocoder import Point
from webapp.places.precision import LocationPrecision

PAGE = 50
# How many rows inside the box one page of a near filter looks at; the next page goes on from there.
NEAR_SCAN = 400
_LAST = 10**12
_CURSOR = re.compile(r"([0-3])-([1-5])-([1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event as lists show it; ``distance_km`` from the point of a near filter."""

    id: int
    version: int
    title: str
    place_name: str
    kind: str
    category: Category
    priority: int
    status: EventStatus
    status_rank: int
    latitude: float | None
    longitude: float | None
    location_precision: LocationPrecision | None
    reported_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    needs_total: int
    needs_unmet: int
    people_expected: int
    people_checked_in: int
    alert_expires_at: datetime | None
    distance_km: float | None = None

    @property
    def alert_over(self) -> bool:
        """Whether all that its alert said has expired."""
        return is_over(self.alert_expires_at)

    @property
    def key(self) -> str:
        """The list's order as text: active before pending, urgent before the rest, newest first."""
        return f"{self.status_rank}-{self.priority}-{_LAST - self.id:012d}"

    @property
    def card_key(self) -> tuple[Any, ...]:
        """All that the card depends on."""
        return (self.id, self.version, self.distance_km)

    @property
    def cursor(self) -> str:
        """Where the list goes on after this event."""
        return f"{self.status_rank}-{self.priority}-{self.id}"


class Near(NamedTuple):
    """A circle on the map."""

    point: Point
    km: float


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; nothing set shows everything that the person may see."""

    status: EventStatus | None = None
    priority: int | None = None
    category: Category | None = None
    text: str = ""
    near: Near | None = None

    @property
    def none(self) -> bool:
        """Whether nothing is filtered."""
        return self == Filters()


class Listing(NamedTuple):
    """One page of a list, and where it goes on (None at its end)."""

    events: list[ListedEvent]
    next_cursor: str | None


_LISTED = [Event.__table__.c[name] for name in ListedEvent.__dataclass_fields__ if name != "distance_km"]


def listed(actor: Actor, filters: Filters, after: str | None = None, limit: int = PAGE) -> Listing:
    """One page of the events that the actor may see, in the list's order; one statement.

    ``after`` is a cursor from the page before. Raises `NotFound` when it is none.
    """
    conditions = [*visible(actor), *matching(filters)]
    if after is not None:
        conditions.append(after_cursor(after))
    scan = NEAR_SCAN if filters.near else limit
    rows = _rows(_ordered().where(*conditions).limit(scan + 1), filters.text)
    if filters.near is None:
        found, further = rows[:limit], rows[limit - 1].cursor if len(rows) > limit else None
        return Listing(found, further)
    return _nearby(rows, filters.near, scan, limit)


def whole(actor: Actor, filters: Filters, after: str | None = None, limit: int = PAGE) -> Sequence[Event]:
    """The same list for programs: each event whole; one statement, which does not measure distances.

    Raises `NotFound` when ``after`` is no cursor.
    """
    conditions = [*visible(actor), *matching(filters)]
    if after is not None:
        conditions.append(after_cursor(after))
    ordered = select(Event).where(*conditions).order_by(Event.status_rank, Event.priority, Event.id.desc())
    return searching.found(ordered.limit(limit), filters.text).scalars().all()


def these(ids: Collection[int]) -> list[ListedEvent]:
    """These events, whatever their status."""
    return _rows(_ordered().where(Event.id.in_(ids)))


def heads(ids: Collection[int]) -> Sequence[Event]:
    """These events whole, as the heads of their pages show them."""
    return db.session.execute(select(Event).where(Event.id.in_(ids))).scalars().all()


def seen(actor: Actor, ids: Collection[int]) -> Sequence[Event]:
    """Those of these events that the actor may see, whole."""
    return db.session.execute(select(Event).where(Event.id.in_(ids), *visible(actor))).scalars().all()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The names beside an event: who reported it, what it belongs to, what it is a duplicate of."""

    reporter: str | None
    parent: tuple[int, str] | None
    duplicate_of: tuple[int, str] | None
    parts: tuple[tuple[int, str], ...]


def event(event_id: int) -> Event:
    """The event. Raises `NotFound`; whether the actor may see it is for the policy to say."""
    found = db.session.get(Event, event_id)
    if found is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return found


def by_source_ref(source_ref: str | None) -> Event | None:
    """The event that its sender calls this."""
    if source_ref is None:
        return None
    return db.session.execute(select(Event).where(Event.source_ref == source_ref)).scalar_one_or_none()


def surroundings(actor: Actor, event: Event) -> Surroundings:
    """What `Surroundings` names, as far as the actor may see it, in two statements."""
    of = Event.__table__.c
    ids = [number for number in (event.parent_id, event.duplicate_of_id) if number is not None]
    around = select(of.id, of.title, of.parent_id).where(or_(of.id.in_(ids), of.parent_id == event.id))
    rows = db.session.execute(around.where(*visible(actor)).order_by(of.id).limit(PAGE)).all()
    titles = {row.id: (row.id, row.title) for row in rows}
    reporter = select(User.name).where(User.id == event.reported_by_id)
    return Surroundings(
        reporter=db.session.execute(reporter).scalar_one_or_none(),
        parent=titles.get(event.parent_id) if event.parent_id else None,
        duplicate_of=titles.get(event.duplicate_of_id) if event.duplicate_of_id else None,
        parts=tuple((row.id, row.title) for row in rows if row.parent_id == event.id),
    )


def _ordered() -> Select[Any]:
    return select(*_LISTED).order_by(Event.status_rank, Event.priority, Event.id.desc())


def _rows(statement: Select[Any], typed: str = "") -> list[ListedEvent]:
    return [ListedEvent(**row) for row in searching.found(statement, typed).mappings()]


def visible(actor: Actor) -> list[ColumnElement[bool]]:
    """As `Action.EVENT_VIEW` says, for many rows at once: a volunteer sees active ones and their own."""
    if actor.coordinates:
        return []
    if actor.user_id is None:
        return [Event.status == EventStatus.ACTIVE]
    return [or_(Event.status == EventStatus.ACTIVE, Event.reported_by_id == actor.user_id)]


def matching(filters: Filters) -> list[ColumnElement[bool]]:
    """The filters as conditions; a circle as the boxes around it: the rows are measured then."""
    conditions: list[ColumnElement[bool]] = []
    if filters.status is not None:
        # By rank, so that the index of the list's order serves it.
        conditions += [Event.status == filters.status, Event.status_rank == STATUS_RANK[filters.status]]
    if filters.priority is not None:
        conditions.append(Event.priority == filters.priority)
    if filters.category is not None:
        conditions.append(Event.category == filters.category)
    conditions += searching.has_words(Event.search_text, filters.text.casefold())
    if filters.near is not None:
        conditions.append(_inside(filters.near))
    return conditions


def _inside(near: Near) -> ColumnElement[bool]:
    """The boxes around the circle: what an index can answer; `_nearby` then measures."""
    boxes = bounding_box(near.point.latitude, near.point.longitude, near.km)
    return or_(
        *(
            and_(
                Event.latitude.between(box.south, box.north),
                Event.longitude.between(box.west, box.east),
            )
            for box in boxes
        )
    )


def _nearby(rows: list[ListedEvent], near: Near, scan: int, limit: int) -> Listing:
    found: list[ListedEvent] = []
    for row in rows[:scan]:
        away = _away(row, near)
        if away > near.km:
            continue
        if len(found) == limit:
            return Listing(found, found[-1].cursor)
        found.append(replace(row, distance_km=round(away, 3)))
    return Listing(found, rows[scan - 1].cursor if len(rows) > scan else None)


def _away(row: ListedEvent, near: Near) -> float:
    assert row.latitude is not None  # it is inside a box
    assert row.longitude is not None
    return distance_km(near.point.latitude, near.point.longitude, row.latitude, row.longitude)


def cursor(event: Event) -> str:
    """Where the lists go on after this event."""
    return f"{event.status_rank}-{event.priority}-{event.id}"


def after_cursor(cursor: str) -> ColumnElement[bool]:
    """What comes behind this place of the lists' order. Raises `NotFound` for what is no cursor."""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise NotFound("This list does not go on from there. Open it from the start.")
    rank, priority, event_id = (int(part) for part in match.groups())
    return or_(
        Event.status_rank > rank,
        and_(Event.status_rank == rank, Event.priority > priority),
        and_(Event.status_rank == rank, Event.priority == priority, Event.id < event_id),
    )
