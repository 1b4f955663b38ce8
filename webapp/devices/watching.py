"""What nobody tells: that a device fell silent; and what is no entry: heartbeats, while somebody looks."""

from datetime import timedelta

from webapp.devices import service
from webapp.jobs.ticking import every
from webapp.settings import Settings

LOOK_EVERY = 20.0  # seconds


@every(LOOK_EVERY)
def tell_silent(settings: Settings) -> int:
    """Tell coordinators of devices that nothing was heard of for MAYDAY_DEVICE_SILENT_MINUTES."""
    return service.mark_silent(timedelta(minutes=settings.device_silent_minutes))
