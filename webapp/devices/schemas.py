"""Devices as the API shows and takes them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from webapp.accounts.token_schemas import TokensOut
from webapp.api.schemas import Latitude, Longitude, Moment, Page, Paging, Shown, Strict, Text, example
from webapp.devices.models import DeviceStatus
from webapp.devices.service import LONGEST_NAME
from webapp.journal.actor import DeviceKind

Name = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
Version = Annotated[Text, StringConstraints(max_length=40)]
Battery = Annotated[int, Field(ge=0, le=100, strict=True, description="Per cent.")]
Signal = Annotated[int, Field(ge=-200, le=100, strict=True, description="dBm.")]
Accuracy = Annotated[float, Field(ge=0, le=1_000_000, description="Metres.")]

_POSITION = {"latitude": 55.6667, "longitude": 12.5519, "accuracy": 8.0, "at": "2026-11-21T03:12:40Z"}
_DEVICE = {
    "id": 7,
    "name": "Radio van",
    "kind": "gateway",
    "status": "active",
    "owner_id": 3,
    "paired_at": "2026-11-21T02:00:00Z",
    "last_seen_at": "2026-11-21T03:12:45Z",
    "silent_since": None,
    "battery": 81,
    "signal": -71,
    "position": _POSITION,
    "app_version": "gateway 1.4",
    "version": 3,
}


class PositionIn(Strict):
    """Where the device is; ``at`` is by its own clock."""

    latitude: Latitude
    longitude: Longitude
    accuracy: Accuracy | None = None
    at: Moment | None = None

    model_config = Strict.model_config | example(_POSITION)


class PairingIn(Strict):
    """A device that is to be paired."""

    name: Name
    kind: DeviceKind

    model_config = Strict.model_config | example({"name": "Radio van", "kind": "gateway"})


class DeviceEdit(Strict):
    """Another name."""

    name: Name

    model_config = Strict.model_config | example({"name": "Radio van, north"})


class PairIn(Strict):
    """What the device sends: the code from its owner's screen, with or without the hyphen."""

    code: Annotated[Text, StringConstraints(min_length=1, max_length=40)]
    app_version: Version = ""

    model_config = Strict.model_config | example({"code": "K7QM-2WXE", "app_version": "gateway 1.4"})


class HeartbeatIn(Strict):
    """What the device knows of itself; what it does not know it leaves out."""

    battery: Battery | None = None
    signal: Signal | None = None
    position: PositionIn | None = None
    app_version: Version | None = None

    model_config = Strict.model_config | example(
        {"battery": 81, "signal": -71, "position": _POSITION, "app_version": "gateway 1.4"}
    )


class PositionOut(Shown):
    """Where the device was last."""

    latitude: float
    longitude: float
    accuracy: float | None
    at: datetime | None


class DeviceOut(Shown):
    """A device."""

    id: int
    name: str
    kind: DeviceKind
    status: DeviceStatus
    owner_id: int
    paired_at: datetime | None
    last_seen_at: datetime | None
    silent_since: datetime | None = Field(description="Since when coordinators know that it is silent.")
    battery: int | None
    signal: int | None
    position: PositionOut | None
    app_version: str
    version: int

    model_config = Shown.model_config | example(_DEVICE)


class PairingOut(Shown):
    """A device that waits to be paired, with its code: shown only now, good once, for ten minutes."""

    device: DeviceOut
    code: str
    expires_in: int = Field(description="Seconds.")

    model_config = Shown.model_config | example(
        {"device": _DEVICE | {"status": "pairing"}, "code": "K7QM-2WXE", "expires_in": 600}
    )


class PairedOut(Shown):
    """The device that this now is, and its tokens."""

    device: DeviceOut
    tokens: TokensOut

    model_config = Shown.model_config | example(
        {
            "device": _DEVICE,
            "tokens": {
                "access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjIwNzc4In0.eyJ1aWQiOjF9.c2ln",
                "token_type": "Bearer",
                "expires_in": 900,
                "refresh_token": "mrt_4f1d…",
                "refresh_expires_at": "2027-11-21T03:12:45Z",
                "next_code": None,
            },
        }
    )


class DeviceQuery(Paging):
    """Narrows the list: coordinators see all devices, anybody else their own."""

    after: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")] | None = Field(
        None, description="The `next` of the page before."
    )
    status: DeviceStatus | None = None


class DevicePage(Page[DeviceOut]):
    """One page of devices, the newest first."""

    model_config = Shown.model_config | example({"items": [_DEVICE], "next": None})
