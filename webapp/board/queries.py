"""What the board reads: a fixed number of statements, whatever the size of the response."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from webapp.events.models import Category, Event, EventStatus, is_over
from webapp.extensions import db
from webapp.places.precision import LocationPrecision

EVENTS = 50  # on the board; the list of events goes on from there
FEED = 20
_LAST = 10**12


@dataclass(frozen=True, slots=True)
class BoardEvent:
    """An event as the board shows it."""

    id: int
    version: int
    title: str
    place_name: str
    location_precision: LocationPrecision | None
    kind: str
    category: Category
    priority: int
    status: EventStatus
    status_rank: int
    reported_at: datetime
    opened_at: datetime | None
    needs_total: int
    needs_unmet: int
    people_expected: int
    people_checked_in: int
    alert_expires_at: datetime | None

    @property
    def alert_over(self) -> bool:
        """Whether all that its alert said has expired."""
        return is_over(self.alert_expires_at)

    @property
    def key(self) -> str:
        """The list's order as text: active before pending, urgent before the rest, newest first."""
        return f"{self.status_rank}-{self.priority}-{_LAST - self.id:012d}"


def events(limit: int = EVENTS) -> list[BoardEvent]:
    """The first open events (active, then reported) in the board's order."""
    statement = _events().where(Event.status_rank <= 1).limit(limit)
    return [BoardEvent(**row) for row in db.session.execute(statement).mappings()]


def these_events(ids: Collection[int]) -> list[BoardEvent]:
    """These events, open or not."""
    return [BoardEvent(**row) for row in db.session.execute(_events().where(Event.id.in_(ids))).mappings()]


def _events() -> Select[Any]:
    table = Event.__table__.c
    columns = [table[name] for name in BoardEvent.__dataclass_fields__]
    return select(*columns).order_by(Event.status_rank, Event.priority, Event.id.desc())
