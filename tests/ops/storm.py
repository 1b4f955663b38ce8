"""Thirty-two people who write without pause, try again with the same command id, and remember what they
were told."""

import http.client
import threading
import time
import urllib.parse
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.live.wires import cookie_of
from tests.people import Person

CLIENTS = 32
GENEROUS = {
    "limit_writes": "1000000 per minute",
    "limit_reads": "1000000 per minute",
    "limit_sockets": "1000000 per minute",
}


@dataclass
class Storm:
    """Writers against one address; `answers` counts what they got, by status or kind of failure."""

    address: tuple[str, int]
    person: Person
    acknowledged: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    words: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._cookie, self._csrf = cookie_of(self.person), self.person.csrf
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._write, daemon=True) for _ in range(CLIENTS)]

    def __enter__(self) -> "Storm":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.settle()

    def settle(self) -> None:
        """Let everybody finish: what was sent and not acknowledged is sent again until it is."""
        self._over.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), f"a write was never acknowledged: {self.answers}"

    def until(self, more: int, status: str = "303", seconds: float = 40) -> None:
        """Wait until that many more answers of this kind came."""
        goal = self.answers[status] + more
        deadline = time.monotonic() + seconds
        while self.answers[status] < goal:
            assert time.monotonic() < deadline, f"only {self.answers}"
            time.sleep(0.02)

    def check(self, url: str) -> None:
        """Nothing acknowledged is lost, and everything took effect once."""
        with create_engine(url, poolclass=NullPool).connect() as connection:
            kept = Counter(
                connection.execute(text("SELECT title FROM event WHERE title LIKE 'storm %'")).scalars()
            )
        assert self.acknowledged <= set(kept), "acknowledged and lost"
        assert set(kept.values()) <= {1}, "took effect twice"
        assert set(kept) == self.tried == self.acknowledged

    def _write(self) -> None:
        line: http.client.HTTPConnection | None = None
        while not self._over.is_set():
            title = f"storm {uuid.uuid4()}"
            with self._lock:
                self.tried.add(title)
            form = {"title": title, "priority": "2", "category": "Met", "command_id": str(uuid.uuid4())}
            done = False
            while not done:
                line, done = self._once(line, form | {"csrf_token": self._csrf})
            with self._lock:
                self.acknowledged.add(title)
        if line is not None:
            line.close()

    def _once(
        self, line: http.client.HTTPConnection | None, form: dict[str, str]
    ) -> tuple[http.client.HTTPConnection | None, bool]:
        line = line or http.client.HTTPConnection(*self.address, timeout=30)
        headers: dict[str, Any] = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": self._cookie,
        }
        try:
            line.request("POST", "/events/new", urllib.parse.urlencode(form), headers)
            answer = line.getresponse()
            body = answer.read().decode()
        except (OSError, http.client.HTTPException):
            line.close()
            self._count("no answer")
            time.sleep(0.1)
            return None, False
        self._count(str(answer.status))
        if answer.status == 503:
            assert int(answer.headers["Retry-After"]) > 0
            with self._lock:
                self.words.add(body)
            time.sleep(0.2)
        return line, answer.status == 303

    def _count(self, kind: str) -> None:
        with self._lock:
            self.answers[kind] += 1
