"""Bookkeeping of deliveries: made from the journal, claimed, noted. Nothing here is an event.

Entries become rows in the transaction that moves the cursor on, so that each becomes exactly one row for
each webhook that wants it, whenever the process dies. The rows of one webhook are sent one after the other,
in the order of the journal: only the first that waits is looked at.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Table, func, insert, select, update
from sqlalchemy.engine import Connection, RowMapping

from webapp.database import utc_now
from webapp.extensions import db
from webapp.jobs.records import writing
from webapp.journal import JournalEntry
from webapp.webhooks.models import Delivery, DeliveryStatus, ReaderCursor, Webhook, WebhookStatus
from webapp.webhooks.verbs import TEST, wanted

BATCH = 200  # entries that are read together
CURSOR = "webhooks"
# A claim of a machine that does not come back runs out; a delivery takes a fraction of it.
CLAIM = timedelta(seconds=60)
# How long a delivery is tried.
PATIENCE = timedelta(hours=24)

_hooks: Table = Webhook.__table__  # type: ignore[assignment]
_deliveries: Table = Delivery.__table__  # type: ignore[assignment]
_cursors: Table = ReaderCursor.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to be made now, with all it takes."""

    webhook_id: int
    url: str
    nonce: str
    delivery_id: int
    uid: uuid.UUID
    tries: int
    first_tried_at: datetime | None
    entry: Mapping[str, Any]


def read_on() -> int:
    """Make rows of the next entries; gives how many entries were read. Nothing is read for nobody."""
    with db.engine.connect() as connection:
        if connection.execute(_unread()).first() is None:
            return 0
    with writing() as connection:
        seq = connection.execute(
            select(_cursors.c.seq).where(_cursors.c.name == CURSOR).with_for_update()
        ).scalar_one()
        hooks = connection.execute(select(_hooks).where(_hooks.c.status == WebhookStatus.ON)).mappings().all()
        if not hooks:
            return 0
        begin = max(seq, min(hook["since_seq"] for hook in hooks))
        entries = connection.execute(
            select(JournalEntry.seq, JournalEntry.verb, JournalEntry.subject_id)
            .where(JournalEntry.seq > begin)
            .order_by(JournalEntry.seq)
            .limit(BATCH)
        ).all()
        rows = [
            {"uid": uuid.uuid4(), "webhook_id": hook["id"], "seq": entry.seq, "verb": entry.verb} | _fresh()
            for entry in entries
            for hook in hooks
            if entry.seq > hook["since_seq"] and _hears(hook, entry.verb, entry.subject_id)
        ]
        if rows:
            connection.execute(insert(_deliveries), rows)
        if entries:
            moved = update(_cursors).where(_cursors.c.name == CURSOR).values(seq=entries[-1].seq)
            connection.execute(moved)
        return len(entries)


def _unread() -> Select[Any]:
    """A row when a webhook is on and the journal goes on behind what was read for it."""
    begin = select(_cursors.c.seq).where(_cursors.c.name == CURSOR).scalar_subquery()
    return (
        select(_hooks.c.id)
        .where(
            _hooks.c.status == WebhookStatus.ON,
            select(func.max(JournalEntry.seq)).scalar_subquery() > begin,
            select(func.max(JournalEntry.seq)).scalar_subquery() > _hooks.c.since_seq,
        )
        .limit(1)
    )


def _hears(hook: RowMapping, verb: str, subject_id: int | None) -> bool:
    if verb == TEST:
        return bool(subject_id == hook["id"])
    return wanted(hook["verbs"], verb)


def _fresh() -> dict[str, Any]:
    now = utc_now()
    return {"status": DeliveryStatus.WAITING, "created_at": now, "due_at": now, "tries": 0, "answer": ""}


