"""What waits in a box: by priority, then time, until it is acknowledged or its time is over.

Nothing is taken out by reading: whoever fetches again gets the same again (at least once). A message's id
stays the same, so that a device can show each once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.devices.models import Device
from webapp.extensions import db
from webapp.journal import Actor
from webapp.messages.audience import Box
from webapp.messages.deliveries import of_box
from webapp.messages.models import QUEUED, UNREAD_ROWS, Delivery, Message, MessagePriority


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as its receiver sees it."""

    id: int
    priority: MessagePriority
    body: str
    sender_name: str | None
    device_name: str | None
    sent_at: datetime
    expires_at: datetime
    event_id: int | None
    latitude: float | None
    longitude: float | None

    @property
    def version(self) -> int:
        """A message never changes: its buttons are the same command whenever they are drawn."""
        return 1

    @property
    def sender(self) -> str:
        """Who wrote it: a device's name, or a person's first name."""
        return self.device_name or next(iter((self.sender_name or "").split()), "Mayday")


def box_of(actor: Actor) -> Box:
    """The box of who asks: a device's own, or a person's inbox."""
    assert actor.user_id is not None  # asked for of those who are signed in
    return Box(actor.user_id, actor.device_id)


def waiting(box: Box, limit: int) -> list[Letter]:
    """The first letters that nobody has acknowledged, in the order to show them in."""
    statement = (
        letters()
        .where(of_box(box), QUEUED, UNREAD_ROWS, Message.expires_at > utc_now())
        .order_by(Delivery.rank, Delivery.message_id)
        .limit(limit)
    )
    return read(statement)


def letters() -> Select[Any]:
    """Letters of deliveries, to be narrowed."""
    columns: list[Any] = [
        Message.id,
        Message.priority,
        Message.body,
        User.name.label("sender_name"),
        Device.name.label("device_name"),
        Message.created_at.label("sent_at"),
        Message.expires_at,
        Message.event_id,
        Message.latitude,
        Message.longitude,
    ]
    return (
        select(*columns)
        .join(Delivery, Delivery.message_id == Message.id)
        .outerjoin(User, User.id == Message.sender_id)
        .outerjoin(Device, Device.id == Message.sender_device_id)
    )


def read(statement: Select[Any]) -> list[Letter]:
    """The letters of such a statement."""
    return [Letter(**row) for row in db.session.execute(statement).mappings()]


def boxes_of(message_ids: Sequence[int]) -> set[Box]:
    """Whose boxes these messages wait in."""
    statement = select(Delivery.user_id, Delivery.device_id).where(
        Delivery.message_id.in_(message_ids), QUEUED
    )
    return {Box(row.user_id, row.device_id) for row in db.session.execute(statement)}
