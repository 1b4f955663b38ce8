"""What must end when a device is revoked: features register it here, and `service.revoke` runs it all."""

from collections.abc import Callable

from webapp.devices.models import Device
from webapp.journal import Actor

Ending = Callable[[Actor, Device], None]
_endings: list[Ending] = []


def ends_with_device(ending: Ending) -> Ending:
    """Register a function that ends what hangs on a device; it runs inside the revoking command."""
    _endings.append(ending)
    return ending


def end_all(actor: Actor, device: Device) -> None:
    """Run every registered ending."""
    for ending in _endings:
        ending(actor, device)
