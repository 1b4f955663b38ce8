"""The situation as a graph: events, needs, offers, allocations and assignments.

A field whose thing the actor may not see is null; a list has only what they may see.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import ID, Private

from webapp import policy
from webapp.events.models import Category, Certainty, EventStatus, Severity, Source, Urgency, Visibility
from webapp.graph import readers
from webapp.graph.kinds import Info, node
from webapp.graph.looking import Looking
from webapp.graph.paging import MOST, NESTED, checked
from webapp.graph.persons import EventPerson, User, event_person, person
from webapp.places.precision import LocationPrecision
from webapp.policy import Action
from webapp.resources.models import AllocationStatus, NeedStatus, OfferStatus
from webapp.volunteers.models import AssignmentStatus

First = Annotated[int, strawberry.argument(description=f"Most items, up to {MOST}.")]


@strawberry.type(description="A kind of resource, with the units that it is given in.")
class ResourceType:
    """A kind of resource."""

    id: ID
    code: str
    name: str
    units: list[str]
    returnable: bool


@strawberry.type(description="An incident that people respond to.")
class Event:
    """An event."""

    id: ID
    version: int
    title: str
    description: str
    category: Category
    kind: str
    tags: list[str]
    priority: int = strawberry.field(description="1 is the highest, 5 the lowest.")
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    status: EventStatus
    latitude: float | None = strawberry.field(description="WGS 84 degrees.")
    longitude: float | None
    location_precision: LocationPrecision | None = strawberry.field(
        description="What the position is the position of; null where that is not known."
    )
    address: str
    place_name: str
    source: Source
    visibility: Visibility
    needs_approval: bool
    reported_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    closing_note: str
    needs_total: int
    needs_unmet: int
    people_expected: int
    people_checked_in: int
    alert_expires_at: datetime | None = strawberry.field(description="When what an alert (CAP) said ends.")
    alert_over: bool = strawberry.field(description="Whether that has passed.")
    reported_by_id: Private[int | None]
    parent_id: Private[int | None]

    @strawberry.field(description="Who reported it, for coordinators and themselves.")
    async def reported_by(self, info: Info) -> User | None:
        """Who reported it."""
        return await person(info.context, self.reported_by_id)

    @strawberry.field(description="The larger event that it belongs to.")
    async def parent(self, info: Info) -> "Event | None":
        """The larger event."""
        return await event(info.context, self.parent_id)

    @strawberry.field(description="What it needs, the most urgent first.")
    async def needs(self, info: Info, first: First = NESTED) -> "list[Need]":
        """Its needs."""
        policy.require(info.context.actor, Action.NEED_VIEW)
        rows = (
            await info.context.wanted(
                readers.needs_of_events(checked(first)), int(self.id), kind=("needs", first)
            )
            or []
        )
        return [node(Need, row) for row in rows]

    @strawberry.field(description="Who is there, comes, or was there, as far as one may know.")
    async def people(self, info: Info, first: First = NESTED) -> list[EventPerson]:
        """Its people."""
        read = readers.people_of_events(checked(first))
        rows = await info.context.wanted(read, int(self.id), kind=("people", first)) or []
        info.context.met(user for _, user in rows)
        whole = policy.may(info.context.actor, Action.ROSTER)
        return [event_person(row, user, whole=whole) for row, user in rows]


@strawberry.type(description="So much of something that an event needs.")
class Need:
    """A need."""

    id: ID
    version: int
    name: str
    description: str
    quantity: Decimal
    unit: str
    priority: int
    needed_by: datetime | None
    status: NeedStatus
    allocated: Decimal = strawberry.field(description="How much is promised.")
    missing: Decimal
    oversupplied: bool
    created_at: datetime
    event_id: Private[int]
    resource_type_id: Private[int]

    @strawberry.field
    async def event(self, info: Info) -> Event | None:
        """The event that needs it."""
        return await event(info.context, self.event_id)

    @strawberry.field
    async def resource_type(self, info: Info) -> ResourceType | None:
        """What kind of thing it is."""
        return await resource_type(info.context, self.resource_type_id)

    @strawberry.field(description="What is promised to it, newest first, as far as one may see.")
    async def allocations(self, info: Info, first: First = NESTED) -> "list[Allocation]":
        """What is promised to it."""
        read = readers.allocations_of_needs(checked(first))
        rows = await info.context.wanted(read, int(self.id), kind=("of need", first)) or []
        return [node(Allocation, row) for row in rows]


@strawberry.type(description="So much of something that somebody can give or lend.")
class Offer:
    """An offer."""

    id: ID
    version: int
    name: str
    description: str
    quantity: Decimal
    unit: str
    latitude: float | None
    longitude: float | None
    location_precision: LocationPrecision | None
    place_name: str
    available_from: datetime | None
    available_until: datetime | None
    condition: str
    status: OfferStatus
    allocated: Decimal
    left: Decimal = strawberry.field(description="How much is not promised yet.")
    created_at: datetime
    owner_id: Private[int | None]
    resource_type_id: Private[int]

    @strawberry.field
    async def owner(self, info: Info) -> User | None:
        """Whose it is."""
        return await person(info.context, self.owner_id)

    @strawberry.field
    async def resource_type(self, info: Info) -> ResourceType | None:
        """What kind of thing it is."""
        return await resource_type(info.context, self.resource_type_id)

    @strawberry.field(description="Where it went, newest first.")
    async def allocations(self, info: Info, first: First = NESTED) -> "list[Allocation]":
        """Where it went."""
        read = readers.allocations_of_offers(checked(first))
        rows = await info.context.wanted(read, int(self.id), kind=("of offer", first)) or []
        return [node(Allocation, row) for row in rows]


@strawberry.type(description="So much of one offer, promised to one need.")
class Allocation:
    """An allocation."""

    id: ID
    version: int
    quantity: Decimal
    status: AllocationStatus
    created_at: datetime
    need_id: Private[int]
    offer_id: Private[int]
    event_id: Private[int]

    @strawberry.field
    async def need(self, info: Info) -> Need | None:
        """What it is promised to."""
        row = await info.context.wanted(readers.needs, self.need_id)
        return node(Need, row) if row is not None else None

    @strawberry.field
    async def offer(self, info: Info) -> Offer | None:
        """What it is taken from."""
        found = await info.context.wanted(readers.offers, self.offer_id)
        if found is None:
            return None
        info.context.met([found[1]])
        return node(Offer, found[0])

    @strawberry.field
    async def event(self, info: Info) -> Event | None:
        """Where it goes."""
        return await event(info.context, self.event_id)


@strawberry.type(description="A person on an event, for coordinators and the person.")
class Assignment:
    """An assignment."""

    id: ID
    version: int
    task: str
    bring: str
    meeting_point: str
    status: AssignmentStatus
    created_at: datetime
    accepted_at: datetime | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    ended_at: datetime | None
    user_id: Private[int]
    event_id: Private[int]

    @strawberry.field
    async def user(self, info: Info) -> User | None:
        """Who."""
        return await person(info.context, self.user_id)

    @strawberry.field
    async def event(self, info: Info) -> Event | None:
        """Where."""
        return await event(info.context, self.event_id)


async def event(looking: Looking, event_id: int | None) -> Event | None:
    """The event, if the actor may see it."""
    row = await looking.wanted(readers.events, event_id)
    return node(Event, row) if row is not None else None


async def resource_type(looking: Looking, type_id: int) -> ResourceType | None:
    """The kind of resource."""
    row = await looking.wanted(readers.resource_types, type_id)
    return node(ResourceType, row) if row is not None else None
