"""What a device stored while it was offline: each item one deed, done once, whatever becomes of others."""

import base64
import binascii
import uuid
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from webapp import journal, policy
from webapp.attachments import content
from webapp.attachments import service as attachments
from webapp.attachments.content import Content
from webapp.database import utc_now
from webapp.devices import heartbeat
from webapp.devices.api import position_of
from webapp.devices.heartbeat import Pulse
from webapp.devices.models import Device
from webapp.errors import Conflict, Invalid
from webapp.events import service as events
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import Actor
from webapp.journal.actor import DeviceKind
from webapp.messages import service
from webapp.messages.audience import Audience
from webapp.messages.models import AudienceKind, Message
from webapp.messages.schemas import ReportIn, ReportOut, Subject
from webapp.policy import Action
from webapp.volunteers import distress
from webapp.volunteers import service as volunteers
from webapp.volunteers.models import OPEN, Assignment
from webapp.web import content as web_content

_NAMESPACE = uuid.UUID("f3b0c5a0-6e0e-4a4b-8a43-9c0f8f7b0c11")
_TITLE = 120  # characters of an observation that become its title


def take(actor: Actor, item: ReportIn) -> ReportOut:
    """Do what the item says, and tell what became of it. Raises what the service of the deed refuses."""
    journal.say_content(web_content.digest(item.model_dump(mode="json", exclude_unset=True)))
    subject = _DEEDS[item.kind](actor, item)
    known = item.kind != "position" and journal.was_replayed()
    return ReportOut(id=item.id, status="known" if known else "done", retry=False, subject=subject)


def _observation(actor: Actor, item: ReportIn) -> Subject:
    """A pending event, with its photo."""
    photo = _photo(item)
    first_line = next(iter(item.text.strip().splitlines()), "")
    event: Event = events.report_event(
        actor,
        title=first_line[:_TITLE] or "Report from the field",
        description=item.text,
        latitude=item.position.latitude if item.position else None,
        longitude=item.position.longitude if item.position else None,
        reported_at=_at(item),
        parent_id=item.event_id,
        command_id=item.id,
    )
    if photo is not None:
        attachments.add_examined(
            actor,
            event_id=event.id,
            name=None,
            caption="",
            kept=photo,
            command_id=uuid.uuid5(_NAMESPACE, f"photo:{item.id}"),
        )
    return Subject(type="event", id=event.id)


def _message(actor: Actor, item: ReportIn) -> Subject:
    """To the coordinators, of the event where one is named."""
    message: Message = service.send(
        actor,
        audience=Audience(AudienceKind.COORDINATORS, event_id=item.event_id),
        body=item.text,
        priority=item.priority,
        position=_point(item),
        command_id=item.id,
    )
    return Subject(type="message", id=message.id)


def _distress(actor: Actor, item: ReportIn) -> Subject | None:
    """A call for help: the owner's own from their phone, somebody's from any other device."""
    call = distress.call_from_phone if actor.device_kind is DeviceKind.PHONE else _pass_on_call
    said = {"text": item.text, "position": _point(item), "event_id": item.event_id}
    try:
        message: Message | None = call(actor, **said, command_id=item.id)
    except (journal.CommandReused, journal.ContentChanged):  # another item had this id: no reason not to come
        message = call(
            actor, **said, command_id=uuid.uuid5(_NAMESPACE, f"distress:{actor.device_id}:{item.id}")
        )
    return Subject(type="message", id=message.id) if message else None


@journal.command
def _pass_on_call(
    actor: Actor, *, text: str, position: tuple[float, float] | None, event_id: int | None
) -> Message | None:
    """Somebody near the device needs help; nobody knows who."""
    policy.require(actor, Action.MESSAGE_SEND)
    device = db.session.get_one(Device, actor.device_id)
    about = _event_id(event_id)
    journal.append("device.distress", device, event_id=about, user_id=device.owner_id, name=device.name)
    body = text.strip() or f"A call for help came through {device.name}."
    message: Message | None = service.call_for_help(actor, body=body, event_id=about, position=position)
    return message


def _position(actor: Actor, item: ReportIn) -> Subject:
    """Where the device was; an older position than the known one changes nothing."""
    where = position_of(item.position)
    if where is None:
        raise Invalid("A position needs one.", fields={"position": "Send latitude and longitude."})
    if where.at is None:
        where = heartbeat.Position(where.latitude, where.longitude, where.accuracy, item.at)
    heartbeat.beat(actor, Pulse(position=where))
    return Subject(type="device", id=actor.device_id or 0)


def _check_in(actor: Actor, item: ReportIn) -> Subject:
    """The owner is at the event, whether they were asked to come or not."""
    if item.event_id is None:
        raise Invalid("Check in where?", fields={"event_id": "Name the event."})
    done: Assignment = volunteers.join_and_check_in(actor, event_id=item.event_id, command_id=item.id)
    return Subject(type="assignment", id=done.id)


def _check_out(actor: Actor, item: ReportIn) -> Subject:
    """The owner leaves the event, or the one that they are at."""
    done: Assignment = volunteers.check_out(
        actor, assignment_id=_own_assignment(actor, item), command_id=item.id
    )
    return Subject(type="assignment", id=done.id)


def _own_assignment(actor: Actor, item: ReportIn) -> int:
    """The owner's newest assignment there; whether it can be checked out of, the service says."""
    mine = select(Assignment.id).where(Assignment.user_id == actor.user_id)
    if item.event_id is not None:
        mine = mine.where(Assignment.event_id == item.event_id)
    order = (Assignment.status.in_(OPEN).desc(), Assignment.checked_in_at.desc(), Assignment.id.desc())
    found = db.session.execute(mine.order_by(*order).limit(1)).scalar_one_or_none()
    db.session.rollback()
    if found is None:
        raise Conflict("You are at no event.")
    return found


def _event_id(event_id: int | None) -> int | None:
    """The event, if there is one: a call for help is not refused over a wrong number."""
    known = select(Event.id).where(Event.id == event_id)
    return db.session.execute(known).scalar_one_or_none()


def _photo(item: ReportIn) -> Content | None:
    if item.photo is None:
        return None
    try:
        data = base64.b64decode(item.photo, validate=True)
    except (binascii.Error, ValueError):
        message = "This is not base64."
        raise Invalid(message, fields={"photo": message}) from None
    return content.examined(data)  # before the event is made: a refused item must leave nothing


def _point(item: ReportIn) -> tuple[float, float] | None:
    return (item.position.latitude, item.position.longitude) if item.position else None


def _at(item: ReportIn) -> datetime:
    """When it was, as far as the device's clock can be believed: never later than now."""
    now = utc_now()
    return min(item.at or now, now)


_DEEDS: dict[str, Callable[[Actor, ReportIn], Subject | None]] = {
    "observation": _observation,
    "message": _message,
    "distress": _distress,
    "position": _position,
    "check_in": _check_in,
    "check_out": _check_out,
}
