"""Devices of a person who leaves: ended with them, and nameless once the person is erased."""

from sqlalchemy import select

from webapp import journal
from webapp.devices import service
from webapp.devices.models import Device, DeviceStatus
from webapp.extensions import db
from webapp.journal import Actor

NAME = "Erased device"
_TOLD = ("battery", "signal", "latitude", "longitude", "accuracy", "position_at", "last_seen_at")


@journal.command
def end_all(actor: Actor, *, user_id: int) -> None:
    """Revoke every device of a person. The caller has decided that the actor may."""
    for device in _of(user_id):
        if device.status is not DeviceStatus.REVOKED:
            service.revoke(actor, device_id=device.id)


@journal.command
def forget_all(actor: Actor, *, user_id: int) -> None:
    """The same, with what the devices were called and where they were."""
    for device in _of(user_id):
        device.name, device.app_version = NAME, ""
        for column in _TOLD:
            setattr(device, column, None)
    end_all(actor, user_id=user_id)


def _of(user_id: int) -> list[Device]:
    mine = select(Device).where(Device.owner_id == user_id).order_by(Device.id).with_for_update()
    return list(db.session.execute(mine).scalars())
