"""What pages and live fragments read of files."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from webapp.accounts.models import User
from webapp.attachments.models import Attachment
from webapp.errors import NotFound
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.journal import Actor
from webapp.volunteers.queries import on_event

MOST = 200  # files of one event
# Text order of the keys is newest first.
_LAST = 10**13


def newest_key() -> str | None:
    """Under which key the newest file is kept."""
    return db.session.execute(select(Attachment.key).order_by(Attachment.id.desc()).limit(1)).scalar()


@dataclass(frozen=True, slots=True)
class Place:
    """An actor's place on an event: ``user_id`` is theirs when they are on it."""

    event_id: int
    user_id: int | None


@dataclass(frozen=True, slots=True)
class FileCard:
    """A file as the event's page shows it."""

    id: int
    event_id: int
    name: str
    caption: str
    media_type: str
    size: int
    key: str
    width: int | None
    height: int | None
    created_at: datetime
    owner_name: str | None
    event_active: bool

    @property
    def order(self) -> str:
        """Sorts the newest first, as text."""
        return f"{_LAST - self.id:014d}"

    @property
    def owner(self) -> str:
        """The first name of who added it."""
        return (self.owner_name or "").split(" ")[0]

    @property
    def card_key(self) -> tuple[Any, ...]:
        """All that the card depends on: a file never changes, the name beside it may."""
        return (self.id, self.owner_name)


def place_of(actor: Actor, event_id: int) -> Place:
    """The actor's place on the event; coordinators need none. A device has one where its owner reported."""
    asked = actor.user_id is not None and not actor.coordinates
    there = asked and (on_event(event_id, actor.user_id) or _reported_by_device(actor, event_id))
    return Place(event_id, actor.user_id if there else None)


def _reported_by_device(actor: Actor, event_id: int) -> bool:
    if actor.device_id is None:
        return False
    reported = select(Event.id).where(Event.id == event_id, Event.reported_by_id == actor.user_id)
    return db.session.execute(reported).first() is not None


def of_event(event_id: int) -> list[FileCard]:
    """The event's files, newest first."""
    return _read(_cards().where(Attachment.event_id == event_id).limit(MOST))


def these(ids: Collection[int]) -> list[FileCard]:
    """Those of these files that are still there."""
    return _read(_cards().where(Attachment.id.in_(ids)))


def attachment(event_id: int, attachment_id: int) -> Attachment:
    """The event's file. Raises `NotFound`."""
    found = db.session.get(Attachment, attachment_id)
    if found is None or found.event_id != event_id:
        raise NotFound("This file is not here any more.")
    return found


def by_key(key: str) -> Attachment:
    """The file with this key. Raises `NotFound`."""
    found = db.session.execute(select(Attachment).where(Attachment.key == key)).scalar_one_or_none()
    if found is None:
        raise NotFound("This file is not here any more.")
    return found


def number_of(event_id: int) -> int:
    """How many files the event has: `MOST` at the most, counted by its own index."""
    statement = select(func.count()).select_from(Attachment).where(Attachment.event_id == event_id)
    return int(db.session.execute(statement).scalar_one())


def known_keys(keys: Collection[str]) -> set[str]:
    """Those of the keys that a file has."""
    return set(db.session.execute(select(Attachment.key).where(Attachment.key.in_(keys))).scalars())


def _cards() -> Select[Any]:
    table = Attachment.__table__.c
    beside = ("owner_name", "event_active")
    names = [name for name in FileCard.__dataclass_fields__ if name not in beside]
    return (
        select(
            *(table[name] for name in names),
            User.name.label("owner_name"),
            (Event.status == EventStatus.ACTIVE).label("event_active"),
        )
        .join(Event, Event.id == Attachment.event_id)
        .outerjoin(User, User.id == Attachment.owner_id)
        .order_by(Attachment.id.desc())
    )


def _read(statement: Select[Any]) -> list[FileCard]:
    return [FileCard(**row) for row in db.session.execute(statement).mappings()]
