"""What happens each day by itself: the clean-up, and a backup where it is wanted.

Asked for each hour, at a minute when little else happens, with a command id that names the day: it is done
once a day however many machines ask, and also where a laptop is never on at night.
"""

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask

from webapp.database import utc_now
from webapp.extensions import db
from webapp.jobs.service import enqueue
from webapp.journal import SYSTEM
from webapp.settings import Settings

MINUTE = "17"
_NAMESPACE = uuid.UUID("3e1f1c54-5d0d-4c0e-9a7e-6f6c9f4f2a18")


def register(huey: Any, app: Flask) -> None:
    """Have the queue's clock ask for what is due each day."""
    from huey import crontab

    def ask() -> None:
        with app.app_context():
            ask_for_today(app.config["SETTINGS"], utc_now())
            db.session.remove()

    huey.periodic_task(crontab(minute=MINUTE), name="nightly")(ask)


def ask_for_today(settings: Settings, now: datetime) -> None:
    """Ask for the day's jobs; asked again on the same day, nothing happens."""
    day = now.astimezone(ZoneInfo(settings.time_zone)).date().isoformat()
    for kind in ("clean-up", *(("backup",) if settings.backup_nightly else ())):
        enqueue(SYSTEM, kind=kind, command_id=uuid.uuid5(_NAMESPACE, f"{kind}:{day}"))
