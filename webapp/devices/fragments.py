"""What changes on open pages when a device is paired, falls silent, is heard of, runs low, is revoked."""

from collections.abc import Iterator, Sequence

from webapp.devices import queries
from webapp.devices.models import DeviceStatus
from webapp.devices.queries import DeviceCard
from webapp.journal import JournalEntry
from webapp.live.fragments import Fragment, follows, put, refresh, remove, upsert_card
from webapp.policy import Action

CHANNEL = "devices"
CARD = "devices/_card.html"


@follows("device")
def changed(ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """Draw these devices anew."""
    for it in queries.these(ids):
        yield from of_device(it)
    yield refresh(CHANNEL, Action.DEVICE_VIEW, "devices-filtered")


def of_device(it: DeviceCard) -> Iterator[Fragment]:
    """The device in the list of all, on its own page, and on its owner's."""
    target = f"device-card-{it.id}"
    if it.status is DeviceStatus.REVOKED:
        yield remove(CHANNEL, Action.DEVICE_VIEW, target, "devices-list")
    else:
        yield upsert_card(CHANNEL, Action.DEVICE_VIEW, "devices-list", target, CARD, it)
    region = f"device-{it.id}"
    yield put(CHANNEL, Action.DEVICE_VIEW, region, "devices/_device.html", it=it)
    own = f"user:{it.owner_id}"
    yield put(own, Action.DEVICE_OWN, region, "devices/_device.html", it=it)
    yield refresh(own, Action.DEVICE_OWN, "my-devices")
    yield refresh(own, Action.DEVICE_OWN, f"pairing-{it.id}")
