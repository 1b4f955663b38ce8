"""Feeds that are subscribed to, and which of their entries were dealt with."""

import enum
from datetime import datetime
from typing import ClassVar

from sqlalchemy import JSON, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, BigId, UtcDateTime, text_enum, utc_now
from webapp.events.models import Severity
from webapp.journal import Journalled


class FeedStatus(enum.StrEnum):
    """Whether it is read."""

    ON = "on"
    PAUSED = "paused"


class CapFeed(Journalled, Base):
    """An address that publishes CAP alerts. It may hold a key, so the journal tells its name only."""

    __tablename__ = "cap_feed"
    journal_private: ClassVar[frozenset[str]] = frozenset({"url"})
    journal_ignored: ClassVar[frozenset[str]] = Journalled.journal_ignored | {
        *("etag", "modified", "due_at", "tried_at", "read_at"),
        *("failing_since", "failures", "reason", "taken", "passed_over"),
    }
    editable: ClassVar[frozenset[str]] = frozenset(
        {"name", "latitude", "longitude", "radius_km", "categories", "least_severity"}
    )

    url: Mapped[str] = mapped_column(String(2000))
    name: Mapped[str] = mapped_column(String(120))
    status: Mapped[FeedStatus] = mapped_column(text_enum(FeedStatus), default=FeedStatus.ON)
    # Filters: a circle (all three or none), the categories that count (none: all), the least severity.
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    radius_km: Mapped[int | None] = mapped_column(Integer)
    categories: Mapped[list[str]] = mapped_column(JSON, default=list)
    least_severity: Mapped[Severity | None] = mapped_column(text_enum(Severity))
    # Bookkeeping of its reader: what to ask with, when next, and how it went.
    etag: Mapped[str] = mapped_column(String(300), default="")
    modified: Mapped[str] = mapped_column(String(100), default="")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime())  # the last time that it succeeded
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime())
    failures: Mapped[int] = mapped_column(Integer, default=0)  # one after the other
    reason: Mapped[str] = mapped_column(
        String(300), default=""
    )  # why, or which of its alerts could not be read
    taken: Mapped[int] = mapped_column(Integer, default=0)
    passed_over: Mapped[int] = mapped_column(Integer, default=0)


class CapFeedItem(Base):
    """An entry of a feed that was met, so that its alert is fetched once. Bookkeeping."""

    __tablename__ = "cap_feed_item"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("cap_feed.id"))
    key: Mapped[str] = mapped_column(String(64))  # SHA-256 of its id, its link, and when it was changed
    is_done: Mapped[bool] = mapped_column(default=False)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)  # last in a whole reading

    __table_args__ = (Index("uq_cap_feed_item_key", "feed_id", "key", unique=True),)
