"""Commit order: a reader that has seen `seq` n never later finds a smaller one.

SQLite has one writer at a time, so numbers are taken in commit order. PostgreSQL takes numbers before
commit: a slow transaction could commit number 4 after a reader saw 5. There a writer holds a
transaction-level advisory lock from before its entries get their numbers until its commit. Entries are
written last, when every row lock is already held, so the lock is held briefly and cannot deadlock.
"""

import contextlib
import fcntl
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

# Any constant works as long as every writer of the journal takes the same one.
JOURNAL_LOCK = 0x4D41_5944


class Queue:
    """A lock that is had in the order of asking.

    `threading.Lock` goes to whoever is quickest: to an import that writes piece after piece, again and again.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._busy = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._busy:
                self._busy = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()
        except BaseException:
            self._leave(turn)
            raise

    def __exit__(self, *_error: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._busy = False

    def _leave(self, turn: threading.Lock) -> None:
        """Wait no longer; a turn that came meanwhile is the next one's."""
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        self.__exit__()


_writers: dict[str, Queue] = {}
_writers_guard = threading.Lock()


def hold_commit_order(session: Session) -> None:
    """Make this transaction the only one that numbers entries, until it ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": JOURNAL_LOCK})


@contextlib.contextmanager
def one_writer(session: Session) -> Iterator[None]:
    """Queue SQLite writers in this process and across processes; nothing to do elsewhere.

    SQLite's own waiting polls with growing sleeps; a fair queue in front of it takes the 99th percentile
    of a write with 32 clients down by an order of magnitude.
    """
    url = session.get_bind().engine.url
    if url.get_backend_name() != "sqlite" or not url.database:
        yield
        return
    path = url.database
    with _writers_guard:
        queue = _writers.setdefault(path, Queue())
    with queue, Path(f"{path}.lock").open("w") as across_processes:
        # A file lock goes to whoever is quickest, too. Who has just had it stands in line for the turn.
        with Path(f"{path}.turn").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            fcntl.flock(across_processes, fcntl.LOCK_EX)
        yield
