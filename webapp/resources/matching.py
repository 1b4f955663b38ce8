"""Which offers suit a need: the same type, then its neighbours in the tree; enough of it; near; waiting long.

One statement ranks the offers of many needs at once, so the board asks the database once for all its
needs. Distances are ranked there by a flat approximation and then measured on the sphere.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.events.models import Event
from webapp.extensions import db
from webapp.places.distance import distance_km
from webapp.resources.models import Need, Offer, OfferStatus, ResourceType

_RADIANS = 0.017453292519943295
# In a ranking, a place that is not known comes after all known ones.
_NOWHERE = 1e9


@dataclass(frozen=True, slots=True)
class Match:
    """An offer that could serve a need, with the reasons."""

    need_id: int
    offer_id: int
    name: str
    left: Decimal
    unit: str
    place_name: str
    owner_name: str | None
    km: float | None
    same_type: bool
    enough: bool


def best_match(needs: Iterable[int]) -> dict[int, Match]:
    """The best offer of each of these needs that has one; one statement."""
    return {match.need_id: match for match in ranked(list(needs), 1)}


def ranked(needs: Collection[int], each: int) -> list[Match]:
    """The ``each`` best offers of each need, best first; one statement, none for no needs."""
    if not needs:
        return []
    numbered = _numbered(needs).subquery()
    statement = (
        select(numbered).where(numbered.c.place <= each).order_by(numbered.c.need_id, numbered.c.place)
    )
    return [_match(row) for row in db.session.execute(statement)]


def related_types(offers: Collection[int]) -> set[tuple[int, str]]:
    """The (type, unit) pairs of needs that one of these offers might suit; one statement."""
    if not offers:
        return set()
    child = aliased(ResourceType)
    statement = (
        select(child.id, Offer.unit)
        .select_from(Offer)
        .join(ResourceType, ResourceType.id == Offer.resource_type_id)
        .join(
            child,
            or_(
                child.id == ResourceType.id,
                child.parent_id == ResourceType.id,
                child.id == ResourceType.parent_id,
            ),
        )
        .where(Offer.id.in_(offers))
    )
    return {(row.id, row.unit) for row in db.session.execute(statement)}


def _numbered(needs: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Every offer that could serve each need, numbered by how well it does."""
    need_type, offer_type = aliased(ResourceType), aliased(ResourceType)
    left, missing = Offer.quantity - Offer.allocated, Need.quantity - Need.allocated
    same = Offer.resource_type_id == Need.resource_type_id
    near = or_(offer_type.id == need_type.parent_id, offer_type.parent_id == need_type.id)
    order = (case((same, 0), else_=1), case((left >= missing, 0), else_=1), _apart(), Offer.id)
    return (
        select(
            Need.id.label("need_id"),
            Offer.id.label("offer_id"),
            Offer.name,
            Offer.quantity,
            Offer.allocated,
            Offer.unit,
            Offer.place_name,
            User.name.label("owner_name"),
            Offer.latitude,
            Offer.longitude,
            Event.latitude.label("event_latitude"),
            Event.longitude.label("event_longitude"),
            same.label("same_type"),
            (left >= missing).label("enough"),
            func.row_number().over(partition_by=Need.id, order_by=order).label("place"),
        )
        .select_from(Need)
        .join(Event, Event.id == Need.event_id)
        .join(need_type, need_type.id == Need.resource_type_id)
        .join(
            Offer,
            and_(
                Offer.unit == Need.unit,
                Offer.status == OfferStatus.AVAILABLE,
                Offer.quantity > Offer.allocated,
            ),
        )
        .join(offer_type, offer_type.id == Offer.resource_type_id)
        .outerjoin(User, User.id == Offer.owner_id)
        .where(Need.id.in_(needs), or_(same, near), _in_time())
    )


def _in_time() -> ColumnElement[bool]:
    """Available now, or when it is needed: the rule that `allocating` enforces."""
    now = utc_now()

    def there(moment: Any) -> ColumnElement[bool]:
        return and_(
            or_(Offer.available_from.is_(None), Offer.available_from <= moment),
            or_(Offer.available_until.is_(None), Offer.available_until >= moment),
        )

    return or_(there(now), and_(Need.needed_by.is_not(None), there(Need.needed_by)))


def _apart() -> ColumnElement[Any]:
    """The square of the flat distance in degrees; good enough to rank what is within a region."""
    north = Offer.latitude - Event.latitude
    around = func.abs(Offer.longitude - Event.longitude)
    east = case((around > 180, 360 - around), else_=around)
    x = Event.latitude * _RADIANS
    # The cosine as a series: SQLite may come without trigonometry.
    cosine = 1 - x * x / 2 + x * x * x * x / 24 - x * x * x * x * x * x / 720
    return func.coalesce(north * north + east * east * cosine * cosine, _NOWHERE)


def _match(row: Any) -> Match:
    known = row.latitude is not None and row.event_latitude is not None
    km = distance_km(row.event_latitude, row.event_longitude, row.latitude, row.longitude) if known else None
    return Match(
        need_id=row.need_id,
        offer_id=row.offer_id,
        name=row.name,
        left=row.quantity - row.allocated,
        unit=row.unit,
        place_name=row.place_name,
        owner_name=row.owner_name,
        km=km,
        same_type=bool(row.same_type),
        enough=bool(row.enough),
    )
