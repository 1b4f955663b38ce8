"""Offers and allocations as the API shows and takes them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from webapp.api.schemas import (
    Amount,
    AmountIn,
    Latitude,
    Longitude,
    Moment,
    Page,
    RowId,
    RowNumber,
    RowPaging,
    Shown,
    Strict,
    Text,
    example,
    kept,
)
from webapp.places.precision import LocationPrecision
from webapp.resources.models import AllocationStatus, OfferStatus
from webapp.resources.schemas import MADE, SENDERS, Description, Name, SourceRef, Unit
from webapp.resources.values import LONGEST

PlaceName = Annotated[Text, StringConstraints(max_length=LONGEST["place_name"])]
Condition = Annotated[Text, StringConstraints(max_length=LONGEST["condition"])]

_OFFER: dict[str, Any] = {
    "resource_type_id": 14,
    "name": "Sandbags from the depot",
    "description": "",
    "quantity": 100,
    "unit": "sandbags",
    "latitude": 55.6667,
    "longitude": 12.5519,
    "location_precision": "exact",
    "place_name": "Depot N",
    "available_from": None,
    "available_until": "2026-11-24T18:00:00Z",
    "condition": "dry",
}
_OFFER_OUT = (
    {"id": 8, "version": 3, "owner_id": 5, "owner_name": "Sam Volunteer"}
    | _OFFER
    | {"status": "available", "allocated": 30, "left": 70}
    | MADE
)
_ALLOCATION_OUT = {
    "id": 77,
    "version": 1,
    "need_id": 31,
    "need_name": "Sandbags, filled",
    "offer_id": 8,
    "offer_name": "Sandbags from the depot",
    "event_id": 12,
    "event_title": "Cellar flooded",
    "quantity": 30,
    "unit": "sandbags",
    "status": "reserved",
    "returnable": False,
}


class _OfferWhere(Strict):
    @model_validator(mode="after")
    def _whole(self) -> "_OfferWhere":
        sent = self.model_fields_set
        if ("latitude" in sent) != ("longitude" in sent):
            raise ValueError("give both latitude and longitude, or neither")
        return self


class OfferIn(_OfferWhere):
    """So much of something that one can give or lend."""

    resource_type_id: RowId
    name: Name
    description: Description = ""
    quantity: AmountIn
    unit: Unit
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    location_precision: LocationPrecision | None = Field(
        None, description="What the position is the position of. Left out: exact where it is new."
    )
    place_name: PlaceName = ""
    available_from: Moment | None = None
    available_until: Moment | None = None
    condition: Condition = ""
    owner_id: RowId | None = Field(None, description="Whose it is, when a coordinator writes it down.")
    source_ref: SourceRef | None = SENDERS

    model_config = Strict.model_config | example(_OFFER)


class OfferEdit(_OfferWhere):
    """What changes; what is left out stays."""

    resource_type_id: RowId = kept()
    name: Name = kept()
    description: Description = kept()
    quantity: AmountIn = kept()
    unit: Unit = kept()
    latitude: Latitude | None = kept()
    longitude: Longitude | None = kept()
    location_precision: LocationPrecision | None = kept()
    place_name: PlaceName = kept()
    available_from: Moment | None = kept()
    available_until: Moment | None = kept()
    condition: Condition = kept()

    model_config = Strict.model_config | example({"quantity": 80, "condition": "some are wet"})


class OfferQuery(RowPaging):
    """Narrows the list, newest first. A volunteer sees their own offers, a coordinator all."""

    status: OfferStatus | None = Field(None, description="`available`: what can still be promised.")
    type: RowNumber | None = Field(None, description="A resource type; those below it count, too.")
    mine: bool = Field(False, description="Only one's own.")


class OfferOut(Shown):
    """What somebody offers, and how much of it is left."""

    id: int
    version: int
    owner_id: int | None
    owner_name: str | None
    resource_type_id: int
    name: str
    description: str
    quantity: Amount
    unit: str
    latitude: float | None
    longitude: float | None
    location_precision: LocationPrecision | None = Field(description="Null: not known.")
    place_name: str
    available_from: datetime | None
    available_until: datetime | None
    condition: str
    status: OfferStatus
    allocated: Amount = Field(description="The sum of what is reserved, dispatched and delivered.")
    left: Amount
    created_at: datetime

    model_config = Shown.model_config | example(_OFFER_OUT)


class OfferPage(Page[OfferOut]):
    """One page of offers."""

    model_config = Page.model_config | example({"items": [_OFFER_OUT], "next": "8"})


class AllocationIn(Strict):
    """Promise so much of an offer to a need."""

    need_id: RowId
    offer_id: RowId
    quantity: AmountIn
    oversupply: bool = Field(False, strict=True, description="Promise more than is missing, on purpose.")

    model_config = Strict.model_config | example({"need_id": 31, "offer_id": 8, "quantity": 30})


class AllocationQuery(RowPaging):
    """Narrows the list, newest first. A volunteer sees those of their own offers, a coordinator all."""

    event_id: RowNumber | None = None
    need_id: RowNumber | None = None
    offer_id: RowNumber | None = None
    status: AllocationStatus | None = None


class AllocationOut(Shown):
    """So much of an offer, promised to a need."""

    id: int
    version: int
    need_id: int
    need_name: str
    offer_id: int
    offer_name: str
    event_id: int
    event_title: str
    quantity: Amount
    unit: str
    status: AllocationStatus
    returnable: bool = Field(description="Whether it can come back after use.")

    model_config = Shown.model_config | example(_ALLOCATION_OUT)


class AllocationPage(Page[AllocationOut]):
    """One page of allocations."""

    model_config = Page.model_config | example({"items": [_ALLOCATION_OUT], "next": None})
