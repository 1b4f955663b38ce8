"""Answers of a geocoder, kept in memory for this process and in a file for all of them and the next start."""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from cachetools import TTLCache
from pydantic import TypeAdapter, ValidationError

from webapp.places.geocoder import Place

log = logging.getLogger(__name__)

_PLACES = TypeAdapter(list[Place])
_DAY = 86_400.0


class PlaceCache(Protocol):
    """Keeps answers by key. Losing one is harmless: a cache never raises."""

    def get(self, key: str) -> list[Place] | None:
        """The answer kept, perhaps empty; None when there is none."""
        ...

    def put(self, key: str, places: list[Place]) -> None:
        """Keep an answer."""
        ...


class MemoryCache:
    """The answers used last, for at most ``seconds`` each. Threads may share it."""

    def __init__(self, *, size: int = 2048, seconds: float = _DAY) -> None:
        self._kept: TTLCache[str, tuple[Place, ...]] = TTLCache(maxsize=size, ttl=seconds)
        self._lock = threading.Lock()

    def get(self, key: str) -> list[Place] | None:
        """The answer kept, perhaps empty; None when there is none."""
        with self._lock:
            places = self._kept.get(key)
        return None if places is None else list(places)

    def put(self, key: str, places: list[Place]) -> None:
        """Keep an answer."""
        with self._lock:
            self._kept[key] = tuple(places)


class FileCache:
    """Answers in a SQLite file of their own, which may be deleted at any time; the newest ``size`` stay."""

    def __init__(self, path: Path, *, size: int = 20_000, seconds: float = 30 * _DAY) -> None:
        self._path, self._size, self._seconds = path, size, seconds

    def get(self, key: str) -> list[Place] | None:
        """The answer kept, perhaps empty; None when there is none or the file cannot be read."""
        try:
            with self._open() as connection:
                oldest = time.time() - self._seconds
                question = "SELECT places FROM answer WHERE key = ? AND kept_at > ?"
                row = connection.execute(question, (key, oldest)).fetchone()
            return None if row is None else _PLACES.validate_json(row[0])
        except (sqlite3.Error, OSError, ValidationError) as error:
            log.warning("geocoder.cache_unreadable", extra={"reason": type(error).__name__})
            return None

    def put(self, key: str, places: list[Place]) -> None:
        """Keep an answer, and let go of those that are too old or too many."""
        try:
            with self._open() as connection:
                row = (key, time.time(), _PLACES.dump_json(places))
                connection.execute("INSERT OR REPLACE INTO answer VALUES (?, ?, ?)", row)
                connection.execute("DELETE FROM answer WHERE kept_at <= ?", (time.time() - self._seconds,))
                surplus = "SELECT kept_at FROM answer ORDER BY kept_at DESC LIMIT 1 OFFSET ?"
                connection.execute(f"DELETE FROM answer WHERE kept_at <= ({surplus})", (self._size,))  # noqa: S608
        except (sqlite3.Error, OSError) as error:
            log.warning("geocoder.cache_unwritable", extra={"reason": type(error).__name__})

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # A connection for each call: they are rare, and it is safe across threads and forks.
        with closing(sqlite3.connect(self._path, timeout=1)) as connection, connection:
            # Nothing in here is missed after a power cut, so nobody waits for the disk.
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, kept_at REAL, places BLOB)"
            )
            connection.execute("CREATE INDEX IF NOT EXISTS answer_by_age ON answer (kept_at)")
            yield connection


class LayeredCache:
    """A fast cache before a lasting one."""

    def __init__(self, fast: PlaceCache, lasting: PlaceCache) -> None:
        self._fast, self._lasting = fast, lasting

    def get(self, key: str) -> list[Place] | None:
        """The answer of the first that has one."""
        if (places := self._fast.get(key)) is None and (places := self._lasting.get(key)) is not None:
            self._fast.put(key, places)
        return places

    def put(self, key: str, places: list[Place]) -> None:
        """Keep an answer in both."""
        self._fast.put(key, places)
        self._lasting.put(key, places)
