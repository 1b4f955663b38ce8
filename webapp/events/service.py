"""What can be done with an event: report, open, edit, verify, reject, close, reopen; and its lock.

Every change of needs, allocations and assignments takes the event's row lock first (`lock_active`), so
that it comes wholly before or wholly after the closing of its event.
"""

import secrets
from datetime import datetime
from typing import Any, NoReturn, TypedDict, Unpack

from webapp import journal, policy
from webapp.database import utc_now
from webapp.errors import Conflict, Invalid, NotFound
from webapp.events import closing
from webapp.events.models import (
    EVENT_TRANSITIONS,
    Category,
    Certainty,
    Event,
    EventStatus,
    Severity,
    Source,
    Urgency,
    Visibility,
)
from webapp.events.values import NO_PARENT, checked, written
from webapp.extensions import db
from webapp.journal import Actor
from webapp.places.precision import LocationPrecision
from webapp.policy import Action

# What is no detail of an event: an authority decides it (a coordinator edits details and priority).
_ARRANGED = frozenset({"visibility", "needs_approval", "parent_id"})
# How names begin that Mayday gives: to alerts that came by CAP, and to rows that it exports.
_NAMED_ELSEWHERE = ("cap:", "mayday:")
# Letters and digits that stay apart when read aloud or printed small; 12 of them are 58 bits.
_CODE_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LENGTH = 12


class EventFields(TypedDict, total=False):
    """What a new event may be given besides its title."""

    description: str
    category: Category
    kind: str
    priority: int
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    latitude: float | None
    longitude: float | None
    location_precision: LocationPrecision | None
    address: str
    place_name: str
    found_name: str | None
    visibility: Visibility
    needs_approval: bool
    parent_id: int | None
    source: Source
    source_ref: str | None
    reported_at: datetime | None
    tags: list[str] | tuple[str, ...]


class EditableFields(TypedDict, total=False):
    """What an edit may change; what is left out stays."""

    title: str
    description: str
    category: Category
    kind: str
    priority: int
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    latitude: float | None
    longitude: float | None
    location_precision: LocationPrecision | None
    address: str
    place_name: str
    found_name: str | None
    visibility: Visibility
    needs_approval: bool
    parent_id: int | None


@journal.command
def report_event(actor: Actor, *, title: str, **fields: Unpack[EventFields]) -> Event:
    """Say that something happened; it is pending until an authority has verified it.

    Raises `Invalid` for values that cannot be.
    """
    policy.require(actor, Action.EVENT_REPORT)
    event = _new(actor, title, fields)
    journal.append("event.reported", event, event_id=event.id, **facts(event))
    return event


@journal.command
def open_event(actor: Actor, *, title: str, **fields: Unpack[EventFields]) -> Event:
    """Open an event that is known to be real: active at once. Raises `Invalid` for values that cannot be."""
    policy.require(actor, Action.EVENT_OPEN)
    event = _new(actor, title, fields)
    _activate(event)
    journal.append("event.opened", event, event_id=event.id, **facts(event))
    return event


@journal.command
def edit_event(
    actor: Actor, *, event_id: int, seen_version: int | None, **fields: Unpack[EditableFields]
) -> Event:
    """Change what an event says. A coordinator may while it is active, an authority always; who sees it, who
    approves helpers and what it belongs to only an authority.

    Raises `StaleVersion` when somebody changed it since ``seen_version``, `Invalid` for wrong values.
    """
    event = locked(event_id)
    policy.require(actor, Action.EVENT_VIEW, event)
    policy.require(actor, Action.EVENT_EDIT, event)
    journal.require_version(event, seen_version, Event.editable)
    unknown = set(fields) - Event.editable
    if unknown:
        raise Invalid(f"This cannot be edited: {', '.join(sorted(unknown))}.")
    good = checked(fields, event)
    changed = {name: value for name, value in good.items() if getattr(event, name) != value}
    if _ARRANGED & changed.keys():
        policy.require(actor, Action.EVENT_ARRANGE)
    for name, value in changed.items():
        setattr(event, name, value)
    if changed:
        journal.append("event.edited", event, event_id=event.id, fields=sorted(changed), **facts(event))
    return event


@journal.command
def verify(actor: Actor, *, event_id: int) -> Event:
    """Find a report true: it becomes active. Raises `WrongTransition` unless it is pending."""
    event = locked(event_id)
    policy.require(actor, Action.EVENT_VERIFY, event)
    EVENT_TRANSITIONS.require(event.status, EventStatus.ACTIVE)
    if event.status is EventStatus.RESOLVED:
        raise Conflict("This event is closed. Reopen it, with a reason.")
    _activate(event)
    journal.append("event.verified", event, event_id=event.id, user_id=event.reported_by_id, **facts(event))
    return event


@journal.command
def reject(actor: Actor, *, event_id: int, reason: str, duplicate_of_id: int | None = None) -> Event:
    """Find a report false, or a duplicate of another event. Raises `WrongTransition` unless pending.

    Raises `Invalid` without a reason, or when the other event does not exist, is this one, or is
    rejected itself.
    """
    event = locked(event_id)
    policy.require(actor, Action.EVENT_VERIFY, event)
    EVENT_TRANSITIONS.require(event.status, EventStatus.REJECTED)
    event.closing_note = written(reason, "reason", "Write why: the person who reported it will read this.")
    if duplicate_of_id is not None:
        event.duplicate_of_id = _kept(event, duplicate_of_id).id
    event.status = EventStatus.REJECTED
    event.closed_at = utc_now()
    journal.append(
        "event.rejected",
        event,
        event_id=event.id,
        user_id=event.reported_by_id,
        reason=event.closing_note,
        duplicate_of=duplicate_of_id,
        **facts(event),
    )
    return event


