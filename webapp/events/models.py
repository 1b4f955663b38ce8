"""Events (incidents), their statuses and the transitions between them. CAP 1.2 names throughout."""

import enum
from datetime import datetime
from typing import ClassVar

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, validates

from webapp.database import Base, UtcDateTime, text_enum, utc_now
from webapp.journal import Journalled
from webapp.places.precision import LocationPrecision
from webapp.transitions import Transitions


class EventStatus(enum.StrEnum):
    """Where an event is in its life."""

    PENDING = "pending"
    ACTIVE = "active"
    RESOLVED = "resolved"
    REJECTED = "rejected"


EVENT_TRANSITIONS = Transitions(
    "event",
    {
        EventStatus.PENDING: frozenset({EventStatus.ACTIVE, EventStatus.REJECTED}),
        EventStatus.ACTIVE: frozenset({EventStatus.RESOLVED}),
        EventStatus.RESOLVED: frozenset({EventStatus.ACTIVE}),
        EventStatus.REJECTED: frozenset(),
    },
)

# The order in which lists show events: what is being worked on first.
STATUS_RANK = {
    EventStatus.ACTIVE: 0,
    EventStatus.PENDING: 1,
    EventStatus.RESOLVED: 2,
    EventStatus.REJECTED: 3,
}


class Category(enum.StrEnum):
    """CAP 1.2 event categories, as the standard writes them."""

    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class Severity(enum.StrEnum):
    """CAP 1.2 severity."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Urgency(enum.StrEnum):
    """CAP 1.2 urgency."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Certainty(enum.StrEnum):
    """CAP 1.2 certainty."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


class Source(enum.StrEnum):
    """How Mayday came to know of an event."""

    PERSON = "person"
    DEVICE = "device"
    IMPORT = "import"
    CAP = "cap"


class Visibility(enum.StrEnum):
    """Who may see an event: everybody, or people of this response."""

    INTERNAL = "internal"
    PUBLIC = "public"


_PUBLIC_SQL = "visibility = 'public'"
_ALERT_SQL = "alert_expires_at IS NOT NULL"


def is_over(alert_expires_at: datetime | None) -> bool:
    """Whether an alert that ends then has ended; one that says no end has not."""
    return alert_expires_at is not None and alert_expires_at <= utc_now()


class Event(Journalled, Base):
    """An incident that people respond to."""

    __tablename__ = "event"
    # What a person edits in the form; a conflict is about these (see `require_version`).
    editable: ClassVar[frozenset[str]] = frozenset(
        {
            "title",
            "description",
            "category",
            "kind",
            "priority",
            "severity",
            "urgency",
            "certainty",
            "latitude",
            "longitude",
            "location_precision",
            "address",
            "place_name",
            "found_name",
            "visibility",
            "needs_approval",
            "parent_id",
        }
    )
    journal_ignored: ClassVar[frozenset[str]] = Journalled.journal_ignored | {
        "status_rank",
        "search_text",
        "join_code",
        "alert_end_told",
        "found_name",
    }

    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[Category] = mapped_column(text_enum(Category), default=Category.OTHER)
    kind: Mapped[str] = mapped_column(String(80), default="")
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)  # the importer's original words
    priority: Mapped[int] = mapped_column(SmallInteger, default=3)
    severity: Mapped[Severity] = mapped_column(text_enum(Severity), default=Severity.UNKNOWN)
    urgency: Mapped[Urgency] = mapped_column(text_enum(Urgency), default=Urgency.UNKNOWN)
    certainty: Mapped[Certainty] = mapped_column(text_enum(Certainty), default=Certainty.UNKNOWN)
    status: Mapped[EventStatus] = mapped_column(text_enum(EventStatus), default=EventStatus.PENDING)
    status_rank: Mapped[int] = mapped_column(SmallInteger)  # follows status
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    location_precision: Mapped[LocationPrecision | None] = mapped_column(text_enum(LocationPrecision))
    address: Mapped[str] = mapped_column(String(300), default="")
    place_name: Mapped[str] = mapped_column(String(160), default="")
    # What the address search called the place: where that is the name, nobody typed it.
    found_name: Mapped[str | None] = mapped_column(String(160))
    reported_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    source: Mapped[Source] = mapped_column(text_enum(Source), default=Source.PERSON)
    # The sender's own identifier; unique, so that an import run twice changes nothing.
    source_ref: Mapped[str | None] = mapped_column(String(200), unique=True)
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    closing_note: Mapped[str] = mapped_column(String(500), default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
    visibility: Mapped[Visibility] = mapped_column(text_enum(Visibility), default=Visibility.INTERNAL)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    # In the link and QR code that newcomers scan.
    join_code: Mapped[str | None] = mapped_column(String(32), unique=True)
    # Kept by the services that change needs and assignments, in the same transaction.
    needs_total: Mapped[int] = mapped_column(Integer, default=0)
    needs_unmet: Mapped[int] = mapped_column(Integer, default=0)
    people_expected: Mapped[int] = mapped_column(Integer, default=0)  # accepted or checked in
    people_checked_in: Mapped[int] = mapped_column(Integer, default=0)
    # When the last of an alert's words expires; none while one says no end, and for all that is no alert.
    alert_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    alert_end_told: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Title, place, kind and description, case-folded, for the text filter.
    search_text: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("priority BETWEEN 1 AND 5", name="priority_1_to_5"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_range"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_range"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="whole_position"),
        # The board and every list: status rank, priority, newest first.
        Index("ix_event_board", "status_rank", "priority", "id"),
        Index("ix_event_category", "category", "status_rank", "priority", "id"),
        Index("ix_event_position", "latitude", "longitude"),
        Index("ix_event_reporter", "reported_by_id"),
        Index(
            "ix_event_alert_expires",
            "alert_expires_at",
            sqlite_where=text(_ALERT_SQL),
            postgresql_where=text(_ALERT_SQL),
        ),
        # The public page and feed: few events are public, and everybody asks for them.
        Index(
            "ix_event_public",
            "status_rank",
            "priority",
            "id",
            sqlite_where=text(_PUBLIC_SQL),
            postgresql_where=text(_PUBLIC_SQL),
        ),
    )

    @property
    def alert_over(self) -> bool:
        """Whether all that its alert said has expired."""
        return is_over(self.alert_expires_at)

    @validates("status")
    def _rank(self, _key: str, status: EventStatus) -> EventStatus:
        self.status_rank = STATUS_RANK[EventStatus(status)]
        return status

    @validates("title", "place_name", "kind", "description", "address")
    def _fold(self, key: str, text: str) -> str:
        parts = {
            name: getattr(self, name) or ""
            for name in ("title", "place_name", "kind", "address", "description")
        }
        parts[key] = text or ""
        self.search_text = " ".join(parts.values()).casefold()
        return text
