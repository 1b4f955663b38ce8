"""Resource types, needs, offers and allocations, with their statuses (NIMS names)."""

import enum
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, Quantity, UtcDateTime, text_enum
from webapp.journal import Journalled
from webapp.places.precision import LocationPrecision
from webapp.transitions import Transitions


class NeedStatus(enum.StrEnum):
    """Open, partly met and met follow from live allocations; only ``cancelled`` is set by hand."""

    OPEN = "open"
    PARTLY_MET = "partly_met"
    MET = "met"
    CANCELLED = "cancelled"


class OfferStatus(enum.StrEnum):
    """NIMS resource statuses; ``assigned`` follows from allocations (all of it promised)."""

    AVAILABLE = "available"
    ASSIGNED = "assigned"
    OUT_OF_SERVICE = "out_of_service"
    WITHDRAWN = "withdrawn"


class AllocationStatus(enum.StrEnum):
    """Where a promised amount is."""

    RESERVED = "reserved"
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"
    RETURNED = "returned"
    RELEASED = "released"


NEED_TRANSITIONS = Transitions(
    "need",
    {
        NeedStatus.OPEN: frozenset({NeedStatus.PARTLY_MET, NeedStatus.MET, NeedStatus.CANCELLED}),
        NeedStatus.PARTLY_MET: frozenset({NeedStatus.OPEN, NeedStatus.MET, NeedStatus.CANCELLED}),
        NeedStatus.MET: frozenset({NeedStatus.OPEN, NeedStatus.PARTLY_MET, NeedStatus.CANCELLED}),
        NeedStatus.CANCELLED: frozenset(),
    },
)
OFFER_TRANSITIONS = Transitions(
    "offer",
    {
        OfferStatus.AVAILABLE: frozenset(
            {OfferStatus.ASSIGNED, OfferStatus.OUT_OF_SERVICE, OfferStatus.WITHDRAWN}
        ),
        OfferStatus.ASSIGNED: frozenset({OfferStatus.AVAILABLE, OfferStatus.WITHDRAWN}),
        OfferStatus.OUT_OF_SERVICE: frozenset({OfferStatus.AVAILABLE, OfferStatus.WITHDRAWN}),
        OfferStatus.WITHDRAWN: frozenset(),
    },
)
ALLOCATION_TRANSITIONS = Transitions(
    "allocation",
    {
        AllocationStatus.RESERVED: frozenset({AllocationStatus.DISPATCHED, AllocationStatus.RELEASED}),
        AllocationStatus.DISPATCHED: frozenset({AllocationStatus.DELIVERED, AllocationStatus.RELEASED}),
        AllocationStatus.DELIVERED: frozenset({AllocationStatus.RETURNED}),
        AllocationStatus.RETURNED: frozenset(),
        AllocationStatus.RELEASED: frozenset(),
    },
)
LIVE = frozenset({AllocationStatus.RESERVED, AllocationStatus.DISPATCHED, AllocationStatus.DELIVERED})
UNMET = frozenset({NeedStatus.OPEN, NeedStatus.PARTLY_MET})

_UNMET_SQL = "status IN ('open', 'partly_met')"

# The largest amount that a form takes; larger is a slip of the finger.
LARGEST_QUANTITY = Decimal(1_000_000)


class ResourceType(Journalled, Base):
    """One kind of resource in a small tree: personnel, vehicle, equipment, supplies, facility."""

    __tablename__ = "resource_type"

    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("resource_type.id"))
    units: Mapped[list[str]] = mapped_column(JSON, default=list)  # the first is the usual one
    returnable: Mapped[bool] = mapped_column(default=False)  # can come back after use
    icon: Mapped[str] = mapped_column(String(40), default="package")
    retired: Mapped[bool] = mapped_column(default=False)


class Need(Journalled, Base):
    """So much of something that an event needs."""

    __tablename__ = "need"
    editable: ClassVar[frozenset[str]] = frozenset(
        {"resource_type_id", "name", "description", "quantity", "unit", "priority", "needed_by"}
    )

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    resource_type_id: Mapped[int] = mapped_column(ForeignKey("resource_type.id"))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    unit: Mapped[str] = mapped_column(String(30))
    priority: Mapped[int] = mapped_column(SmallInteger, default=3)
    needed_by: Mapped[datetime | None] = mapped_column(UtcDateTime())
    status: Mapped[NeedStatus] = mapped_column(text_enum(NeedStatus), default=NeedStatus.OPEN)
    # Sum of live allocations; kept in the transaction that changes them.
    allocated: Mapped[Decimal] = mapped_column(Quantity(), default=Decimal(0))
    # Somebody chose, and the journal says who, to promise more than was asked.
    oversupplied: Mapped[bool] = mapped_column(default=False)
    source_ref: Mapped[str | None] = mapped_column(String(200), unique=True)

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("allocated >= 0", name="allocated_not_negative"),
        CheckConstraint("allocated <= quantity OR oversupplied", name="not_over_asked"),
        CheckConstraint("priority BETWEEN 1 AND 5", name="priority_1_to_5"),
        Index("ix_need_event", "event_id", "id"),
        Index("ix_need_type", "resource_type_id", "status", "id"),
        # The lists of unmet needs: most urgent, then oldest.
        Index(
            "ix_need_unmet",
            "priority",
            "id",
            sqlite_where=text(_UNMET_SQL),
            postgresql_where=text(_UNMET_SQL),
        ),
    )

    @property
    def missing(self) -> Decimal:
        """How much is still to be promised; never below zero."""
        return max(Decimal(0), self.quantity - self.allocated)


class Offer(Journalled, Base):
    """So much of something that a person or organisation can give or lend."""

    __tablename__ = "offer"
    editable: ClassVar[frozenset[str]] = frozenset(
        {
            "resource_type_id",
            "name",
            "description",
            "quantity",
            "unit",
            "latitude",
            "longitude",
            "location_precision",
            "place_name",
            "available_from",
            "available_until",
            "condition",
        }
    )

    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    resource_type_id: Mapped[int] = mapped_column(ForeignKey("resource_type.id"))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    unit: Mapped[str] = mapped_column(String(30))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    location_precision: Mapped[LocationPrecision | None] = mapped_column(text_enum(LocationPrecision))
    place_name: Mapped[str] = mapped_column(String(160), default="")
    available_from: Mapped[datetime | None] = mapped_column(UtcDateTime())
    available_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    condition: Mapped[str] = mapped_column(String(80), default="")
    status: Mapped[OfferStatus] = mapped_column(text_enum(OfferStatus), default=OfferStatus.AVAILABLE)
    # Sum of live allocations; kept in the transaction that changes them.
    allocated: Mapped[Decimal] = mapped_column(Quantity(), default=Decimal(0))
    # The sender's own identifier, so that an import run twice changes nothing.
    source_ref: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("allocated >= 0", name="allocated_not_negative"),
        CheckConstraint("allocated <= quantity", name="not_over_offered"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_range"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_range"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="whole_position"),
        Index("uq_offer_source_ref", "source_ref", unique=True),
        Index("ix_offer_status", "status", "id"),
        Index("ix_offer_type", "resource_type_id", "status", "id"),
    )

    @property
    def left(self) -> Decimal:
        """How much is not promised yet."""
        return self.quantity - self.allocated


class Allocation(Journalled, Base):
    """So much of one offer, promised to one need."""

    __tablename__ = "allocation"

    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity())
    status: Mapped[AllocationStatus] = mapped_column(
        text_enum(AllocationStatus), default=AllocationStatus.RESERVED
    )
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_allocation_event", "event_id", "status"),
    )