def heads(place: str) -> dict[int, datetime]:
    """When the first delivery that waits is due, of each webhook that is on and not another machine's."""
    first = (
        select(_deliveries.c.due_at)
        .where(_deliveries.c.webhook_id == _hooks.c.id, _deliveries.c.status == DeliveryStatus.WAITING)
        .order_by(_deliveries.c.seq)
        .limit(1)
        .scalar_subquery()
    )
    statement = select(_hooks.c.id, first).where(_hooks.c.status == WebhookStatus.ON, _free(place))
    with db.engine.connect() as connection:
        return {id_: due_at for id_, due_at in connection.execute(statement) if due_at is not None}


def claim(webhook_id: int, place: str) -> Due | None:
    """The first delivery of this webhook, if it is due and nobody else is sending; it is this place's now."""
    now = utc_now()
    with writing() as connection:
        # First the claim, then the look: what another machine sent in between is not seen as waiting.
        claimed = connection.execute(
            update(_hooks)
            .where(_hooks.c.id == webhook_id, _free(place))
            .values(claimed_by=place, claimed_until=now + CLAIM)
        )
        if claimed.rowcount != 1:
            return None
        found = connection.execute(_first(webhook_id)).mappings().one_or_none()
        if found is None or found["due_at"] > now:
            return None
        entry = connection.execute(select(JournalEntry.__table__).where(JournalEntry.seq == found["seq"]))
        return Due(
            webhook_id=webhook_id,
            url=found["url"],
            nonce=found["nonce"],
            delivery_id=found["id"],
            uid=found["uid"],
            tries=found["tries"],
            first_tried_at=found["first_tried_at"],
            entry=dict(entry.mappings().one()),
        )


def _first(webhook_id: int) -> Select[Any]:
    return (
        select(_deliveries, _hooks.c.url, _hooks.c.nonce)
        .join(_hooks, _hooks.c.id == _deliveries.c.webhook_id)
        .where(
            _hooks.c.id == webhook_id,
            _hooks.c.status == WebhookStatus.ON,
            _deliveries.c.status == DeliveryStatus.WAITING,
        )
        .order_by(_deliveries.c.seq)
        .limit(1)
    )


def _free(place: str) -> Any:
    ran_out = _hooks.c.claimed_until < utc_now()
    return _hooks.c.claimed_by.is_(None) | (_hooks.c.claimed_by == place) | ran_out


def release(place: str, webhook_id: int | None = None) -> None:
    """The claims of this place end; at its start those that were left when its process died."""
    ours = _hooks.c.claimed_by == place
    if webhook_id is not None:
        ours &= _hooks.c.id == webhook_id
    with writing() as connection:
        connection.execute(update(_hooks).where(ours).values(claimed_by=None, claimed_until=None))


def note_delivered(due: Due, status: int) -> None:
    """It arrived."""
    with writing() as connection:
        _note(connection, due, status=DeliveryStatus.DELIVERED, answer_status=status, answer="")
        arrived = update(_hooks).where(_hooks.c.id == due.webhook_id).values(failing_since=None)
        connection.execute(arrived)


def note_failed(due: Due, pause: timedelta, status: int | None, answer: str) -> bool:
    """It did not arrive: it is tried again after the pause, or given up; gives whether it was given up."""
    now = utc_now()
    begun = due.first_tried_at or now
    dead = now + pause > begun + PATIENCE
    failed = {"answer_status": status, "answer": answer[:300], "first_tried_at": begun}
    with writing() as connection:
        if dead:
            _note(connection, due, status=DeliveryStatus.DEAD, **failed)
        else:
            _note(connection, due, due_at=now + pause, **failed)
        since = func.coalesce(_hooks.c.failing_since, now)
        failing = update(_hooks).where(_hooks.c.id == due.webhook_id).values(failing_since=since)
        connection.execute(failing)
    return dead


def _note(connection: Connection, due: Due, **values: Any) -> None:
    noted = {"tries": due.tries + 1, "tried_at": utc_now()} | values
    connection.execute(update(_deliveries).where(_deliveries.c.id == due.delivery_id).values(noted))


def failing_since(webhook_id: int) -> datetime | None:
    """Since when nothing has got through to it."""
    with db.engine.connect() as connection:
        statement = select(_hooks.c.failing_since).where(_hooks.c.id == webhook_id)
        return connection.execute(statement).scalar_one_or_none()
