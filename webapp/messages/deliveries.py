"""What becomes of a message in each box: delivered, read, expired; and the numbers that follow.

A message's numbers count recipients by the best that any of their copies came to. Rows are locked in the
order of their messages, everywhere, so that two acknowledgements cannot wait for each other.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from webapp import journal
from webapp.database import utc_now
from webapp.devices.ending import ends_with_device
from webapp.devices.models import Device
from webapp.extensions import db
from webapp.jobs.ticking import every
from webapp.journal import SYSTEM, Actor
from webapp.messages.audience import Box
from webapp.messages.models import DELIVERY_TRANSITIONS, Delivery, DeliveryStatus, Message
from webapp.settings import Settings

_S = DeliveryStatus
_BEST = (_S.READ, _S.DELIVERED, _S.QUEUED, _S.EXPIRED)
_TABLE = Delivery.__table__


@dataclass(frozen=True, slots=True)
class Receipt:
    """A box's word on one message; ``at`` is when, by the clock of who says so."""

    message_id: int
    state: DeliveryStatus
    at: datetime | None = None


@journal.command
def acknowledge(_actor: Actor, *, box: Box, receipts: Iterable[Receipt]) -> None:
    """Take the box's word on its messages; what is known or not its own changes nothing.

    Read in one place is read in all places of the same person. The caller has made sure whose box it is.
    """
    wanted = {receipt.message_id: receipt for receipt in sorted(receipts, key=_certainty)}
    rows = _copies(box, list(wanted))
    before = _best(rows)
    changed: list[Delivery] = []
    told: dict[DeliveryStatus, list[int]] = defaultdict(list)
    for row in rows:
        if row.device_id == box.device_id and _move(row, wanted[row.message_id]):
            changed.append(row)
            told[row.status].append(row.message_id)
    if not changed:
        return
    changed += _read_everywhere(changed, rows, wanted)
    _write(changed)
    _recount(before, _best(rows))
    for status, ids in told.items():
        journal.append(f"message.{status}", None, user_id=box.user_id, messages=ids, box=box.device_id)


def _read_everywhere(
    changed: Iterable[Delivery], rows: Iterable[Delivery], wanted: Mapping[int, Receipt]
) -> list[Delivery]:
    """The other copies, moved too, of what the person has now read in one place."""
    read = {row.message_id for row in changed if row.personal and row.status is _S.READ}
    others = [row for row in rows if row.personal and row.message_id in read]
    return [row for row in others if _move(row, wanted[row.message_id])]


def states(box: Box, ids: Iterable[int]) -> dict[int, DeliveryStatus]:
    """How these messages stand in the box; those that never came to it are left out."""
    statement = select(Delivery.message_id, Delivery.status).where(
        Delivery.message_id.in_(list(ids)), of_box(box)
    )
    return {row.message_id: row.status for row in db.session.execute(statement)}


def of_box(box: Box) -> Any:
    """The deliveries of one box."""
    if box.device_id is not None:
        return Delivery.device_id == box.device_id
    return (Delivery.user_id == box.user_id) & Delivery.device_id.is_(None)


@every(20)
def expire_due(_settings: Settings) -> int:
    """End every message whose time is over, each in a transaction of its own; gives how many."""
    due = select(Message.id).where(Message.ended_at.is_(None), Message.expires_at <= utc_now())
    ids = db.session.execute(due.order_by(Message.id).limit(200)).scalars().all()
    db.session.rollback()
    return sum(bool(expire(SYSTEM, message_id=id_)) for id_ in ids)


@journal.command
def expire(_system: Actor, *, message_id: int) -> Message | None:
    """Nobody gets this message any more. None when that was known."""
    db.session.execute(
        update(_TABLE)  # type: ignore[arg-type]
        .where(_TABLE.c.message_id == message_id, _TABLE.c.status == _S.QUEUED)
        .values(status=_S.EXPIRED)
    )
    message = db.session.get(Message, message_id, with_for_update=True)
    if message is None or message.ended_at is not None:
        return None
    unreached = message.queued
    message.expired, message.queued, message.ended_at = message.expired + unreached, 0, utc_now()
    journal.count("delivery:queued", -unreached)
    journal.count("delivery:expired", unreached)
    journal.append("message.expired", message, event_id=message.event_id, unreached=unreached)
    return message


