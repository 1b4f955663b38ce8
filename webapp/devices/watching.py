"""What nobody tells: that a device fell silent; and what is no entry: heartbeats, while somebody looks."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask

from webapp.database import utc_now
from webapp.devices import queries, service
from webapp.devices.fragments import CHANNEL, of_device
from webapp.extensions import db
from webapp.jobs.ticking import every
from webapp.live.wire import Wire
from webapp.settings import Settings

LOOK_EVERY = 20.0  # seconds
SHOW_EVERY = 3.0


@every(LOOK_EVERY)
def tell_silent(settings: Settings) -> int:
    """Tell coordinators of devices that nothing was heard of for MAYDAY_DEVICE_SILENT_MINUTES."""
    return service.mark_silent(timedelta(minutes=settings.device_silent_minutes))


@dataclass
class Shown:
    """Up to when the pages of this process have been sent what devices told of themselves."""

    heard: datetime = field(default_factory=utc_now)
    looked_at: float = float("-inf")


def show_heartbeats(app: Flask) -> None:
    """On the reader's thread, after each of its turns: battery and last seen move without an entry."""
    wire: Wire = app.extensions["live"]
    listened = wire.listened()
    shown: Shown = app.extensions["devices_shown"]
    now = time.monotonic()
    if now - shown.looked_at < SHOW_EVERY or not listened:
        return
    people = [int(name.removeprefix("user:")) for name in listened if name.startswith("user:")]
    shown.looked_at = now
    try:
        found = queries.seen_since(shown.heard, None if CHANNEL in listened else people)
        wire.show([part for it in found for part in of_device(it)])
    finally:
        db.session.remove()
    shown.heard = max((it.last_seen_at for it in found if it.last_seen_at), default=shown.heard)
