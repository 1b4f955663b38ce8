"""Devices over the API: pairing, what they tell of themselves, and what their owners do with them."""

from typing import Any

from webapp import policy
from webapp.accounts import codes
from webapp.accounts.access_tokens import SECONDS
from webapp.accounts.identity import current_actor
from webapp.accounts.token_schemas import TokensOut
from webapp.api.operation import operation
from webapp.api.writing import command_id, seen_version, tagged
from webapp.devices import heartbeat, lists, pairing, service
from webapp.devices.guessing import bound_guesses
from webapp.devices.heartbeat import Position, Pulse
from webapp.devices.models import Device
from webapp.devices.schemas import (
    DeviceEdit,
    DeviceOut,
    DevicePage,
    DeviceQuery,
    HeartbeatIn,
    PairedOut,
    PairIn,
    PairingIn,
    PairingOut,
    PositionIn,
    PositionOut,
)
from webapp.errors import Forbidden, NotFound
from webapp.extensions import db
from webapp.policy import Action, may

TAG = "Devices"
Answer = tuple[DeviceOut, int, dict[str, str]]


@operation("POST", "/devices/pair", Action.ENTER, tag=TAG, gives=PairedOut, status=201, also=(401,))
@bound_guesses
def pair_device(json: PairIn) -> tuple[PairedOut, int]:
    """Become a paired device, by the code on the owner's screen.

    The code is good once. The same call again (after a lost answer) gives the same tokens.
    """
    device, given = pairing.pair(json.code, app_version=json.app_version, seed=command_id())
    tokens = TokensOut(
        access_token=given.access_token,
        expires_in=SECONDS,
        refresh_token=given.refresh_token,
        refresh_expires_at=given.refresh_expires_at,
        next_code=None,
    )
    return PairedOut(device=shown(device), tokens=tokens), 201


@operation("GET", "/devices/me", Action.DEVICE_ACT, tag=TAG, gives=DeviceOut)
def show_own_device() -> Answer:
    """The device that asks."""
    return _shown(_device(_own_id()))


@operation("POST", "/devices/me/heartbeat", Action.DEVICE_ACT, tag=TAG, gives=None, status=204, keyed=False)
def beat(json: HeartbeatIn) -> tuple[str, int]:
    """Tell battery, position, signal and version: every minute or so, at the least every five.

    Answered when it is kept. A position older than the known one changes nothing.
    """
    pulse = Pulse(json.battery, json.signal, position_of(json.position), json.app_version)
    heartbeat.beat(current_actor(), pulse)
    return "", 204


@operation("GET", "/devices", Action.DEVICE_OWN, tag=TAG, gives=DevicePage)
def list_devices(query: DeviceQuery) -> DevicePage:
    """Devices, the newest first: coordinators see all, anybody else their own."""
    before = int(query.after) if query.after else None
    rows = lists.devices(current_actor(), query.limit + 1, before=before, status=query.status)
    found = [device for device, _owner in rows]
    more = str(found[query.limit - 1].id) if len(found) > query.limit else None
    return DevicePage(items=[shown(device) for device in found[: query.limit]], next=more)


@operation("POST", "/devices", Action.DEVICE_OWN, tag=TAG, gives=PairingOut, status=201)
def begin_pairing(json: PairingIn) -> tuple[PairingOut, int]:
    """Begin to pair a device of one's own. The answer has its code."""
    key, actor = command_id(), current_actor()
    code = pairing.code_for(actor.user_id or 0, key)
    device = service.begin_pairing(
        actor, name=json.name, kind=json.kind, code_hash=pairing.hashed(code), command_id=key
    )
    return _pairing(device, code), 201


@operation("POST", "/devices/<int:device_id>/code", Action.DEVICE_OWN, tag=TAG, gives=PairingOut, status=201)
def renew_code(device_id: int) -> tuple[PairingOut, int]:
    """Another code, for a device that is not paired yet; the one before it ends."""
    key, actor = command_id(), current_actor()
    code = pairing.code_for(actor.user_id or 0, key)
    device = service.renew_code(actor, device_id=device_id, code_hash=pairing.hashed(code), command_id=key)
    return _pairing(device, code), 201


@operation("GET", "/devices/<int:device_id>", Action.DEVICE_OWN, tag=TAG, gives=DeviceOut)
def show_device(device_id: int) -> Answer:
    """One device."""
    return _shown(_device(device_id))


@operation("PATCH", "/devices/<int:device_id>", Action.DEVICE_OWN, tag=TAG, gives=DeviceOut, conditional=True)
def rename_device(device_id: int, json: DeviceEdit) -> Answer:
    """Give a device another name."""
    device = service.rename(
        current_actor(),
        device_id=device_id,
        seen_version=seen_version("device", device_id),
        name=json.name,
        command_id=command_id(),
    )
    return _shown(device)


@operation("POST", "/devices/<int:device_id>/revoke", Action.DEVICE_REVOKE, tag=TAG, gives=DeviceOut)
def revoke_device(device_id: int) -> Answer:
    """End a device at once: its tokens, its sockets, what waits for it. Coordinators may end a lost one."""
    return _shown(service.revoke(current_actor(), device_id=device_id, command_id=command_id()))


def position_of(given: PositionIn | None) -> Position | None:
    """A position as the services take it."""
    if given is None:
        return None
    return Position(given.latitude, given.longitude, given.accuracy, given.at)


def shown(device: Device) -> DeviceOut:
    """The device as the API shows it."""
    values: dict[str, Any] = {
        name: getattr(device, name) for name in DeviceOut.model_fields if name != "position"
    }
    where = None
    if device.latitude is not None and device.longitude is not None:
        where = PositionOut(
            latitude=device.latitude,
            longitude=device.longitude,
            accuracy=device.accuracy,
            at=device.position_at,
        )
    return DeviceOut(**values, position=where)


def _shown(device: Device) -> Answer:
    return shown(device), 200, tagged(device, "device")


def _pairing(device: Device, code: str) -> PairingOut:
    seconds = int(pairing.GOOD_FOR.total_seconds())
    return PairingOut(device=shown(device), code=codes.shown(code), expires_in=seconds)


def _own_id() -> int:
    device_id = current_actor().device_id
    if device_id is None:
        raise Forbidden("This is for paired devices.")
    return device_id


def _device(device_id: int) -> Device:
    """The device, if it is the asker's own, or they see all."""
    device = db.session.get(Device, device_id)
    if device is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    actor = current_actor()
    if device.id != actor.device_id and not may(actor, Action.DEVICE_VIEW, device):
        policy.require(actor, Action.DEVICE_OWN, device)
    return device
