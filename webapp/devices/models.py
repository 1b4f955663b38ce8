"""Paired devices, and the codes that pair them."""

import enum
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, Row, UtcDateTime, text_enum
from webapp.journal import Journalled
from webapp.journal.actor import DeviceKind
from webapp.transitions import Transitions


class DeviceStatus(enum.StrEnum):
    """Where a device is in its life."""

    PAIRING = "pairing"
    ACTIVE = "active"
    REVOKED = "revoked"


DEVICE_TRANSITIONS = Transitions(
    "device",
    {
        DeviceStatus.PAIRING: frozenset({DeviceStatus.ACTIVE, DeviceStatus.REVOKED}),
        DeviceStatus.ACTIVE: frozenset({DeviceStatus.REVOKED}),
        DeviceStatus.REVOKED: frozenset(),
    },
)


class Device(Journalled, Base):
    """Something that speaks to the API for its owner. What it tells of itself each minute is no situation
    that people changed: those columns need no entry."""

    __tablename__ = "device"
    journal_ignored: ClassVar[frozenset[str]] = Journalled.journal_ignored | {
        "last_seen_at",
        "battery",
        "latitude",
        "longitude",
        "accuracy",
        "position_at",
        "signal",
        "app_version",
    }

    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[DeviceKind] = mapped_column(text_enum(DeviceKind))
    status: Mapped[DeviceStatus] = mapped_column(text_enum(DeviceStatus), default=DeviceStatus.PAIRING)
    paired_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # When coordinators were told that nothing is heard of it; empty while it is heard.
    silent_since: Mapped[datetime | None] = mapped_column(UtcDateTime())
    battery: Mapped[int | None] = mapped_column(SmallInteger)  # percent
    latitude: Mapped[float | None]  # WGS 84 degrees
    longitude: Mapped[float | None]
    accuracy: Mapped[float | None]  # metres
    position_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    signal: Mapped[int | None] = mapped_column(SmallInteger)  # dBm
    app_version: Mapped[str] = mapped_column(String(40), default="")

    __table_args__ = (
        CheckConstraint("battery BETWEEN 0 AND 100", name="battery_percent"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_range"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_range"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="whole_position"),
        Index("ix_device_owner", "owner_id", "id"),
        Index("ix_device_seen", "status", "last_seen_at"),
    )


class PairingCode(Row, Base):
    """The single-use code that pairs one device; only its keyed hash is kept."""

    __tablename__ = "pairing_code"

    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
