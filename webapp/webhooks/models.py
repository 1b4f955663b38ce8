"""Webhooks, what they were sent, and how far the journal has been read for them."""

import enum
import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import JSON, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, BigId, UtcDateTime, text_enum, utc_now
from webapp.journal import Journalled


class WebhookStatus(enum.StrEnum):
    """Whether a webhook is sent anything. ``failed`` is ``off`` by Mayday itself, with the reason."""

    ON = "on"
    OFF = "off"
    FAILED = "failed"


class DeliveryStatus(enum.StrEnum):
    """How far a delivery is. ``dead`` was given up, and waits for somebody to have it tried again."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


class Webhook(Journalled, Base):
    """An address of another system that hears what happens.

    Its secret is nowhere: it is derived from the installation's key and ``nonce`` (see `signing`). The
    address may hold a token of the other system, so the journal tells its host only.
    """

    __tablename__ = "webhook"
    journal_private: ClassVar[frozenset[str]] = frozenset({"url", "nonce"})
    journal_ignored: ClassVar[frozenset[str]] = Journalled.journal_ignored | {
        "failing_since",
        "claimed_by",
        "claimed_until",
    }
    editable: ClassVar[frozenset[str]] = frozenset({"verbs"})

    url: Mapped[str] = mapped_column(String(2000))
    verbs: Mapped[list[str]] = mapped_column(JSON, default=list)  # patterns: need.added, or need.*
    nonce: Mapped[str] = mapped_column(String(64))
    status: Mapped[WebhookStatus] = mapped_column(text_enum(WebhookStatus), default=WebhookStatus.ON)
    reason: Mapped[str] = mapped_column(String(200), default="")  # why it is off
    since_seq: Mapped[int] = mapped_column(BigId, default=0)  # it hears of entries after this one
    # Bookkeeping of the sender: since when nothing got through, and who is sending now, until when.
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime())
    claimed_by: Mapped[str | None] = mapped_column(String(120))
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Delivery(Base):
    """One entry for one webhook. Bookkeeping: that it happened is in the journal already."""

    __tablename__ = "webhook_delivery"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4)  # the receiver knows a repetition by it
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    seq: Mapped[int] = mapped_column(BigId)
    verb: Mapped[str] = mapped_column(String(60))
    status: Mapped[DeliveryStatus] = mapped_column(text_enum(DeliveryStatus), default=DeliveryStatus.WAITING)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    first_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    answer_status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[str] = mapped_column(String(300), default="")  # what was said to a try that failed

    __table_args__ = (
        Index("uq_webhook_delivery_seq", "webhook_id", "seq", unique=True),
        Index("ix_webhook_delivery_status", "webhook_id", "status", "seq"),
    )


class ReaderCursor(Base):
    """How far a reader of the journal has come that must not miss an entry over a restart."""

    __tablename__ = "reader_cursor"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    seq: Mapped[int] = mapped_column(BigId)