@ends_with_device
def end_of_device(_actor: Actor, device: Device) -> None:
    """What still waits for a revoked device will not be fetched."""
    mine = (Delivery.device_id == device.id) & (Delivery.status == _S.QUEUED)
    waiting = select(Delivery).where(mine).order_by(Delivery.message_id).with_for_update()
    rows = list(db.session.execute(waiting).scalars())
    gone = [row for row in rows if not row.personal]  # a person still has their inbox
    before = _best(gone)
    for row in rows:
        row.status = _S.EXPIRED
    if rows:
        _write(rows)
        _recount(before, _best(gone))


def _certainty(receipt: Receipt) -> int:
    """Of two words on one message, the one that says more counts."""
    return _BEST.index(_S.READ) - _BEST.index(receipt.state)


def _copies(box: Box, ids: list[int]) -> list[Delivery]:
    """All copies of these messages for the person of the box, locked until the command ends."""
    statement = (
        select(Delivery)
        .where(Delivery.user_id == box.user_id, Delivery.message_id.in_(ids))
        .order_by(Delivery.message_id, Delivery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(db.session.execute(statement).scalars())


def _move(row: Delivery, receipt: Receipt) -> bool:
    """Give the delivery the status that the receipt tells, by way of those between; whether it changed."""
    now = utc_now()
    at = min(receipt.at or now, now)
    before = row.status
    for status in (_S.DELIVERED, _S.READ):
        if status in DELIVERY_TRANSITIONS.allowed(row.status):
            row.status = status
            if status is _S.DELIVERED:
                row.delivered_at = at
            else:
                row.read_at = at
        if status is receipt.state:
            break
    return row.status is not before


def _write(rows: Iterable[Delivery]) -> None:
    """The changed rows in one statement."""
    values = [
        {"row_id": r.id, "status": r.status, "delivered_at": r.delivered_at, "read_at": r.read_at}
        for r in rows
    ]
    for row in rows:
        db.session.expunge(row)
    db.session.execute(update(_TABLE).where(_TABLE.c.id == bindparam("row_id")), values)  # type: ignore[arg-type]


def _best(rows: Iterable[Delivery]) -> dict[tuple[int, int | None], DeliveryStatus]:
    """The best status of each recipient: of a message, the person (None) or the device for itself."""
    found: dict[tuple[int, int | None], DeliveryStatus] = {}
    for row in rows:
        key = (row.message_id, None if row.personal else row.device_id)
        found[key] = min(found.get(key, _S.EXPIRED), row.status, key=_BEST.index)
    return found


def _recount(
    before: Mapping[tuple[int, int | None], DeliveryStatus],
    after: Mapping[tuple[int, int | None], DeliveryStatus],
) -> None:
    """Move the numbers of the messages, and of all deliveries, from what was to what is."""
    steps: dict[int, Counter[DeliveryStatus]] = defaultdict(Counter)
    for (message_id, who), status in after.items():
        was = before[message_id, who]
        if was is not status:
            steps[message_id][was] -= 1
            steps[message_id][status] += 1
    if not steps:
        return
    table = Message.__table__
    names = [status.value for status in _S]
    db.session.execute(
        update(table)  # type: ignore[arg-type]
        .where(table.c.id == bindparam("row_id"))
        .values({name: table.c[name] + bindparam(f"step_{name}") for name in names}),
        [{"row_id": id_} | {f"step_{name}": steps[id_][_S(name)] for name in names} for id_ in sorted(steps)],
    )
    for status in _S:
        total = sum(step[status] for step in steps.values())
        if total:
            journal.count(f"delivery:{status}", total)
