"""Events as rows of an export: in batches by number, so that any count of them takes the same memory."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from webapp import searching
from webapp.events.models import Event
from webapp.events.queries import Filters, Near, matching, visible
from webapp.journal import Actor
from webapp.places.distance import distance_km

_PARENT = aliased(Event)
_COLUMNS = (
    "id",
    "source_ref",
    "title",
    "description",
    "category",
    "kind",
    "tags",
    "priority",
    "severity",
    "urgency",
    "certainty",
    "status",
    "latitude",
    "longitude",
    "location_precision",
    "address",
    "place_name",
    "reported_at",
    "opened_at",
    "closed_at",
    "closing_note",
    "visibility",
    "needs_approval",
    "source",
    "needs_total",
    "needs_unmet",
    "people_expected",
    "people_checked_in",
    "alert_expires_at",
    "created_at",
)


def batch(actor: Actor, filters: Filters, after: int, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    """The next events after this number that the actor may see, with references of parents; one statement.

    The second value is where it goes on; none at the end.
    """
    statement = (
        select(
            *(Event.__table__.c[name] for name in _COLUMNS),
            _PARENT.id.label("parent_id"),
            _PARENT.created_at.label("parent_created_at"),
            _PARENT.source_ref.label("parent_source_ref"),
        )
        .outerjoin(_PARENT, _PARENT.id == Event.parent_id)
        .where(Event.id > after, *_conditions(actor, filters))
    )
    rows = searching.found(statement.order_by(Event.id).limit(limit), filters.text).mappings().all()
    found = [dict(row) for row in rows if _inside(row["latitude"], row["longitude"], filters.near)]
    return found, rows[-1]["id"] if len(rows) == limit else None


def counted(actor: Actor, filters: Filters, most: int) -> int:
    """How many events that are, counted no further than ``most``; one statement."""
    statement = select(Event.latitude, Event.longitude).where(*_conditions(actor, filters))
    rows = searching.found(statement.limit(most), filters.text).all()
    return sum(1 for row in rows if _inside(row.latitude, row.longitude, filters.near))


def _conditions(actor: Actor, filters: Filters) -> list[ColumnElement[bool]]:
    return [*visible(actor), *matching(filters)]


def _inside(latitude: float | None, longitude: float | None, near: Near | None) -> bool:
    """Whether a position lies in the circle; its boxes were asked of the database."""
    if near is None:
        return True
    if latitude is None or longitude is None:
        return False
    return distance_km(near.point.latitude, near.point.longitude, latitude, longitude) <= near.km
