"""What pages and live fragments read of needs, offers and allocations: rows, never entities."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, select, text

from webapp.accounts.models import User
from webapp.errors import NotFound
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.places.precision import LocationPrecision
from webapp.resources.matching import Match, best_match, related_types
from webapp.resources.models import (
    UNMET,
    Allocation,
    AllocationStatus,
    Need,
    NeedStatus,
    Offer,
    OfferStatus,
    ResourceType,
)

BOARD_NEEDS = 15
PAGE = 50
# As the partial index `ix_need_unmet` writes it, so that databases see that it serves.
UNMET_SQL = text("need.status IN ('open', 'partly_met')")
# The plus keeps SQLite from starting at the events, which would sort all unmet needs for each page.
ACTIVE_SQL = text("+event.status_rank = 0")
_LAST = 10**12
# Statuses that need nobody's attention any more go last in a list of allocations.
_OVER = (AllocationStatus.RETURNED, AllocationStatus.RELEASED)


@dataclass(frozen=True, slots=True)
class AllocationLine:
    """So much of an offer for a need, as both their cards show it."""

    id: int
    version: int
    quantity: Decimal
    status: AllocationStatus
    need_id: int
    need_name: str
    offer_id: int
    offer_name: str
    place_name: str
    unit: str
    owner_id: int | None
    owner_name: str | None
    returnable: bool
    event_id: int
    event_title: str

    @property
    def over(self) -> bool:
        """Whether it was given back."""
        return self.status in _OVER


@dataclass(frozen=True, slots=True)
class NeedCard:
    """A need as its cards show it."""

    id: int
    version: int
    event_id: int
    event_title: str
    event_place: str
    event_status: EventStatus
    resource_type_id: int
    type_name: str
    icon: str
    name: str
    description: str
    quantity: Decimal
    unit: str
    priority: int
    needed_by: datetime | None
    status: NeedStatus
    allocated: Decimal
    oversupplied: bool
    created_at: datetime
    allocations: tuple[AllocationLine, ...] = ()
    best: Match | None = None

    @property
    def missing(self) -> Decimal:
        """How much is still to be promised."""
        return max(Decimal(0), self.quantity - self.allocated)

    @property
    def key(self) -> str:
        """Sorts the most urgent first, then the oldest, as text."""
        return f"{self.priority}-{self.id:012d}"

    @property
    def unmet(self) -> bool:
        """Whether somebody should do something about it."""
        return self.status in UNMET and self.event_status is EventStatus.ACTIVE

    @property
    def card_key(self) -> "NeedCard":
        """The card depends on all of this and nothing else."""
        return self


@dataclass(frozen=True, slots=True)
class OfferCard:
    """An offer as its cards show it."""

    id: int
    version: int
    owner_id: int | None
    owner_name: str | None
    resource_type_id: int
    type_name: str
    icon: str
    name: str
    description: str
    quantity: Decimal
    unit: str
    place_name: str
    latitude: float | None
    longitude: float | None
    location_precision: LocationPrecision | None
    available_from: datetime | None
    available_until: datetime | None
    condition: str
    status: OfferStatus
    allocated: Decimal
    created_at: datetime
    allocations: tuple[AllocationLine, ...] = ()

    @property
    def left(self) -> Decimal:
        """How much is not promised yet."""
        return self.quantity - self.allocated

    @property
    def key(self) -> str:
        """Sorts the newest first, as text."""
        return f"{_LAST - self.id:012d}"

    @property
    def card_key(self) -> "OfferCard":
        """The card depends on all of this and nothing else."""
        return self


def needs_of_event(event_id: int) -> list[NeedCard]:
    """All needs of an event with what is promised to them, most urgent first; two statements."""
    return _with_allocations(_needs_read(_needs().where(Need.event_id == event_id)))


def need(need_id: int) -> tuple[Need, Event]:
    """A need and its event, for its pages. Raises `NotFound`."""
    row = db.session.execute(
        select(Need, Event).join(Event, Event.id == Need.event_id).where(Need.id == need_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such need.")
    return row[0], row[1]


def offer(offer_id: int) -> Offer:
    """An offer, for its pages. Raises `NotFound`."""
    found = db.session.get(Offer, offer_id)
    if found is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return found


def these_needs(ids: Collection[int]) -> list[NeedCard]:
    """These needs, whatever their status, with what is promised to them; two statements."""
    return _with_allocations(_needs_read(_needs().where(Need.id.in_(ids)))) if ids else []


def board_needs(limit: int = BOARD_NEEDS) -> list[NeedCard]:
    """The first unmet needs of active events, each with its best match; two statements."""
    return with_best(unmet_needs(limit))


def with_best(needs: Sequence[NeedCard]) -> list[NeedCard]:
    """The needs, each with the offer that suits it best; one statement."""
    best = best_match(need.id for need in needs if need.unmet)
    return [replace(need, best=best.get(need.id)) for need in needs]


def unmet_needs(
    limit: int, after: tuple[int, int] | None = None, types: Collection[int] = ()
) -> list[NeedCard]:
    """Unmet needs of active events, most urgent, then oldest; ``after`` is the last (priority, id) seen."""
    statement = _needs().where(UNMET_SQL, ACTIVE_SQL).limit(limit)
    if after is not None:
        priority, id_ = after
        further = (Need.priority == priority) & (Need.id > id_)
        statement = statement.where(Need.priority >= priority, (Need.priority > priority) | further)
    if types:
        statement = statement.where(Need.resource_type_id.in_(types))
    return _needs_read(statement)


def board_needs_related(offers: Collection[int]) -> list[NeedCard]:
    """The needs on the board whose best match may be another one since these offers changed."""
    kinds = related_types(offers)
    needs = [n for n in unmet_needs(BOARD_NEEDS) if (n.resource_type_id, n.unit) in kinds]
    return with_best(needs)


def board_needs_of_events(ids: Collection[int]) -> list[NeedCard]:
    """Unmet needs of these events, with their best match."""
    return with_best(_needs_read(_needs().where(UNMET_SQL, Need.event_id.in_(ids)).limit(2 * PAGE)))


def offers(
    limit: int,
    *,
    before: int | None = None,
    owner_id: int | None = None,
    types: Collection[int] = (),
    status: OfferStatus | None = None,
) -> list[OfferCard]:
    """Offers, newest first, with where they are; ``before`` continues below that id; two statements."""
    statement = _offers().limit(limit)
    if before is not None:
        statement = statement.where(Offer.id < before)
    if owner_id is not None:
        statement = statement.where(Offer.owner_id == owner_id)
    if types:
        statement = statement.where(Offer.resource_type_id.in_(types))
    if status is not None:
        statement = statement.where(Offer.status == status)
    return _offers_read(statement)


def these_offers(ids: Collection[int]) -> list[OfferCard]:
    """These offers with where they are, whatever their status; two statements."""
    return _offers_read(_offers().where(Offer.id.in_(ids))) if ids else []


def these_allocations(ids: Collection[int]) -> list[AllocationLine]:
    """These allocations with the names of what they join, whatever their status; one statement."""
    return _lines(Allocation.id.in_(ids)) if ids else []


def ends_of(allocations: Collection[int]) -> tuple[set[int], set[int]]:
    """The ids of the needs and of the offers that these allocations join; one statement."""
    statement = select(Allocation.need_id, Allocation.offer_id).where(Allocation.id.in_(allocations))
    rows = db.session.execute(statement).all()
    return {row.need_id for row in rows}, {row.offer_id for row in rows}


def unmet_by_type(most: int = 100) -> dict[int, int]:
    """How many needs of each type are unmet on active events, counted no further than ``most``.

    One statement that looks at so many needs of each type at the most, however many there are.
    """
    statement = text(
        "SELECT t.id, (SELECT count(*) FROM (SELECT 1 FROM need JOIN event ON event.id = need.event_id"
        " WHERE need.resource_type_id = t.id AND need.status IN ('open', 'partly_met')"
        " AND event.status_rank = 0 LIMIT :most) AS found) AS unmet FROM resource_type AS t"
    )
    return {row.id: row.unmet for row in db.session.execute(statement, {"most": most}) if row.unmet}


def _needs() -> Select[Any]:
    own = [Need.__table__.c[name] for name in _OWN_OF_NEED]
    return (
        select(
            *own,
            Event.title.label("event_title"),
            Event.place_name.label("event_place"),
            Event.status.label("event_status"),
            ResourceType.name.label("type_name"),
            ResourceType.icon.label("icon"),
        )
        .join(Event, Event.id == Need.event_id)
        .join(ResourceType, ResourceType.id == Need.resource_type_id)
        .order_by(Need.priority, Need.id)
    )


def _offers() -> Select[Any]:
    own = [Offer.__table__.c[name] for name in _OWN_OF_OFFER]
    return (
        select(
            *own,
            User.name.label("owner_name"),
            ResourceType.name.label("type_name"),
            ResourceType.icon.label("icon"),
        )
        .join(ResourceType, ResourceType.id == Offer.resource_type_id)
        .outerjoin(User, User.id == Offer.owner_id)
        .order_by(Offer.id.desc())
    )


_OWN_OF_NEED = [n for n in NeedCard.__dataclass_fields__ if n in Need.__table__.c]
_OWN_OF_OFFER = [n for n in OfferCard.__dataclass_fields__ if n in Offer.__table__.c]


def _needs_read(statement: Select[Any]) -> list[NeedCard]:
    return [NeedCard(**row) for row in db.session.execute(statement).mappings()]


def _offers_read(statement: Select[Any]) -> list[OfferCard]:
    found = [OfferCard(**row) for row in db.session.execute(statement).mappings()]
    lines = _lines(Allocation.offer_id.in_([offer.id for offer in found])) if found else []
    return [replace(o, allocations=tuple(x for x in lines if x.offer_id == o.id)) for o in found]


def _with_allocations(needs: Sequence[NeedCard]) -> list[NeedCard]:
    lines = _lines(Allocation.need_id.in_([need.id for need in needs])) if needs else []
    return [replace(n, allocations=tuple(x for x in lines if x.need_id == n.id)) for n in needs]


def _lines(condition: ColumnElement[bool]) -> list[AllocationLine]:
    """Allocations with the names of what they join; those given back last."""
    statement = (
        select(
            Allocation.id,
            Allocation.version,
            Allocation.quantity,
            Allocation.status,
            Allocation.need_id,
            Need.name.label("need_name"),
            Allocation.offer_id,
            Offer.name.label("offer_name"),
            Offer.place_name,
            Offer.unit,
            Offer.owner_id,
            User.name.label("owner_name"),
            ResourceType.returnable,
            Allocation.event_id,
            Event.title.label("event_title"),
        )
        .join(Need, Need.id == Allocation.need_id)
        .join(Offer, Offer.id == Allocation.offer_id)
        .join(ResourceType, ResourceType.id == Offer.resource_type_id)
        .join(Event, Event.id == Allocation.event_id)
        .outerjoin(User, User.id == Offer.owner_id)
        .where(condition)
        .order_by(Allocation.status.in_(_OVER), Allocation.id.desc())
    )
    return [AllocationLine(**row) for row in db.session.execute(statement).mappings()]
