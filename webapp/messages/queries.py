"""What pages and programs read of messages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from webapp import policy
from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.devices.models import Device
from webapp.errors import NotFound
from webapp.events.models import Event
from webapp.extensions import db
from webapp.journal import Actor, Role
from webapp.messages.audience import Box
from webapp.messages.mailbox import Letter, letters, read
from webapp.messages.models import (
    QUEUED,
    UNREAD_ROWS,
    AudienceKind,
    Delivery,
    DeliveryStatus,
    Message,
    MessagePriority,
)
from webapp.policy import Action

PAGE = 50
# Text order of the keys is newest first.
_LAST = 10**13
UNREAD = (DeliveryStatus.QUEUED, DeliveryStatus.DELIVERED)
MOST_RECIPIENTS = 200  # shown by name on a message's page


@dataclass(frozen=True, slots=True)
class Sent:
    """What the right to see a message hangs on."""

    sender_id: int | None
    received: bool = False


@dataclass(frozen=True, slots=True)
class SentCard:
    """A message as lists of what was sent show it."""

    id: int
    priority: MessagePriority
    body: str
    audience: AudienceKind
    to_role: Role | None
    near_km: float | None
    sender_id: int | None
    sender_name: str | None
    device_name: str | None
    person_name: str | None
    to_device_name: str | None
    event_id: int | None
    event_title: str | None
    latitude: float | None
    longitude: float | None
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    recipients: int
    queued: int
    delivered: int
    read: int
    expired: int

    @property
    def key(self) -> str:
        """Sorts the newest first, as text."""
        return f"{_LAST - self.id:014d}"

    @property
    def card_key(self) -> tuple[Any, ...]:
        """All that the card depends on: the numbers move without a new version."""
        names = (self.sender_name, self.device_name, self.person_name, self.to_device_name, self.event_title)
        return (self.id, self.queued, self.delivered, self.read, self.expired, names)

    @property
    def sender(self) -> str:
        """Who wrote it."""
        return self.device_name or self.sender_name or "Mayday"

    @property
    def ended(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= utc_now()


@dataclass(frozen=True, slots=True)
class Reached:
    """One copy of a message on its way, for its sender."""

    name: str
    device_name: str | None
    status: DeliveryStatus
    delivered_at: datetime | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class InboxLetter:
    """A letter in a person's inbox, with how it stands there."""

    letter: Letter
    status: DeliveryStatus
    event_title: str | None

    @property
    def unread(self) -> bool:
        """Whether the person has not said that they read it."""
        return self.status in UNREAD


@dataclass(frozen=True, slots=True)
class Unread:
    """What every page says of a person's inbox: how many, and the most urgent one that cannot wait."""

    number: int
    alarm: Letter | None


def message(message_id: int) -> Message:
    """The message. Raises `NotFound`."""
    found = db.session.get(Message, message_id)
    if found is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return found


def sent(actor: Actor, limit: int, *, before: int | None = None) -> Sequence[Message]:
    """What was sent, as far as the actor may see, the newest first."""
    statement = select(Message).order_by(Message.id.desc()).limit(limit)
    if not policy.may(actor, Action.MESSAGE_LIST):
        mine = Message.sender_device_id == actor.device_id
        statement = statement.where(mine if actor.device_id else Message.sender_id == actor.user_id)
    if before is not None:
        statement = statement.where(Message.id < before)
    return db.session.execute(statement).scalars().all()


def cards(limit: int, *, before: int | None = None, sender_id: int | None = None) -> list[SentCard]:
    """Messages as the list shows them; ``sender_id`` keeps those of one person."""
    statement = _cards().order_by(Message.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Message.id < before)
    if sender_id is not None:
        statement = statement.where(Message.sender_id == sender_id)
    return _read(statement)


def these(ids: Collection[int]) -> list[SentCard]:
    """These messages as the list shows them."""
    return _read(_cards().where(Message.id.in_(ids)).order_by(Message.id)) if ids else []


