"""Devices and the journal in the graph."""

from datetime import datetime

import strawberry
from strawberry import ID, Private
from strawberry.scalars import JSON

from webapp.devices.models import DeviceStatus
from webapp.graph import types
from webapp.graph.kinds import Info
from webapp.graph.persons import User, person
from webapp.journal.actor import ActorKind, DeviceKind


@strawberry.type(description="Something that speaks to the API for its owner.")
class Device:
    """A paired device."""

    id: ID
    version: int
    name: str
    kind: DeviceKind
    status: DeviceStatus
    paired_at: datetime | None
    revoked_at: datetime | None
    last_seen_at: datetime | None
    silent_since: datetime | None
    battery: int | None = strawberry.field(description="Percent.")
    latitude: float | None = strawberry.field(description="WGS 84 degrees.")
    longitude: float | None
    accuracy: float | None = strawberry.field(description="Metres.")
    position_at: datetime | None
    signal: int | None = strawberry.field(description="dBm.")
    app_version: str
    created_at: datetime
    owner_id: Private[int]

    @strawberry.field
    async def owner(self, info: Info) -> User | None:
        """Whose it is."""
        return await person(info.context, self.owner_id)


@strawberry.type(description="One thing that happened.")
class JournalEntry:
    """An entry of the journal."""

    seq: ID = strawberry.field(description="Rises in the order in which things happened.")
    at: datetime
    verb: str = strawberry.field(description="As event.opened or allocation.made.")
    actor_kind: ActorKind
    facts: JSON = strawberry.field(description="What a reader of the feed wants to know.")
    changed: list[str] = strawberry.field(description="The fields of its subject that changed.")
    actor_id: Private[int | None]
    user_id: Private[int | None]
    event_id: Private[int | None]

    @strawberry.field(description="Who did it; of a device, its owner.")
    async def actor(self, info: Info) -> User | None:
        """Who did it."""
        return await person(info.context, self.actor_id)

    @strawberry.field(description="Whom it is about besides, as whose assignment it is.")
    async def user(self, info: Info) -> User | None:
        """Whom it is about."""
        return await person(info.context, self.user_id)

    @strawberry.field
    async def event(self, info: Info) -> types.Event | None:
        """Where it happened."""
        return await types.event(info.context, self.event_id)
