"""Events as the API shows and takes them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from webapp.api.schemas import Latitude, Longitude, Page, Paging, RowId, Shown, Strict, Text, example, kept
from webapp.events.models import Category, Certainty, EventStatus, Severity, Source, Urgency, Visibility
from webapp.events.values import LONGEST, LONGEST_NOTE
from webapp.places.precision import LocationPrecision

Title = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST["title"])]
Description = Annotated[Text, StringConstraints(max_length=LONGEST["description"])]
Kind = Annotated[Text, StringConstraints(max_length=LONGEST["kind"])]
Note = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_NOTE)]
Priority = Annotated[int, Field(ge=1, le=5, strict=True, description="1 is the highest.")]

_PLACE = {
    "latitude": 55.6667,
    "longitude": 12.5519,
    "precision": "exact",
    "address": "Vesterbrogade 40",
    "place_name": "Vesterbro",
}
_EVENT = {
    "title": "Cellar flooded",
    "description": "Water is at 40 cm and rising.",
    "category": "Met",
    "kind": "flood",
    "priority": 2,
    "severity": "Severe",
    "urgency": "Immediate",
    "certainty": "Observed",
}


class Location(Strict):
    """Where it is: a position, words, or both."""

    latitude: Latitude | None = None
    longitude: Longitude | None = None
    precision: LocationPrecision | None = Field(
        None, description="What the position is the position of. Left out: exact where it is new."
    )
    address: Annotated[Text, StringConstraints(max_length=LONGEST["address"])] = ""
    place_name: Annotated[Text, StringConstraints(max_length=LONGEST["place_name"])] = ""

    @model_validator(mode="after")
    def _whole(self) -> "Location":
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("give both latitude and longitude, or neither")
        return self

    model_config = Strict.model_config | example(_PLACE)


class EventIn(Strict):
    """A new event. An authority's is active at once; anybody else's is a report that waits to be verified."""

    title: Title
    description: Description = ""
    category: Category = Category.OTHER
    kind: Kind = Field("", description="In one's own words, as “food shortage”.")
    priority: Priority = 3
    severity: Severity = Severity.UNKNOWN
    urgency: Urgency = Urgency.UNKNOWN
    certainty: Certainty = Certainty.UNKNOWN
    location: Location = Field(default_factory=lambda: Location.model_validate({}))
    parent_id: RowId | None = Field(None, description="A larger event that it belongs to.")
    needs_approval: bool = Field(False, strict=True, description="Who wants to join waits for a coordinator.")
    visibility: Visibility = Field(Visibility.INTERNAL, description="An authority decides who sees it.")
    source_ref: Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST["source_ref"])] | None = (
        Field(None, description="The sender's own identifier; the same one twice is refused.")
    )

    model_config = Strict.model_config | example(_EVENT | {"location": _PLACE})


class EventEdit(Strict):
    """What changes; what is left out stays."""

    title: Title = kept()
    description: Description = kept()
    category: Category = kept()
    kind: Kind = kept()
    priority: Priority = kept()
    severity: Severity = kept()
    urgency: Urgency = kept()
    certainty: Certainty = kept()
    location: Location = kept()
    parent_id: RowId | None = kept()
    needs_approval: Annotated[bool, Field(strict=True)] = kept()
    visibility: Visibility = kept()

    model_config = Strict.model_config | example({"priority": 1, "severity": "Extreme"})


class Closing(Strict):
    """How it ended, for the next reader."""

    note: Note

    model_config = Strict.model_config | example({"note": "Pumped dry, handed over to the owner."})


class Reason(Strict):
    """Why."""

    reason: Note

    model_config = Strict.model_config | example({"reason": "The water is back."})


class Rejection(Reason):
    """Why a report is false, or which event it repeats."""

    duplicate_of_id: RowId | None = None

    model_config = Strict.model_config | example(
        {"reason": "The same cellar as before.", "duplicate_of_id": 12}
    )


class EventQuery(Paging):
    """Narrows the list. Nothing set: all that one may see, active and urgent ones first."""

    after: Annotated[str, StringConstraints(pattern=r"^[0-3]-[1-5]-[1-9][0-9]{0,17}$")] | None = Field(
        None, description="The `next` of the page before."
    )
    status: EventStatus | None = None
    priority: int | None = Field(None, ge=1, le=5)
    category: Category | None = None
    text: Annotated[str, StringConstraints(max_length=100)] = Field(
        "", description="Words in title, place or text."
    )
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    km: float = Field(10, gt=0, le=1000, description="Around the position, in kilometres.")

    @model_validator(mode="after")
    def _whole(self) -> "EventQuery":
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("give both latitude and longitude, or neither")
        return self


class LocationOut(Shown):
    """Where it is."""

    latitude: float | None
    longitude: float | None
    precision: LocationPrecision | None = Field(
        validation_alias="location_precision", description="Null: not known."
    )
    address: str
    place_name: str


class EventSummary(Shown):
    """An event in a list."""

    id: int
    version: int
    title: str
    place_name: str
    kind: str
    category: Category
    priority: int
    status: EventStatus
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
    alert_expires_at: datetime | None = Field(description="When what an alert (CAP) said ends; null: no end.")
    alert_over: bool = Field(description="Whether that has passed.")
    distance_km: float | None = Field(None, description="From the position that was asked about.")


_SUMMARY = {
    "id": 12,
    "version": 4,
    "title": "Cellar flooded",
    "place_name": "Vesterbro",
    "kind": "flood",
    "category": "Met",
    "priority": 2,
    "status": "active",
    "latitude": 55.6667,
    "longitude": 12.5519,
    "location_precision": "exact",
    "reported_at": "2026-11-21T02:50:00Z",
    "opened_at": "2026-11-21T02:58:10Z",
    "closed_at": None,
    "needs_total": 2,
    "needs_unmet": 1,
    "people_expected": 6,
    "people_checked_in": 4,
    "alert_expires_at": None,
    "alert_over": False,
    "distance_km": None,
}


_OF_LISTS = frozenset({"place_name", "latitude", "longitude", "location_precision", "distance_km"})


class EventPage(Page[EventSummary]):
    """One page of events."""

    model_config = Page.model_config | example({"items": [_SUMMARY], "next": "0-2-12"})


class EventOut(Shown):
    """One event, whole."""

    id: int
    version: int
    title: str
    description: str
    category: Category
    kind: str
    tags: list[str]
    priority: int
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    status: EventStatus
    location: LocationOut
    source: Source
    source_ref: str | None
    visibility: Visibility
    needs_approval: bool
    parent_id: int | None
    duplicate_of_id: int | None
    reported_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    closing_note: str
    needs_total: int
    needs_unmet: int
    people_expected: int
    people_checked_in: int
    alert_expires_at: datetime | None
    alert_over: bool

    model_config = Shown.model_config | example(
        {name: _SUMMARY[name] for name in _SUMMARY if name not in _OF_LISTS}
        | {
            "description": "Water is at 40 cm and rising.",
            "tags": [],
            "severity": "Severe",
            "urgency": "Immediate",
            "certainty": "Observed",
            "location": _PLACE,
            "source": "person",
            "source_ref": None,
            "visibility": "internal",
            "needs_approval": False,
            "parent_id": None,
            "duplicate_of_id": None,
            "closing_note": "",
        }
    )
