"""Devices for programs, as far as the actor may see, by key."""

from collections.abc import Sequence

from sqlalchemy import Row, select

from webapp import policy
from webapp.accounts.models import User
from webapp.devices.models import Device, DeviceStatus
from webapp.extensions import db
from webapp.journal import Actor
from webapp.policy import Action

OwnedDevice = Row[Device, User]


def devices(
    actor: Actor, limit: int, *, before: int | None = None, status: DeviceStatus | None = None
) -> Sequence[OwnedDevice]:
    """Devices with their owners, newest first: a coordinator sees all, anybody else their own."""
    statement = select(Device, User).join(User, User.id == Device.owner_id)
    if not policy.may(actor, Action.DEVICE_VIEW):
        policy.require(actor, Action.DEVICE_OWN)
        statement = statement.where(Device.owner_id == actor.user_id)
    if status is not None:
        statement = statement.where(Device.status == status)
    if before is not None:
        statement = statement.where(Device.id < before)
    return db.session.execute(statement.order_by(Device.id.desc()).limit(limit)).all()
