"""Events over the API: the same services and rights as the pages."""

from collections.abc import Collection
from typing import Any

from flask import url_for

from webapp import policy
from webapp.accounts.identity import current_actor
from webapp.api.operation import operation
from webapp.api.writing import answer, command_id, made, seen_version
from webapp.events import queries, service
from webapp.events.models import Event
from webapp.events.queries import Filters, Near
from webapp.events.schemas import (
    Closing,
    EventEdit,
    EventIn,
    EventOut,
    EventPage,
    EventQuery,
    EventSummary,
    LocationOut,
    Reason,
    Rejection,
)
from webapp.places.geocoder import Point
from webapp.policy import Action

TAG = "Events"
Answer = tuple[EventOut, int, dict[str, str]]


@operation("GET", "/events", Action.EVENT_LIST, tag=TAG, gives=EventPage)
def list_events(query: EventQuery) -> EventPage:
    """Events that one may see, active and urgent ones first."""
    near = None
    if query.latitude is not None and query.longitude is not None:
        near = Near(Point(query.latitude, query.longitude), query.km)
    filters = Filters(query.status, query.priority, query.category, query.text, near)
    found = queries.listed(current_actor(), filters, query.after, query.limit)
    shown = [EventSummary.model_validate(event) for event in found.events]
    return EventPage(items=shown, next=found.next_cursor)


@operation("GET", "/events/<int:event_id>", Action.EVENT_VIEW, tag=TAG, gives=EventOut)
def show_event(event_id: int) -> Answer:
    """One event."""
    return _shown(visible(event_id))


@operation("POST", "/events", Action.EVENT_REPORT, tag=TAG, gives=EventOut, status=201)
def make_event(json: EventIn) -> Answer:
    """Report an event, or open it.

    An authority's event is active at once; anybody else's, and a device's, is a report that an authority
    verifies.
    """
    actor = current_actor()
    make = service.open_event if policy.may(actor, Action.EVENT_OPEN) else service.report_event
    return _made(make(actor, command_id=command_id(), **fields_of(json)))


@operation("PATCH", "/events/<int:event_id>", Action.EVENT_EDIT, tag=TAG, gives=EventOut, conditional=True)
def edit_event(event_id: int, json: EventEdit) -> Answer:
    """Change what an event says; what is left out stays."""
    event = service.edit_event(
        current_actor(),
        event_id=event_id,
        seen_version=seen_version("event", event_id),
        command_id=command_id(),
        **fields_of(json),
    )
    return _shown(event)


@operation("POST", "/events/<int:event_id>/verify", Action.EVENT_VERIFY, tag=TAG, gives=EventOut)
def verify_event(event_id: int) -> Answer:
    """Find a report true: it becomes active."""
    return _shown(service.verify(current_actor(), event_id=event_id, command_id=command_id()))


@operation("POST", "/events/<int:event_id>/reject", Action.EVENT_VERIFY, tag=TAG, gives=EventOut)
def reject_event(event_id: int, json: Rejection) -> Answer:
    """Find a report false, or a duplicate of another event."""
    event = service.reject(
        current_actor(),
        event_id=event_id,
        reason=json.reason,
        duplicate_of_id=json.duplicate_of_id,
        command_id=command_id(),
    )
    return _shown(event)


@operation("POST", "/events/<int:event_id>/close", Action.EVENT_CLOSE, tag=TAG, gives=EventOut)
def close_event(event_id: int, json: Closing) -> Answer:
    """End an event; its open assignments end and its undelivered allocations are released with it."""
    event = service.close(current_actor(), event_id=event_id, note=json.note, command_id=command_id())
    return _shown(event)


@operation("POST", "/events/<int:event_id>/reopen", Action.EVENT_CLOSE, tag=TAG, gives=EventOut)
def reopen_event(event_id: int, json: Reason) -> Answer:
    """Make a closed event active again."""
    event = service.reopen(current_actor(), event_id=event_id, reason=json.reason, command_id=command_id())
    return _shown(event)


def shown(event: Event) -> EventOut:
    """The event as the API shows it."""
    values: dict[str, Any] = {
        name: getattr(event, name) for name in EventOut.model_fields if name != "location"
    }
    return EventOut(**values, location=LocationOut.model_validate(event))


def _shown(event: Event) -> Answer:
    return answer(shown(event), event, "event")


def _made(event: Event) -> Answer:
    return made(shown(event), event, "event", url_for("api.show_event", event_id=event.id))


def visible(event_id: int) -> Event:
    """The event, for who may see it. Raises `NotFound`."""
    event = queries.event(event_id)
    policy.require(current_actor(), Action.EVENT_VIEW, event)
    return event


def fields_of(given: EventIn | EventEdit, besides: Collection[str] = ()) -> dict[str, Any]:
    """The values that were sent, as the service takes them: the place's own beside the others."""
    values = given.model_dump(exclude_unset=True, exclude={"location", *besides})
    if "location" in given.model_fields_set:
        place = given.location.model_dump(exclude_unset=True)
        if "precision" in place:
            place["location_precision"] = place.pop("precision")
        values |= place
    return values
