"""Times and amounts as people read them, in the viewer's zone."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from webapp.database import utc_now
from webapp.web.viewer import viewer


def local_time(moment: datetime | None) -> str:
    """``14:03`` today, ``20 Nov 14:03`` before, ``20 Nov 2025 14:03`` in another year."""
    if moment is None:
        return ""
    zone = ZoneInfo(viewer().time_zone)
    there, now = moment.astimezone(zone), utc_now().astimezone(zone)
    if there.date() == now.date():
        return there.strftime("%H:%M")
    day = f"{there.day} {there:%b}" if there.year == now.year else f"{there.day} {there:%b %Y}"
    return f"{day} {there:%H:%M}"


def form_time(moment: datetime | None) -> str:
    """A moment as ``<input type=datetime-local>`` takes it, in the viewer's zone."""
    return (
        "" if moment is None else moment.astimezone(ZoneInfo(viewer().time_zone)).strftime("%Y-%m-%dT%H:%M")
    )


def today() -> str:
    """The viewer's present date: part of every cache key of drawn times."""
    return utc_now().astimezone(ZoneInfo(viewer().time_zone)).date().isoformat()


def hours(duration: timedelta | None) -> str:
    """A duration as ``2 h 05 min``."""
    if duration is None:
        return ""
    minutes = int(duration.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def amount(quantity: Decimal | int | None) -> str:
    """An amount without needless zeros: ``40``, ``2.5``."""
    if quantity is None:
        return ""
    return f"{Decimal(quantity).normalize():f}"
