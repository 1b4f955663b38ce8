"""The words that all types of the schema share: enums, and how a row becomes a node."""

import dataclasses
from typing import Any, TypeVar

import strawberry

from webapp.accounts.models import UserStatus
from webapp.devices.models import DeviceStatus
from webapp.events.models import Category, Certainty, EventStatus, Severity, Source, Urgency, Visibility
from webapp.graph.looking import Looking
from webapp.journal import Role
from webapp.journal.actor import ActorKind, DeviceKind
from webapp.places.precision import LocationPrecision
from webapp.resources.models import AllocationStatus, NeedStatus, OfferStatus
from webapp.volunteers.models import AssignmentStatus

T = TypeVar("T")
Info = strawberry.Info[Looking, None]

for kind in (
    *(Category, Certainty, EventStatus, Severity, Source, Urgency, Visibility),
    LocationPrecision,
    *(NeedStatus, OfferStatus, AllocationStatus, AssignmentStatus),
    *(Role, UserStatus, DeviceKind, DeviceStatus, ActorKind),
):
    strawberry.enum(kind)


def node(kind: type[T], row: object, /, **more: Any) -> T:
    """The row as this type shows it: the values of its plain fields, which are named as the row's."""
    plain = (it.name for it in dataclasses.fields(kind) if it.init and it.name not in more)  # type: ignore[arg-type]
    return kind(**{name: getattr(row, name) for name in plain}, **more)
