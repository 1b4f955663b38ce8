"""Messages, and one delivery for each box that one goes to."""

import enum
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, BigId, UtcDateTime, text_enum
from webapp.journal import Journalled, Role
from webapp.journal.actor import ActorKind
from webapp.transitions import Transitions

LONGEST = 2000  # characters of a message


class MessagePriority(enum.StrEnum):
    """How urgent a message is, the most urgent first."""

    DISTRESS = "distress"
    IMMEDIATE = "immediate"
    PRIORITY = "priority"
    ROUTINE = "routine"

    @property
    def rank(self) -> int:
        """0 for distress: what a mailbox gives out first."""
        return tuple(MessagePriority).index(self)


class AudienceKind(enum.StrEnum):
    """Who a message is for."""

    PERSON = "person"
    DEVICE = "device"
    EVENT = "event"  # everybody who said yes to an event, or is there
    ROLE = "role"
    CIRCLE = "circle"  # everybody and every device near a point
    COORDINATORS = "coordinators"  # of an event, or all


class DeliveryStatus(enum.StrEnum):
    """How far a message is on its way to one box."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    READ = "read"
    EXPIRED = "expired"


DELIVERY_TRANSITIONS = Transitions(
    "delivery",
    {
        DeliveryStatus.QUEUED: frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.EXPIRED}),
        DeliveryStatus.DELIVERED: frozenset({DeliveryStatus.READ}),
        DeliveryStatus.READ: frozenset(),
        DeliveryStatus.EXPIRED: frozenset(),
    },
)


class Message(Journalled, Base):
    """What somebody wrote to many. It never changes; how many it has reached does.

    The numbers count recipients, each by the best that any copy for them came to: a person who got it on
    their phone is reached, although it still waits in their inbox.
    """

    __tablename__ = "message"
    journal_private: ClassVar[frozenset[str]] = frozenset({"body"})
    journal_ignored: ClassVar[frozenset[str]] = Journalled.journal_ignored | {
        "queued",
        "delivered",
        "read",
        "expired",
    }

    sender_kind: Mapped[ActorKind] = mapped_column(text_enum(ActorKind))
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    sender_device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    audience: Mapped[AudienceKind] = mapped_column(text_enum(AudienceKind))
    # The audience's own: which one of these is set hangs on its kind.
    to_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    to_device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    to_role: Mapped[Role | None] = mapped_column(text_enum(Role))
    near_latitude: Mapped[float | None]  # WGS 84 degrees
    near_longitude: Mapped[float | None]
    near_km: Mapped[float | None]
    # What it is about: the event of its audience, or the one that its sender is at.
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
    priority: Mapped[MessagePriority] = mapped_column(text_enum(MessagePriority))
    body: Mapped[str] = mapped_column(Text)
    # Where the sender was, of calls from the field.
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())  # when it had expired
    recipients: Mapped[int] = mapped_column(Integer, default=0)
    queued: Mapped[int] = mapped_column(Integer, default=0)
    delivered: Mapped[int] = mapped_column(Integer, default=0)
    read: Mapped[int] = mapped_column(Integer, default=0)
    expired: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_range"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_range"),
        CheckConstraint("queued + delivered + read + expired = recipients", name="everybody_counted"),
        CheckConstraint(
            "queued >= 0 AND delivered >= 0 AND read >= 0 AND expired >= 0", name="counts_not_negative"
        ),
        Index("ix_message_sender", "sender_id", "id"),
        Index("ix_message_event", "event_id", "id"),
        Index(
            "ix_message_open",
            "expires_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


_WAITING = "status = 'queued' AND device_id IS NOT NULL"
_UNREAD = "status IN ('queued', 'delivered') AND device_id IS NULL"


class Delivery(Base):
    """A message on its way to one box: a person's inbox (no device), or a device.

    There may be thousands for a message, written in one statement: they are no rows of the journal's guard.
    Only `messages.service` and `messages.deliveries` change them, with an entry of the message.
    """

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))  # the person; of a device, its owner
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    # A copy for the person: read in one place it is read everywhere. A gateway's is its own.
    personal: Mapped[bool]
    rank: Mapped[int] = mapped_column(SmallInteger)  # of the message's priority
    status: Mapped[DeliveryStatus] = mapped_column(text_enum(DeliveryStatus), default=DeliveryStatus.QUEUED)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        # The order of a mailbox: priority, then time.
        Index(
            "ix_delivery_mailbox",
            "device_id",
            "rank",
            "message_id",
            sqlite_where=text(_WAITING),
            postgresql_where=text(_WAITING),
        ),
        Index(
            "ix_delivery_unread",
            "user_id",
            "rank",
            "message_id",
            sqlite_where=text(_UNREAD),
            postgresql_where=text(_UNREAD),
        ),
        Index(
            "ix_delivery_inbox",
            "user_id",
            "message_id",
            sqlite_where=text("device_id IS NULL"),
            postgresql_where=text("device_id IS NULL"),
        ),
        Index("ix_delivery_message", "message_id", "user_id"),
        Index(
            "uq_delivery_device",
            "message_id",
            "device_id",
            unique=True,
            sqlite_where=text("device_id IS NOT NULL"),
            postgresql_where=text("device_id IS NOT NULL"),
        ),
        Index(
            "uq_delivery_person",
            "message_id",
            "user_id",
            unique=True,
            sqlite_where=text("device_id IS NULL"),
            postgresql_where=text("device_id IS NULL"),
        ),
    )


# Conditions of queries, written out and not bound: only then does either database see that a partial index
# holds the rows.
QUEUED = text("delivery.status = 'queued' AND delivery.rank >= 0")
# The rank, which is never below 0, has SQLite prefer the index of unread ones to that of all.
UNREAD_ROWS = text("delivery.status IN ('queued', 'delivered') AND delivery.rank >= 0")
