"""Counter rows: how many events are active, needs open, people checked in, without counting tables.

Each command's collected changes say how many rows entered or left a status; the counters follow in the
same transaction. They are touched inside the commit order, so they cannot deadlock.
"""

from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.database import Base
from webapp.extensions import db
from webapp.journal.transaction import completing

COUNTED = frozenset({"event", "need", "offer", "allocation", "assignment", "user"})


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
def _follow(_sender: object, *, session: Session, changes: dict[tuple[str, int], dict[str, Any]]) -> None:
    deltas: dict[str, int] = {}
    for (table, _), fields in changes.items():
        if table in COUNTED and "status" in fields:
            before, after = fields["status"]
            for status, step in ((before, -1), (after, 1)):
                if status is not None:
                    deltas[f"{table}:{status}"] = deltas.get(f"{table}:{status}", 0) + step
    for name in sorted(name for name, delta in deltas.items() if delta):
        counter = session.get(Counter, name, with_for_update=True)
        if counter is None:
            session.add(Counter(name=name, value=deltas[name]))
        else:
            counter.value += deltas[name]
    session.flush()