def reached(message_id: int) -> list[Reached]:
    """The first copies of a message by name, those that did not arrive first."""
    statement = (
        select(
            User.name,
            Device.name.label("device_name"),
            Delivery.status,
            Delivery.delivered_at,
            Delivery.read_at,
        )
        .join(User, User.id == Delivery.user_id)
        .outerjoin(Device, Device.id == Delivery.device_id)
        .where(Delivery.message_id == message_id)
        .order_by(User.name, User.id, Delivery.id)
        .limit(MOST_RECIPIENTS)
    )
    return [Reached(**row) for row in db.session.execute(statement).mappings()]


def received(user_id: int, message_id: int) -> bool:
    """Whether the message came to this person."""
    found = select(Delivery.id).where(Delivery.user_id == user_id, Delivery.message_id == message_id)
    return db.session.execute(found.limit(1)).first() is not None


def inbox(user_id: int, limit: int, *, before: int | None = None) -> list[InboxLetter]:
    """A person's letters, the newest first; those that expired before they were seen are left out."""
    statement = (
        letters()
        .add_columns(Delivery.status, Event.title.label("event_title"))
        .outerjoin(Event, Event.id == Message.event_id)
        .where(
            Delivery.user_id == user_id,
            Delivery.device_id.is_(None),
            Delivery.status != DeliveryStatus.EXPIRED,
            (Delivery.status != DeliveryStatus.QUEUED) | (Message.expires_at > utc_now()),
        )
        .order_by(Delivery.message_id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Delivery.message_id < before)
    return [_inbox_letter(dict(row)) for row in db.session.execute(statement).mappings()]


def unread(user_id: int) -> Unread:
    """How many wait for this person, and the first that is immediate or a call for help: two statements,
    the second only where there is one."""
    mine = (Delivery.user_id == user_id) & Delivery.device_id.is_(None) & UNREAD_ROWS
    living = Message.expires_at > utc_now()
    counted = (
        select(func.count(), func.min(Delivery.rank))
        .select_from(Delivery)
        .join(Message, Message.id == Delivery.message_id)
        .where(mine, living)
    )
    number, rank = db.session.execute(counted).one()
    if rank is None or rank > MessagePriority.IMMEDIATE.rank:
        return Unread(number, None)
    urgent = letters().where(mine, living).order_by(Delivery.rank, Delivery.message_id).limit(1)
    return Unread(number, next(iter(read(urgent)), None))


def inboxes_of(message_ids: Collection[int]) -> set[int]:
    """The people in whose inbox these messages are."""
    statement = select(Delivery.user_id).where(
        Delivery.message_id.in_(message_ids), Delivery.device_id.is_(None)
    )
    return set(db.session.execute(statement).scalars())


def box_waits(box: Box) -> list[int]:
    """The messages that a person's page is about to show them for the first time."""
    statement = select(Delivery.message_id).where(
        Delivery.user_id == box.user_id,
        Delivery.device_id.is_(None),
        QUEUED,
    )
    return list(db.session.execute(statement.limit(PAGE)).scalars())


def _inbox_letter(row: dict[str, Any]) -> InboxLetter:
    status, title = row.pop("status"), row.pop("event_title")
    return InboxLetter(Letter(**row), status, title)


def _cards() -> Select[Any]:
    table = Message.__table__.c
    person, target = User.__table__.alias("person"), Device.__table__.alias("target")
    beside = {"sender_name", "device_name", "person_name", "to_device_name", "event_title"}
    names = [name for name in SentCard.__dataclass_fields__ if name not in beside]
    return (
        select(
            *(table[name] for name in names),
            User.name.label("sender_name"),
            Device.name.label("device_name"),
            person.c.name.label("person_name"),
            target.c.name.label("to_device_name"),
            Event.title.label("event_title"),
        )
        .select_from(Message)
        .outerjoin(User, User.id == Message.sender_id)
        .outerjoin(Device, Device.id == Message.sender_device_id)
        .outerjoin(person, person.c.id == Message.to_user_id)
        .outerjoin(target, target.c.id == Message.to_device_id)
        .outerjoin(Event, Event.id == Message.event_id)
    )


def _read(statement: Select[Any]) -> list[SentCard]:
    return [SentCard(**row) for row in db.session.execute(statement).mappings()]
