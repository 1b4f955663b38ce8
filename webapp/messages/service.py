"""Writing a message: its row and all its deliveries in one transaction, and one entry."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select

from webapp import journal, policy
from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.errors import Conflict, Forbidden, Invalid
from webapp.extensions import db
from webapp.journal import Actor, Role
from webapp.journal.actor import DeviceKind
from webapp.messages import audience as audiences
from webapp.messages.audience import Audience, Recipients
from webapp.messages.models import LONGEST, AudienceKind, Delivery, DeliveryStatus, Message, MessagePriority
from webapp.policy import Action
from webapp.volunteers.models import OPEN, Assignment

GOOD_FOR = timedelta(days=7)
LONGEST_GOOD_FOR = timedelta(days=30)


@journal.command
def send(
    actor: Actor,
    *,
    audience: Audience,
    body: str,
    priority: MessagePriority = MessagePriority.ROUTINE,
    expires_at: datetime | None = None,
    event_id: int | None = None,
    position: tuple[float, float] | None = None,
) -> Message:
    """Write to an audience. ``position`` is where the sender is, in degrees of latitude and longitude.

    A volunteer and their phone write to the coordinators of an event that they are on, another device to
    coordinators. Raises `Forbidden`, `Invalid` for a text, time or audience that cannot be,
    `Conflict` when nobody would get it.
    """
    policy.require(actor, Action.MESSAGE_SEND, audience)
    _require_own_event(actor, audience)
    if priority is MessagePriority.DISTRESS:
        raise Invalid("A call for help is sent as one.", fields={"priority": "Choose another priority."})
    return _post(actor, audience, _text(body), priority, _until(expires_at), event_id, position)


@journal.command
def call_for_help(
    actor: Actor, *, body: str, event_id: int | None = None, position: tuple[float, float] | None = None
) -> Message | None:
    """A call for help: to all coordinators, before anything else that waits. Everybody may.

    None where there is no coordinator who could be told: the call itself is still in the journal.
    """
    if actor.user_id is None:
        raise Forbidden("Sign in first. In danger call 112 or 911.")
    audience = Audience(AudienceKind.COORDINATORS)
    until = utc_now() + timedelta(days=1)
    text = body.strip()[:LONGEST] or "I need help."
    try:
        return _post(actor, audience, text, MessagePriority.DISTRESS, until, event_id, position)
    except Conflict:
        return None


def reach(actor: Actor, audience: Audience) -> Recipients:
    """Who would get it now, for the count before it is sent. Raises as `send`."""
    policy.require(actor, Action.MESSAGE_SEND, audience)
    _require_own_event(actor, audience)
    return audiences.recipients(audience, besides=_writer(actor))


def _writer(actor: Actor) -> int | None:
    """Who writes, and need not be told. A gateway passes on what others say: its owner has not heard it."""
    return actor.user_id if actor.device_kind in (None, DeviceKind.PHONE) else None


def _post(
    actor: Actor,
    audience: Audience,
    body: str,
    priority: MessagePriority,
    expires_at: datetime,
    event_id: int | None,
    position: tuple[float, float] | None,
) -> Message:
    found = audiences.recipients(audience, besides=_writer(actor))
    if not found.number:
        raise Conflict("Nobody would get this. Nothing was sent.")
    message = Message(
        sender_kind=actor.kind,
        sender_id=actor.user_id,
        sender_device_id=actor.device_id,
        audience=audience.kind,
        to_user_id=audience.user_id,
        to_device_id=audience.device_id,
        to_role=audience.role,
        near_latitude=audience.latitude,
        near_longitude=audience.longitude,
        near_km=audience.km,
        event_id=audience.event_id or event_id,
        priority=priority,
        body=body,
        latitude=position[0] if position else None,
        longitude=position[1] if position else None,
        expires_at=expires_at,
        recipients=found.number,
        queued=found.number,
    )
    db.session.add(message)
    db.session.flush()
    _queue(message, found)
    journal.count("delivery:queued", found.number)
    journal.append(
        "message.sent",
        message,
        event_id=message.event_id,
        user_id=message.to_user_id,
        audience=audience.kind,
        priority=priority,
        recipients=found.number,
        role=audience.role,
    )
    return message


def _queue(message: Message, found: Recipients) -> None:
    """All its deliveries in one statement."""
    rows = [
        {
            "message_id": message.id,
            "user_id": box.user_id,
            "device_id": box.device_id,
            "personal": personal,
            "rank": message.priority.rank,
            "status": DeliveryStatus.QUEUED,
        }
        for box, personal in audiences.boxes(found)
    ]
    db.session.execute(insert(Delivery.__table__), rows)  # type: ignore[arg-type]


def _require_own_event(actor: Actor, audience: Audience) -> None:
    """A volunteer writes about an event that they are on, or were asked to come to; so does their phone.

    A gateway or tracker speaks for people who are on no event that it knows of.
    """
    role = _role_of_owner(actor) if actor.device_kind is DeviceKind.PHONE else actor.role
    if role is not Role.SUV:
        return
    mine = select(Assignment.id).where(
        Assignment.user_id == actor.user_id,
        Assignment.event_id == audience.event_id,
        Assignment.status.in_(OPEN),
    )
    if audience.event_id is None or db.session.execute(mine.limit(1)).first() is None:
        raise Forbidden("You can write to the coordinators of an event that you are on.")


def _role_of_owner(actor: Actor) -> Role:
    return db.session.execute(select(User.role).where(User.id == actor.user_id)).scalar_one()


def _text(body: str) -> str:
    text = body.strip()
    problem = None
    if not text:
        problem = "Write the message."
    elif len(text) > LONGEST:
        problem = f"A message has at most {LONGEST} characters. This one has {len(text)}."
    if problem:
        raise Invalid(problem, fields={"body": problem})
    return text


def _until(expires_at: datetime | None) -> datetime:
    now = utc_now()
    until = expires_at or now + GOOD_FOR
    if not now < until <= now + LONGEST_GOOD_FOR:
        problem = f"A message expires in the future, within {LONGEST_GOOD_FOR.days} days."
        raise Invalid(problem, fields={"expires_at": problem})
    return until
