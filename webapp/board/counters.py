"""Counter rows: how many events are active, needs open, people checked in, without counting tables.

Each command's collected changes say how many rows entered or left a status; the counters follow in the
same transaction. They are touched inside the commit order, so they cannot deadlock.
"""

from collections import Counter as Counts
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.database import Base
from webapp.extensions import db
from webapp.journal.transaction import completing

# Unmet needs of the events that are being worked on.
UNMET = "event:unmet_needs"
COUNTED = frozenset({"event", "need", "offer", "allocation", "assignment", "user", "device"})
# Active devices that nothing is heard of.
SILENT = "device:silent"
# People who are checked in and have to be asked whether they are there still.
OVERDUE = "assignment:overdue"


class Counter(Base):
    """How many rows of a table have a status, as ``event:active``."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)


def totals() -> dict[str, int]:
    """All counters by name; one statement. A name that is absent means zero."""
    rows = db.session.execute(db.select(Counter.name, Counter.value))
    return {row.name: row.value for row in rows}


@completing.connect
def _follow(
    _sender: object,
    *,
    session: Session,
    changes: dict[tuple[str, int], dict[str, Any]],
    rows: list[Any],
    steps: Mapping[str, int],
) -> None:
    deltas: Counts[str] = Counts(steps)
    for (table, _), fields in changes.items():
        if table in COUNTED - {"user"} and "status" in fields:
            before, after = fields["status"]
            for status, step in ((before, -1), (after, 1)):
                if status is not None:
                    deltas[f"{table}:{status}"] += step
        if table == "assignment" and "overdue_at" in fields:
            before, after = fields["overdue_at"]
            deltas[OVERDUE] += (after is not None) - (before is not None)
        if table == "device" and "silent_since" in fields:
            before, after = fields["silent_since"]
            deltas[SILENT] += (after is not None) - (before is not None)
    for row in rows:
        if row.__tablename__ == "event":
            deltas[UNMET] += _unmet_step(row, changes.get(("event", row.id), {}))
        elif row.__tablename__ == "user":
            for name, step in _person_steps(row, changes.get(("user", row.id), {})):
                deltas[name] += step
    for name in sorted(name for name, delta in deltas.items() if delta):
        counter = session.get(Counter, name, with_for_update=True)
        if counter is None:
            session.add(Counter(name=name, value=deltas[name]))
        else:
            counter.value += deltas[name]
    session.flush()


def _unmet_step(event: Any, fields: dict[str, Any]) -> int:
    """How the unmet needs of active events change with this event: a closed one's no longer count."""
    status, unmet = event.status.value, event.needs_unmet
    before_status = fields["status"][0] if "status" in fields else status
    before_unmet = fields["needs_unmet"][0] if "needs_unmet" in fields else unmet
    return (unmet if status == "active" else 0) - ((before_unmet or 0) if before_status == "active" else 0)


def _person_steps(user: Any, fields: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """How the people of each status change with this one: who is shut out or erased is counted no more."""
    status, out = user.status.value, user.deactivated_at is not None
    before = fields["status"][0] if "status" in fields else status
    was_out = fields["deactivated_at"][0] is not None if "deactivated_at" in fields else out
    if before is not None and not was_out:
        yield f"user:{before}", -1
    if not out:
        yield f"user:{status}", 1
