"""Needs and offers as rows of an export: in batches by number, one statement each."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from webapp.accounts.models import User
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.resources.models import UNMET, Need, Offer, OfferStatus, ResourceType


@dataclass(frozen=True, slots=True)
class NeedFilters:
    """Which needs: of these types, of one event, only what is missing on active events."""

    types: Collection[int] = ()
    event_id: int | None = None
    unmet: bool = False


@dataclass(frozen=True, slots=True)
class OfferFilters:
    """Which offers: of these types, in one status, of one owner."""

    types: Collection[int] = ()
    status: OfferStatus | None = None
    owner_id: int | None = None


_NEED = (
    "id",
    "source_ref",
    "name",
    "description",
    "quantity",
    "unit",
    "priority",
    "needed_by",
    "status",
    "allocated",
    "created_at",
)
_OFFER = (
    "id",
    "source_ref",
    "name",
    "description",
    "quantity",
    "unit",
    "condition",
    "status",
    "allocated",
    "latitude",
    "longitude",
    "location_precision",
    "place_name",
    "available_from",
    "available_until",
    "created_at",
)
Batch = tuple[list[dict[str, Any]], int | None]


def needs(filters: NeedFilters, after: int, limit: int) -> Batch:
    """The next needs after this number with their event's name, reference and position; one statement."""
    statement = (
        select(
            *(Need.__table__.c[name] for name in _NEED),
            ResourceType.code.label("type"),
            Event.id.label("event_id"),
            Event.created_at.label("event_created_at"),
            Event.source_ref.label("event_source_ref"),
            Event.title.label("event"),
            Event.latitude,
            Event.longitude,
            Event.location_precision,
            Event.place_name,
        )
        .join(Event, Event.id == Need.event_id)
        .join(ResourceType, ResourceType.id == Need.resource_type_id)
        .where(Need.id > after, *_of_needs(filters))
    )
    return _read(statement.order_by(Need.id), limit)


def offers(filters: OfferFilters, after: int, limit: int) -> Batch:
    """The next offers after this number with whose they are; one statement."""
    statement = (
        select(
            *(Offer.__table__.c[name] for name in _OFFER),
            ResourceType.code.label("type"),
            User.name.label("owner"),
            func.coalesce(User.email_typed, User.email).label("owner_email"),
            User.phone.label("owner_phone"),
        )
        .join(ResourceType, ResourceType.id == Offer.resource_type_id)
        .outerjoin(User, User.id == Offer.owner_id)
        .where(Offer.id > after, *_of_offers(filters))
    )
    return _read(statement.order_by(Offer.id), limit)


def counted_needs(filters: NeedFilters, most: int) -> int:
    """How many needs that are, counted no further than ``most``; one statement."""
    joined = select(Need.id).join(Event, Event.id == Need.event_id)
    return _counted(joined.where(*_of_needs(filters)), most)


def counted_offers(filters: OfferFilters, most: int) -> int:
    """How many offers that are, counted no further than ``most``; one statement."""
    return _counted(select(Offer.id).where(*_of_offers(filters)), most)


def _of_needs(filters: NeedFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.types:
        conditions.append(Need.resource_type_id.in_(filters.types))
    if filters.event_id is not None:
        conditions.append(Need.event_id == filters.event_id)
    if filters.unmet:
        conditions += [Need.status.in_(UNMET), Event.status == EventStatus.ACTIVE]
    return conditions


def _of_offers(filters: OfferFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.types:
        conditions.append(Offer.resource_type_id.in_(filters.types))
    if filters.status is not None:
        conditions.append(Offer.status == filters.status)
    if filters.owner_id is not None:
        conditions.append(Offer.owner_id == filters.owner_id)
    return conditions


def _read(statement: Select[Any], limit: int) -> Batch:
    rows = [dict(row) for row in db.session.execute(statement.limit(limit)).mappings()]
    return rows, rows[-1]["id"] if len(rows) == limit else None


def _counted(statement: Select[Any], most: int) -> int:
    return db.session.execute(select(func.count()).select_from(statement.limit(most).subquery())).scalar_one()
