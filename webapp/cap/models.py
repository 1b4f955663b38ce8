"""Alerts that came in, and the names of messages that they refer to."""

import enum
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import AS_IT_CAME, Base, UtcDateTime, text_enum
from webapp.journal import Journalled


class Became(enum.StrEnum):
    """What a message became here."""

    EVENT = "event"  # it made the event
    UPDATED = "updated"  # it changed it
    CANCELLED = "cancelled"  # it ended it, or what it ended never came
    OLDER = "older"  # a newer message of the same alert was here before it
    KEPT = "kept"  # the event is over: nothing was changed
    AWAITED = "awaited"  # it never came; another one refers to it


class CapAlert(Journalled, Base):
    """A message of an alert; the messages that refer to each other hang on one event.

    A message that others only refer to has a row too, without content: so it finds its event whenever it
    comes, also after a later one.
    """

    __tablename__ = "cap_alert"
    journal_ignored: ClassVar[frozenset[str]] = Journalled.journal_ignored | {"key", "content", "xml"}

    # SHA-256 of its name (sender, identifier, moment of sending): the same message comes in once.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    # None only for a cancellation, and what it cancels, of which nothing had come before.
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
    sender: Mapped[str] = mapped_column(String(250))
    identifier: Mapped[str] = mapped_column(String(250))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime())
    became: Mapped[Became] = mapped_column(text_enum(Became))
    # The message as `schema` describes it, and the document as it came (it may be signed): evidence that
    # no page reads.
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    xml: Mapped[str | None] = mapped_column(Text, deferred=True, info={AS_IT_CAME: True})

    __table_args__ = (Index("ix_cap_alert_event", "event_id", "sent_at"),)
