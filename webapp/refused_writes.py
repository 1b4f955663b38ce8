"""Writes that a database refuses though it answers: it has no room left, or only lets itself be read.

A PostgreSQL whose disk fills up does the first; a provider that saves it from that, an administrator, or a
standby that has not been promoted yet, does the second.
"""

import enum
import time
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext

_DISK_FULL, _READ_ONLY = "53100", "25006"  # SQLSTATEs of PostgreSQL
# Seconds for which one refused write tells that there is no room. Whoever goes on writing notes the next.
TOLD_FOR = 10.0

_full_at: WeakKeyDictionary[Engine, float] = WeakKeyDictionary()


class Refusal(enum.Enum):
    """Why a write was refused."""

    NO_ROOM = enum.auto()
    READ_ONLY = enum.auto()


def refusal(error: BaseException | None) -> Refusal | None:
    """Why the database's driver refused, if it was one of these reasons."""
    state, said = getattr(error, "sqlstate", None), str(error)
    if state == _DISK_FULL or "disk is full" in said:
        return Refusal.NO_ROOM
    if state == _READ_ONLY or "readonly database" in said:
        return Refusal.READ_ONLY
    return None


def watch(engine: Engine) -> None:
    """Note refused writes of a PostgreSQL engine, and have no connection stay that may only read.

    A session keeps the ``default_transaction_read_only`` that it began with: it would go on refusing after
    the database takes writes again, so all connections are made anew.
    """

    @event.listens_for(engine, "handle_error")
    def _note(context: ExceptionContext) -> None:
        found = refusal(context.original_exception)
        if found is Refusal.READ_ONLY:
            context.is_disconnect = True
        elif found is Refusal.NO_ROOM:
            _full_at[engine] = time.monotonic()


def full_lately(engine: Engine) -> bool:
    """Whether a write of this process found no room a moment ago."""
    return time.monotonic() - _full_at.get(engine, float("-inf")) < TOLD_FOR
