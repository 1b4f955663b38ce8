"""What can be done over GraphQL: the main deeds, by the same services as the pages' forms.

Each takes a ``commandId``, a new UUID for each deed: the same one again changes nothing and gives the first
result, so that a call whose answer was lost can be sent again; with other arguments it is refused.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import strawberry
from strawberry import ID
from strawberry.extensions import FieldExtension

from webapp import journal
from webapp.events import service as events
from webapp.events.models import Category, Certainty, Severity, Urgency
from webapp.graph.kinds import Info, node
from webapp.graph.paging import number
from webapp.graph.types import Allocation, Assignment, Event, Need
from webapp.places.precision import LocationPrecision
from webapp.resources import service as resources
from webapp.volunteers import service as volunteers
from webapp.web.content import digest

T = TypeVar("T")


@strawberry.input(description="A new event.")
class EventInput:
    """A new event; what is left out has its usual value."""

    title: str
    description: str = ""
    category: Category = Category.OTHER
    kind: str = ""
    priority: int = 3
    severity: Severity = Severity.UNKNOWN
    urgency: Urgency = Urgency.UNKNOWN
    certainty: Certainty = Certainty.UNKNOWN
    latitude: float | None = None
    longitude: float | None = None
    location_precision: LocationPrecision | None = None
    address: str = ""
    place_name: str = ""


@strawberry.input(description="Something that an event needs.")
class NeedInput:
    """A new need; what is left out has its usual value."""

    event_id: ID
    resource_type_id: ID
    name: str
    quantity: Decimal
    unit: str
    description: str = ""
    priority: int = 3
    needed_by: datetime | None = None


class Remembered(FieldExtension):
    """Have a deed remembered with what it was asked with, each of a document by itself."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        """Say it before the deed is done."""
        journal.say_content(digest(info.field_name, kwargs))
        return next_(source, info, **kwargs)


def _deed(description: str) -> Any:
    return strawberry.mutation(description=description, extensions=[Remembered()])


@strawberry.type
class Mutation:
    """The deeds, each a transaction of its own, done in the order in which they are asked for."""

    @_deed("Say that something happened; it waits until an authority verifies it.")
    def report_event(self, info: Info, command_id: uuid.UUID, event: EventInput) -> Event | None:
        """Report an event."""
        made = events.report_event(info.context.actor, command_id=command_id, **_values(event))
        return _done(info, Event, made)

    @_deed("Open an event that is known to be real, for an authority.")
    def open_event(self, info: Info, command_id: uuid.UUID, event: EventInput) -> Event | None:
        """Open an event."""
        made = events.open_event(info.context.actor, command_id=command_id, **_values(event))
        return _done(info, Event, made)

    @_deed("Write down what an active event needs.")
    def add_need(self, info: Info, command_id: uuid.UUID, need: NeedInput) -> Need | None:
        """Add a need."""
        values = _values(need) | {
            "event_id": _row(need.event_id),
            "resource_type_id": _row(need.resource_type_id),
        }
        made = resources.add_need(info.context.actor, command_id=command_id, **values)
        return _done(info, Need, made)

    @_deed("Promise so much of an offer to a need.")
    def allocate(
        self,
        info: Info,
        command_id: uuid.UUID,
        need_id: ID,
        offer_id: ID,
        quantity: Decimal,
        oversupply: bool = False,
    ) -> Allocation | None:
        """Allocate; ``oversupply`` chooses to promise more than is missing."""
        made = resources.allocate(
            info.context.actor,
            need_id=_row(need_id),
            offer_id=_row(offer_id),
            quantity=quantity,
            oversupply=oversupply,
            command_id=command_id,
        )
        return _done(info, Allocation, made)

    @_deed("Go to an event oneself.")
    def join_event(self, info: Info, command_id: uuid.UUID, event_id: ID) -> Assignment | None:
        """Join; accepted at once, or requested when the event wants approval."""
        made = volunteers.join(info.context.actor, event_id=_row(event_id), command_id=command_id)
        return _done(info, Assignment, made)

    @_deed("Arrive; one's own assignment, or for coordinators anybody's.")
    def check_in(self, info: Info, command_id: uuid.UUID, assignment_id: ID) -> Assignment | None:
        """Check in."""
        made = volunteers.check_in(
            info.context.actor, assignment_id=_row(assignment_id), command_id=command_id
        )
        return _done(info, Assignment, made)


def _values(given: EventInput | NeedInput) -> dict[str, Any]:
    """The values that were given, as the service takes them."""
    return dict(vars(given))


def _row(text: str) -> int:
    """The row that a required id means. Raises `NotFound`."""
    found = number(text)
    assert found is not None  # only no text is no row
    return found


def _done(info: Info, kind: type[T], row: Any) -> T:
    """What was changed, as it is now; what was read before counts no more."""
    info.context.changed()
    return node(kind, row)