@journal.command
def close(actor: Actor, *, event_id: int, note: str) -> Event:
    """End an event: its open assignments end and its undelivered allocations are released with it.

    Raises `WrongTransition` unless it is active, `Invalid` without a note.
    """
    event = locked(event_id)
    policy.require(actor, Action.EVENT_CLOSE, event)
    EVENT_TRANSITIONS.require(event.status, EventStatus.RESOLVED)
    event.closing_note = written(note, "note", "Write how it ended: the next reader will want to know.")
    event.status = EventStatus.RESOLVED
    event.closed_at = utc_now()
    journal.append("event.closed", event, event_id=event.id, note=event.closing_note, **facts(event))
    closing.end_all(actor, event)
    return event


@journal.command
def reopen(actor: Actor, *, event_id: int, reason: str) -> Event:
    """Make a closed event active again.

    Raises `WrongTransition` unless it is closed, `Invalid` without a reason.
    """
    event = locked(event_id)
    policy.require(actor, Action.EVENT_CLOSE, event)
    if event.status is EventStatus.PENDING:
        raise Conflict("This report is not verified yet. Verify it instead.")
    EVENT_TRANSITIONS.require(event.status, EventStatus.ACTIVE)
    reason = written(reason, "reason", "Write why it is opened again.")
    event.closing_note = ""
    _activate(event)
    journal.append("event.reopened", event, event_id=event.id, reason=reason, **facts(event))
    return event


def lock_active(event_id: int) -> Event:
    """The event, its row locked until the present command ends.

    Raises `NotFound`, or `Conflict` unless the event is active.
    """
    event = locked(event_id)
    if event.status is not EventStatus.ACTIVE:
        _refuse(event)
    return event


def _refuse(event: Event) -> NoReturn:
    words = {
        EventStatus.PENDING: "This report is not verified yet. An authority verifies it first.",
        EventStatus.RESOLVED: "This event is closed. Nothing was changed.",
        EventStatus.REJECTED: "This report was rejected. Nothing was changed.",
    }
    raise Conflict(words[event.status], status=event.status.value, event_id=event.id)


def locked(event_id: int) -> Event:
    """The event, its row locked until the present command ends. Raises `NotFound`."""
    event = db.session.get(Event, event_id, with_for_update=True)
    if event is None:
        raise NotFound("There is no such event.")
    return event


def _new(actor: Actor, title: str, fields: EventFields) -> Event:
    values = checked({"title": title, **fields})
    if values.get("visibility", Visibility.INTERNAL) is not Visibility.INTERNAL:
        policy.require(actor, Action.EVENT_ARRANGE)
    if values.get("reported_at") is None:
        values.pop("reported_at", None)
    if values.get("parent_id") is not None:
        _require_seen(actor, db.session.get_one(Event, values["parent_id"]))
    _require_new(actor, values.get("source_ref"))
    if actor.device_id is not None:
        values["source"] = Source.DEVICE
    event = Event(**values, reported_by_id=actor.user_id)
    db.session.add(event)
    db.session.flush()
    return event


def _require_seen(actor: Actor, parent: Event) -> None:
    """Answer about a larger event that the actor may not see as about one that is not there."""
    if not policy.may(actor, Action.EVENT_VIEW, parent):
        raise Invalid(NO_PARENT, fields={"parent_id": NO_PARENT})


def _require_new(actor: Actor, source_ref: object) -> None:
    """Refuse what the same sender has told before, and the names of others' reports from whoever opens none.

    A volunteer who reports under the name of an alert would keep the alert itself out.
    """
    if str(source_ref).startswith(_NAMED_ELSEWHERE) and not policy.may(actor, Action.EVENT_OPEN):
        message = f"A name of one's own does not begin with {' or '.join(_NAMED_ELSEWHERE)}"
        raise Invalid(message, fields={"source_ref": message})
    known = db.select(Event.id).where(Event.source_ref == source_ref)
    if source_ref is not None and db.session.execute(known).first() is not None:
        raise Conflict("This report is here already.", source_ref=source_ref)


def _activate(event: Event) -> None:
    """Active from now on, with a join code that cannot be guessed; the first opening is kept."""
    event.status = EventStatus.ACTIVE
    event.opened_at = event.opened_at or utc_now()
    event.closed_at = None
    if event.join_code is None:
        event.join_code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))


def _kept(event: Event, duplicate_of_id: int) -> Event:
    """The event that a duplicate stands for."""
    other = db.session.get(Event, duplicate_of_id)
    message = None
    if other is None:
        message = "There is no event with this number."
    elif other.id == event.id:
        message = "An event cannot be a duplicate of itself."
    elif other.status is EventStatus.REJECTED:
        message = "That one is rejected too. Give the number of the event that is kept."
    if other is None or message is not None:
        raise Invalid(message or "", fields={"duplicate_of_id": message or ""})
    return other


def facts(event: Event) -> dict[str, Any]:
    """What a feed sentence says of an event."""
    return {
        "title": event.title,
        "priority": event.priority,
        "category": event.category,
        "place": event.place_name,
        "status": event.status,
    }
