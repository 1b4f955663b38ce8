"""What people do with their devices: begin a pairing, rename, revoke; and when a device fell silent."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from webapp import journal, policy
from webapp.accounts import families
from webapp.database import utc_now
from webapp.devices import ending, pairing
from webapp.devices.models import DEVICE_TRANSITIONS, Device, DeviceStatus
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor
from webapp.journal.actor import DeviceKind
from webapp.policy import Action

MOST = 50  # of one person, those that are revoked not counted
# Those that should be heard of: a display only listens.
HEARD = (DeviceKind.PHONE, DeviceKind.GATEWAY, DeviceKind.TRACKER)
LONGEST_NAME = 80


@journal.command
def begin_pairing(actor: Actor, *, name: str, kind: DeviceKind, code_hash: str) -> Device:
    """A device of one's own that can be paired with this code, once, for ten minutes.

    Raises `Invalid` for a name that is none, `Conflict` for one device too many.
    """
    policy.require(actor, Action.DEVICE_OWN)
    if actor.user_id is None:
        raise NotFound("A device belongs to a person.")
    _require_room(actor.user_id)
    device = Device(owner_id=actor.user_id, name=_name(name), kind=kind)
    db.session.add(device)
    db.session.flush()
    pairing.renew(device, code_hash)
    _say("device.pairing_begun", device)
    return device


@journal.command
def renew_code(actor: Actor, *, device_id: int, code_hash: str) -> Device:
    """Another code for a device that is not paired yet. Raises `Conflict` for one that is."""
    device = locked(device_id)
    policy.require(actor, Action.DEVICE_OWN, device)
    if device.status is not DeviceStatus.PAIRING:
        raise Conflict("This device is paired already, or was revoked. Pair it as a new one.")
    pairing.renew(device, code_hash)
    device.updated_at = utc_now()  # a new version: the button of a page drawn now makes another code
    _say("device.pairing_begun", device)
    return device


@journal.command
def rename(actor: Actor, *, device_id: int, seen_version: int | None = None, name: str) -> Device:
    """Give a device another name.

    Raises `Invalid`, `NotFound` for somebody else's, `StaleVersion` for one renamed since ``seen_version``.
    """
    device = locked(device_id)
    policy.require(actor, Action.DEVICE_OWN, device)
    journal.require_version(device, seen_version, frozenset({"name"}))
    device.name = _name(name)
    _say("device.renamed", device)
    return device


@journal.command
def revoke(actor: Actor, *, device_id: int) -> Device:
    """End a device: its tokens with the next request, its sockets within a second, what waits for it.

    Raises `WrongTransition` for one that was revoked before.
    """
    device = locked(device_id)
    policy.require(actor, Action.DEVICE_REVOKE, device)
    DEVICE_TRANSITIONS.require(device.status, DeviceStatus.REVOKED)
    device.status, device.revoked_at, device.silent_since = DeviceStatus.REVOKED, utc_now(), None
    _say("device.revoked", device)
    families.end_of_device(actor, device_id=device.id)
    ending.end_all(actor, device)
    return device


def mark_silent(after: timedelta) -> int:
    """Tell the coordinators of devices that nothing was heard of for so long; gives of how many."""
    due = select(Device.id).where(
        Device.status == DeviceStatus.ACTIVE,
        Device.last_seen_at < utc_now() - after,
        Device.silent_since.is_(None),
        Device.kind.in_(HEARD),
    )
    ids = db.session.execute(due.order_by(Device.id).limit(200)).scalars().all()
    db.session.rollback()
    return sum(bool(_mark_silent(SYSTEM, device_id=id_, after=after)) for id_ in ids)


@journal.command
def _mark_silent(_system: Actor, *, device_id: int, after: timedelta) -> Device | None:
    device = locked(device_id)
    now = utc_now()
    seen = device.last_seen_at
    if device.status is not DeviceStatus.ACTIVE or device.silent_since or not seen or seen > now - after:
        return None
    device.silent_since = now
    _say("device.silent", device, minutes=int((now - seen).total_seconds()) // 60)
    return device


def locked(device_id: int) -> Device:
    """The device, its row locked until the present command ends. Raises `NotFound`."""
    device = db.session.get(Device, device_id, with_for_update=True)
    if device is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return device


def _say(verb: str, device: Device, **facts: Any) -> None:
    journal.append(verb, device, user_id=device.owner_id, name=device.name, kind=device.kind, **facts)


def _require_room(owner_id: int) -> None:
    own = (Device.owner_id == owner_id) & (Device.status != DeviceStatus.REVOKED)
    number = db.session.execute(select(func.count()).select_from(Device).where(own)).scalar_one()
    if number >= MOST:
        raise Conflict(f"You have {MOST} devices already. Revoke one first.")


def _name(text: str) -> str:
    name = " ".join(text.split())
    problem = None
    if not name:
        problem = "Give it a name by which people know it."
    elif len(name) > LONGEST_NAME:
        problem = f"A name has at most {LONGEST_NAME} characters."
    if problem:
        raise Invalid(problem, fields={"name": problem})
    return name
