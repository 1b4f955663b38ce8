"""Adding a file to an event and removing it: the bytes first, then the row that tells of them.

A row never tells of bytes that were not kept. Bytes that no row tells of (the server was killed in
between) are what `sweep` removes.
"""

import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError

from webapp import journal, policy
from webapp.attachments import content, queries
from webapp.attachments.content import Content
from webapp.attachments.models import KEY_LENGTH, Attachment
from webapp.attachments.store import store
from webapp.database import utc_now
from webapp.errors import Conflict, NotFound
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.journal import Actor
from webapp.policy import Action

# Younger bytes may belong to a command that is under way.
ORPHAN_AGE = timedelta(days=1)
_SMALL = ".small"
_SWEPT_AT_ONCE = 500


def small_key(key: str) -> str:
    """The store key of the smaller picture."""
    return key + _SMALL


def add(
    actor: Actor, *, event_id: int, name: str | None, caption: str, data: bytes, command_id: uuid.UUID | None
) -> Attachment:
    """Add a file to an event. Sent twice, it is one file.

    Raises `Invalid` for content that is not taken, `images.Busy` while too many pictures are read, and what
    `add_examined` raises.
    """
    _event(actor, event_id)
    kept = content.examined(data)
    return add_examined(
        actor, event_id=event_id, name=name, caption=caption, kept=kept, command_id=command_id
    )


def add_examined(
    actor: Actor,
    *,
    event_id: int,
    name: str | None,
    caption: str,
    kept: Content,
    command_id: uuid.UUID | None,
) -> Attachment:
    """The same of what was examined before.

    Raises `Conflict` for a rejected report and for one file too many, `StoreAway` when the bytes cannot be
    kept.
    """
    _event(actor, event_id)
    key = secrets.token_urlsafe(KEY_LENGTH * 3 // 4)
    db.session.rollback()  # no transaction waits for the store
    try:
        _keep(key, kept)
        told = content.shown_name(name, kept.media_type)
        added: Attachment | None = _record(
            actor, event_id=event_id, key=key, name=told, caption=caption, kept=kept, command_id=command_id
        )
    except (OperationalError, InterfaceError):
        raise  # perhaps it was committed and only its answer was lost: the sweep can tell
    except BaseException:
        _forget(key)
        raise
    if added is None or added.key != key:  # the command took effect before
        _forget(key)
    if added is None:
        raise NotFound("This file was added and has been removed since.")
    return added


def remove(actor: Actor, *, event_id: int, attachment_id: int, command_id: uuid.UUID | None) -> None:
    """Remove a file for good. Raises `Conflict` when it is not there (any more)."""
    key = _unrecord(actor, event_id=event_id, attachment_id=attachment_id, command_id=command_id)
    if key is not None:
        _forget(key)


def sweep() -> int:
    """Remove bytes older than `ORPHAN_AGE` that no file tells of; gives how many were removed.

    Raises `StoreAway`.
    """
    before = utc_now() - ORPHAN_AGE
    removed, batch = store().remove_partial(before), list[str]()
    for key in _older(store().all(), before):
        batch.append(key)
        if len(batch) == _SWEPT_AT_ONCE:
            removed, batch = removed + _remove_orphans(batch), []
    return removed + _remove_orphans(batch)


def _older(found: Iterable[tuple[str, datetime]], before: datetime) -> Iterable[str]:
    return (key for key, written in found if written < before)


def _remove_orphans(keys: list[str]) -> int:
    known = queries.known_keys({key.removesuffix(_SMALL) for key in keys})
    db.session.rollback()  # no transaction waits for the store
    orphans = [key for key in keys if key.removesuffix(_SMALL) not in known]
    store().remove(*orphans)
    return len(orphans)


def _keep(key: str, kept: Content) -> None:
    store().put(key, kept.data)
    if kept.small is not None:
        store().put(small_key(key), kept.small)


def _forget(key: str) -> None:
    store().remove(key, small_key(key))


@journal.command
def _record(actor: Actor, *, event_id: int, key: str, name: str, caption: str, kept: Content) -> Attachment:
    event = _event(actor, event_id, lock=True)
    if queries.number_of(event_id) >= queries.MOST:
        raise Conflict(f"This event has {queries.MOST} files already. Remove one first.")
    attachment = Attachment(
        event_id=event_id,
        owner_id=actor.user_id,
        name=name,
        caption=caption,
        media_type=kept.media_type,
        size=len(kept.data),
        sha256=kept.sha256,
        key=key,
        width=kept.width,
        height=kept.height,
    )
    db.session.add(attachment)
    db.session.flush()
    journal.append("attachment.added", attachment, event_id=event_id, **_facts(attachment, event))
    return attachment


@journal.command
def _unrecord(actor: Actor, *, event_id: int, attachment_id: int) -> str:
    event = _there(db.session.get(Event, event_id, with_for_update=True))
    policy.require(actor, Action.EVENT_VIEW, event)
    attachment = db.session.get(Attachment, attachment_id)
    if attachment is None or attachment.event_id != event_id:
        raise Conflict("This file is removed already.")
    policy.require(actor, Action.ATTACHMENT_REMOVE, attachment)
    owner, facts = attachment.owner_id, _facts(attachment, event)
    journal.append("attachment.removed", attachment, event_id=event_id, user_id=owner, **facts)
    db.session.delete(attachment)
    return attachment.key


def _facts(attachment: Attachment, event: Event) -> dict[str, Any]:
    """What a feed sentence says of a file."""
    return {"name": attachment.name, "title": event.title, "media_type": attachment.media_type}


def _event(actor: Actor, event_id: int, *, lock: bool = False) -> Event:
    """The event, if the actor may add files to it. Raises `NotFound`, `Forbidden` or `Conflict`."""
    event = _there(db.session.get(Event, event_id, with_for_update=lock))
    policy.require(actor, Action.EVENT_VIEW, event)
    policy.require(actor, Action.ATTACHMENT_ADD, queries.place_of(actor, event_id))
    if event.status is EventStatus.REJECTED:
        raise Conflict("This report was rejected. Nothing was changed.")
    return event


def _there(event: Event | None) -> Event:
    if event is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return event
