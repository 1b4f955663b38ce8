"""What pages and live fragments read of devices."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, select

from webapp.accounts.models import User
from webapp.devices.heartbeat import LOW_BATTERY
from webapp.devices.models import Device, DeviceStatus
from webapp.extensions import db
from webapp.journal.actor import DeviceKind

PAGE = 100
# Who comes first: who may be in trouble, who works, who is not paired yet, who is gone.
_RANK = {"silent": 0, "active": 1, "pairing": 2, "revoked": 3}


@dataclass(frozen=True, slots=True)
class DeviceCard:
    """A device as lists and its page show it."""

    id: int
    version: int
    name: str
    kind: DeviceKind
    status: DeviceStatus
    owner_id: int
    owner_name: str
    created_at: datetime
    paired_at: datetime | None
    last_seen_at: datetime | None
    silent_since: datetime | None
    battery: int | None
    signal: int | None
    latitude: float | None
    longitude: float | None
    accuracy: float | None
    position_at: datetime | None
    app_version: str

    @property
    def state(self) -> str:
        """Its status, or that it is silent."""
        return "silent" if self.silent_since else self.status.value

    @property
    def key(self) -> str:
        """The list's order as text."""
        return f"{_RANK[self.state]}-{self.id:012d}"

    @property
    def low(self) -> bool:
        """Whether its battery runs out."""
        return self.battery is not None and self.battery <= LOW_BATTERY

    @property
    def card_key(self) -> tuple[Any, ...]:
        """All that the card depends on: heartbeats move what is no version."""
        told = (self.last_seen_at, self.battery, self.signal, self.latitude, self.longitude, self.position_at)
        return (self.id, self.version, self.owner_name, self.app_version, *told)


def of_person(owner_id: int) -> list[DeviceCard]:
    """A person's devices, without those that were revoked."""
    statement = _cards().where(Device.owner_id == owner_id, Device.status != DeviceStatus.REVOKED)
    return _read(statement.order_by(_rank(), Device.id).limit(PAGE))


def listed(only: str = "", after: tuple[int, int] | None = None) -> list[DeviceCard]:
    """All devices but revoked ones, silent ones first; ``only`` is ``silent`` or ``low``. One more than a
    page, so that one knows whether there is another."""
    statement = _cards().where(Device.status != DeviceStatus.REVOKED)
    if only == "silent":
        statement = statement.where(Device.silent_since.is_not(None))
    elif only == "low":
        statement = statement.where(Device.battery <= LOW_BATTERY, Device.status == DeviceStatus.ACTIVE)
    if after is not None:
        rank, id_ = after
        statement = statement.where((_rank() > rank) | ((_rank() == rank) & (Device.id > id_)))
    return _read(statement.order_by(_rank(), Device.id).limit(PAGE + 1))


def these(ids: Collection[int]) -> list[DeviceCard]:
    """These devices."""
    return _read(_cards().where(Device.id.in_(ids))) if ids else []


def seen_since(moment: datetime, owners: Collection[int] | None) -> list[DeviceCard]:
    """Devices that told something of themselves since then; ``owners``: only theirs."""
    statement = _cards().where(Device.status == DeviceStatus.ACTIVE, Device.last_seen_at > moment)
    if owners is not None:
        statement = statement.where(Device.owner_id.in_(owners))
    return _read(statement.limit(PAGE))


def active() -> list[tuple[int, str]]:
    """Active devices by name, to be written to."""
    statement = select(Device.id, Device.name).where(Device.status == DeviceStatus.ACTIVE)
    return [(row.id, row.name) for row in db.session.execute(statement.order_by(Device.name).limit(PAGE))]


def _rank() -> Any:
    return case(
        (Device.silent_since.is_not(None), _RANK["silent"]),
        (Device.status == DeviceStatus.ACTIVE, _RANK["active"]),
        (Device.status == DeviceStatus.PAIRING, _RANK["pairing"]),
        else_=_RANK["revoked"],
    )


def _cards() -> Select[Any]:
    table = Device.__table__.c
    names = [name for name in DeviceCard.__dataclass_fields__ if name != "owner_name"]
    return select(*(table[name] for name in names), User.name.label("owner_name")).join(
        User, User.id == Device.owner_id
    )


def _read(statement: Select[Any]) -> list[DeviceCard]:
    return [DeviceCard(**row) for row in db.session.execute(statement).mappings()]
