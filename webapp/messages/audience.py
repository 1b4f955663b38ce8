"""Who a message is for: from an audience as a person chose it to the boxes that it goes to."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, and_, exists, or_, select

from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.devices.models import Device, DeviceStatus
from webapp.errors import Invalid
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.journal import JournalEntry, Role
from webapp.journal.actor import DeviceKind
from webapp.messages.models import AudienceKind
from webapp.places.distance import Box as Area
from webapp.places.distance import bounding_box, distance_km
from webapp.volunteers.models import EXPECTED, Assignment

FARTHEST_KM = 500.0
# Where a device was longer ago says nothing about who is near.
POSITION_GOOD_FOR = timedelta(hours=24)
# With more people than this their phones are found by reading all phones: a list of ids has its bounds.
_LISTED = 500


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom somebody writes to; which of the values is set hangs on the kind."""

    kind: AudienceKind
    user_id: int | None = None
    device_id: int | None = None
    event_id: int | None = None
    role: Role | None = None
    latitude: float | None = None
    longitude: float | None = None
    km: float | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """Where a message waits: a device's mailbox, or a person's inbox (no device)."""

    user_id: int
    device_id: int | None = None


@dataclass(frozen=True, slots=True)
class Recipients:
    """The people (each with an inbox and their phones) and the devices that get it for themselves."""

    people: frozenset[int]
    devices: tuple[Box, ...] = ()

    @property
    def number(self) -> int:
        """How many there are; a person counts once."""
        return len(self.people) + len(self.devices)


def recipients(audience: Audience, besides: int | None = None) -> Recipients:
    """Who gets it now. ``besides`` is who writes: they do not get what they write to a group.

    Raises `Invalid` for an audience that is none: somebody, a device or an event that is not there.
    """
    found = _FINDERS[audience.kind](audience)
    if audience.kind is AudienceKind.PERSON:
        return found
    return Recipients(found.people - {besides}, found.devices)


def phones_of(people: Collection[int]) -> list[Box]:
    """The active phones of these people: each has a copy of what its owner gets."""
    phones = select(Device.id, Device.owner_id).where(
        Device.kind == DeviceKind.PHONE, Device.status == DeviceStatus.ACTIVE
    )
    if len(people) <= _LISTED:
        phones = phones.where(Device.owner_id.in_(people))
    rows = db.session.execute(phones.order_by(Device.id))
    return [Box(row.owner_id, row.id) for row in rows if row.owner_id in people]


def _person(audience: Audience) -> Recipients:
    found = _ids(_active_people(User.id == audience.user_id))
    if not found:
        raise _nobody("user_id", "There is no such person here any more.")
    return Recipients(found)


def _device(audience: Audience) -> Recipients:
    row = db.session.execute(
        select(Device.id, Device.owner_id).where(
            Device.id == audience.device_id, Device.status == DeviceStatus.ACTIVE
        )
    ).one_or_none()
    if row is None:
        raise _nobody("device_id", "This device is not paired any more.")
    return Recipients(frozenset(), (Box(row.owner_id, row.id),))


def _event(audience: Audience) -> Recipients:
    _require_event(audience)
    on_it = exists().where(
        Assignment.user_id == User.id,
        Assignment.event_id == audience.event_id,
        Assignment.status.in_(EXPECTED),
    )
    return Recipients(_ids(_active_people(on_it)))


def _role(audience: Audience) -> Recipients:
    if audience.role is None:
        raise _nobody("role", "Choose a role.")
    return Recipients(_ids(_active_people(User.role == audience.role)))


def _coordinators(audience: Audience) -> Recipients:
    """Those who have a part in the event, or all where nobody has one yet."""
    coordinates = User.role.in_((Role.VC, Role.AUTHORITY))
    if audience.event_id is None:
        return Recipients(_ids(_active_people(coordinates)))
    _require_event(audience)
    assigned = exists().where(
        Assignment.user_id == User.id,
        Assignment.event_id == audience.event_id,
        Assignment.status.in_(EXPECTED),
    )
    did_something = exists().where(
        JournalEntry.actor_id == User.id, JournalEntry.event_id == audience.event_id
    )
    found = _ids(_active_people(and_(coordinates, or_(assigned, did_something))))
    return Recipients(found or _ids(_active_people(coordinates)))


def _circle(audience: Audience) -> Recipients:
    """Devices by their last position; people by that of their phone or of the active event they are on."""
    if audience.latitude is None or audience.longitude is None:
        raise _nobody("latitude", "Say where: a latitude and a longitude.")
    if audience.km is None or not 0 < audience.km <= FARTHEST_KM:
        raise _nobody("km", f"A distance is above 0 and at most {FARTHEST_KM:.0f} km.")
    near = _near(audience, _devices_in)
    phones = {row.owner_id for row in near if row.kind is DeviceKind.PHONE}
    others = tuple(Box(row.owner_id, row.id) for row in near if row.kind is not DeviceKind.PHONE)
    at_events = {row.user_id for row in _near(audience, _people_at_events_in)}
    living = _ids(_active_people(User.id.in_(phones | at_events)))
    return Recipients(living, others)


def _near(audience: Audience, within: Callable[[Area], Executable]) -> list[Any]:
    """Rows with a position that are inside the circle."""
    latitude, longitude, km = audience.latitude or 0.0, audience.longitude or 0.0, audience.km or 0.0
    rows = [
        row
        for area in bounding_box(latitude, longitude, km)
        for row in db.session.execute(within(area)).all()
    ]
    return [row for row in rows if distance_km(latitude, longitude, row.latitude, row.longitude) <= km]


def _devices_in(box: Area) -> Executable:
    return select(Device.id, Device.owner_id, Device.kind, Device.latitude, Device.longitude).where(
        Device.status == DeviceStatus.ACTIVE,
        Device.position_at > utc_now() - POSITION_GOOD_FOR,
        Device.latitude.between(box.south, box.north),
        Device.longitude.between(box.west, box.east),
    )


def _people_at_events_in(box: Area) -> Executable:
    return (
        select(Assignment.user_id, Event.latitude, Event.longitude)
        .join(Event, Event.id == Assignment.event_id)
        .where(
            Assignment.status.in_(EXPECTED),
            Event.status == EventStatus.ACTIVE,
            Event.latitude.between(box.south, box.north),
            Event.longitude.between(box.west, box.east),
        )
    )


def _active_people(condition: ColumnElement[bool]) -> Select[Any]:
    return select(User.id).where(condition, User.deactivated_at.is_(None), User.erased_at.is_(None))


def _ids(statement: Select[Any]) -> frozenset[int]:
    return frozenset(db.session.execute(statement).scalars())


def _require_event(audience: Audience) -> None:
    known = select(Event.id).where(Event.id == audience.event_id)
    if audience.event_id is None or db.session.execute(known).first() is None:
        raise _nobody("event_id", "There is no such event.")


def _nobody(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: message})


_FINDERS = {
    AudienceKind.PERSON: _person,
    AudienceKind.DEVICE: _device,
    AudienceKind.EVENT: _event,
    AudienceKind.ROLE: _role,
    AudienceKind.CIRCLE: _circle,
    AudienceKind.COORDINATORS: _coordinators,
}


def boxes(found: Recipients) -> Iterable[tuple[Box, bool]]:
    """Every box that it goes to, and whether that is a copy for a person."""
    for user_id in sorted(found.people):
        yield Box(user_id), True
    for box in phones_of(found.people):
        yield box, True
    for box in found.devices:
        yield box, False
