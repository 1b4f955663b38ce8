"""Who acts: a signed-in person, the system itself, or somebody not signed in."""

import enum
from dataclasses import dataclass


class Role(enum.StrEnum):
    """What a person may do here; the order of rank is `RANK`."""

    SUV = "SUV"
    VC = "VC"
    AUTHORITY = "AUTHORITY"

    @property
    def rank(self) -> int:
        """0 for a spontaneous volunteer, 2 for an authority; nobody grants a rank above their own."""
        return tuple(Role).index(self)


class ActorKind(enum.StrEnum):
    """What sort of actor stands behind a change."""

    USER = "user"
    DEVICE = "device"
    SYSTEM = "system"
    PUBLIC = "public"


class DeviceKind(enum.StrEnum):
    """What sort of device is paired: what it may do hangs on it."""

    PHONE = "phone"
    GATEWAY = "gateway"  # passes on what comes by radio, of people who have no account
    TRACKER = "tracker"  # tells where it is
    DISPLAY = "display"  # a screen on a wall: only reads


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts, as services and policy see them: plain values, no row.

    A device acts for its owner, whose ``user_id`` it carries, but has rights of its own and no role.
    ``session_id`` is a browser's session; ``family_id`` that of a program's or device's tokens.
    """

    kind: ActorKind
    user_id: int | None = None
    role: Role | None = None
    name: str = ""
    session_id: int | None = None
    family_id: int | None = None
    device_id: int | None = None
    device_kind: DeviceKind | None = None

    @property
    def coordinates(self) -> bool:
        """Whether this is a coordinator (VC or AUTHORITY) or the system."""
        return self.kind is ActorKind.SYSTEM or self.role in (Role.VC, Role.AUTHORITY)


SYSTEM = Actor(ActorKind.SYSTEM, name="Mayday")
PUBLIC = Actor(ActorKind.PUBLIC)
