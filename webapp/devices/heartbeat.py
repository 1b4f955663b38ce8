"""What a device tells of itself each minute: bookkeeping, acknowledged once it is on disk, no entry each.

Three things are entries, as coordinators act on them: the first word after a silence (`device.heard`), a
battery that runs low (`device.battery_low`), and the silence itself (`service.mark_silent`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from webapp import journal
from webapp.database import WRITE, utc_now
from webapp.devices.models import Device
from webapp.devices.service import locked
from webapp.errors import Forbidden
from webapp.extensions import db
from webapp.journal import Actor
from webapp.journal.order import one_writer

LOW_BATTERY = 15  # percent
# Any request of a device is a sign of life; it is noted no oftener than this.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a device was: WGS 84 degrees, metres of accuracy, and when by its own clock."""

    latitude: float
    longitude: float
    accuracy: float | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pulse:
    """One heartbeat: battery in percent, signal in dBm; what is not known is left out."""

    battery: int | None = None
    signal: int | None = None
    position: Position | None = None
    app_version: str | None = None


def beat(actor: Actor, pulse: Pulse) -> None:
    """Note what the device tells of itself. Raises `Forbidden` for who is no device."""
    if actor.device_id is None:
        raise Forbidden("Only a paired device has a heartbeat.")
    device = db.session.get_one(Device, actor.device_id)
    values = _values(device, pulse)
    if device.silent_since is not None or _runs_low(device.battery, pulse.battery):
        _tell(actor, device_id=device.id, values=values)
    else:
        _note(device.id, values)


def seen(actor: Actor) -> None:
    """A sign of life by any other request of a device; nothing for who is none."""
    if actor.device_id is None:
        return
    device = db.session.get_one(Device, actor.device_id)
    last = device.last_seen_at
    if device.silent_since is not None or last is None or utc_now() - last >= SEEN_EVERY:
        beat(actor, Pulse())


def _values(device: Device, pulse: Pulse) -> dict[str, Any]:
    """The columns that change; a position older than the known one (sent late) changes nothing."""
    now = utc_now()
    values: dict[str, Any] = {"last_seen_at": now}
    for name in ("battery", "signal", "app_version"):
        if getattr(pulse, name) is not None:
            values[name] = getattr(pulse, name)
    where = pulse.position
    if where is not None:
        at = min(where.at or now, now)
        if device.position_at is None or at >= device.position_at:
            values |= {
                "latitude": where.latitude,
                "longitude": where.longitude,
                "accuracy": where.accuracy,
                "position_at": at,
            }
    return values


def _runs_low(before: int | None, now: int | None) -> bool:
    return now is not None and now <= LOW_BATTERY and (before is None or before > LOW_BATTERY)


@journal.command
def _tell(_actor: Actor, *, device_id: int, values: dict[str, Any]) -> Device:
    """The same with the entries that it gives: two at once tell it once."""
    device = locked(device_id)
    about: dict[str, Any] = {"user_id": device.owner_id, "name": device.name, "kind": device.kind}
    if device.silent_since is not None:
        device.silent_since = None
        journal.append("device.heard", device, **about)
    if _runs_low(device.battery, values.get("battery")):
        journal.append("device.battery_low", device, battery=values["battery"], **about)
    for name, value in values.items():
        setattr(device, name, value)
    return device


def _note(device_id: int, values: dict[str, Any]) -> None:
    """One short transaction; committed when this returns."""
    table = Device.__table__
    db.session.rollback()
    options: dict[str, Any] = {WRITE: True}
    if db.engine.dialect.name == "postgresql":
        options["isolation_level"] = "READ COMMITTED"  # two heartbeats at once: the later one counts
    with one_writer(db.session()), db.engine.connect() as connection:
        connection = connection.execution_options(**options)
        connection.execute(update(table).where(table.c.id == device_id).values(values))  # type: ignore[arg-type]
        connection.commit()
