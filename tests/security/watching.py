"""What somebody sees who uses the server while it is attacked: how long pages take, what readiness says."""

import contextlib
import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psutil

from tests.ops.test_start import Serving

SLOWEST = 1.0  # seconds in which a page is there, whatever others do
MOST_MEMORY = 1.3  # times what it was
ATTACKER = "127.0.0.2"  # on loopback every address is ours


def overload() -> float:
    """How many times as much as it can do the machine has to, with all that runs on it; at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def ask(serving: Serving, path: str, timeout: float = 15.0) -> tuple[int, bytes]:
    """One visit on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


def readiness(serving: Serving) -> tuple[int, dict[str, dict[str, object]]]:
    """The status of readiness and what each check says."""
    status, body = ask(serving, "/health/ready")
    return status, json.loads(body)["checks"]


def line(serving: Serving, sends: bytes = b"", *, source: str = ATTACKER, buffer: int = 0) -> socket.socket:
    """A connection that has sent these bytes; ``buffer`` bounds what its kernel takes unread."""
    made = socket.socket()
    if buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.settimeout(20)
    made.bind((source, 0))
    made.connect(("127.0.0.1", serving.port))
    with contextlib.suppress(OSError):  # it may be closed already: that is the server's right
        made.sendall(sends)
    return made


@contextlib.contextmanager
def lines(serving: Serving, number: int, sends: bytes, **more: object) -> Iterator[list[socket.socket]]:
    """Many connections that have sent the same."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(line(serving, sends, **more)) for _ in range(number)]  # type: ignore[arg-type]


@dataclass
class Watch:
    """Visits a page again and again, and asks readiness beside it."""

    serving: Serving
    path: str = "/sign-in"
    seconds: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    ready_seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._calm = max(self._timed(self._page) for _ in range(5))
        self._threads = [
            threading.Thread(target=self._repeat, args=(self._page, self.seconds)),
            threading.Thread(target=self._repeat, args=(self._ready, self.ready_seconds)),
        ]

    def __enter__(self) -> "Watch":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def require_calm(self) -> None:
        """Nobody who used the server was kept waiting, and readiness said that it serves."""
        # A machine that is busy with other things is slow without an attack, too.
        calm = max(self._calm, *(self._timed(self._page) for _ in range(5)))
        most = max(SLOWEST * overload(), 5 * calm)
        assert not self.troubles, self.troubles[:5]
        assert self.seconds
        assert max(self.seconds) < most, f"pages took up to {max(self.seconds):.2f} s, {most:.2f} allowed"
        assert max(self.ready_seconds) < 2 * most

    def _repeat(self, visit: Callable[[], None], took: list[float]) -> None:
        took.append(self._timed(visit))  # also where the attack is over at once
        while not self._over.wait(0.05):
            took.append(self._timed(visit))

    def _timed(self, visit: Callable[[], None]) -> float:
        started = time.monotonic()
        try:
            visit()
        except (OSError, http.client.HTTPException) as error:
            self.troubles.append(f"{visit.__name__}: {error!r} after {time.monotonic() - started:.1f} s")
        return time.monotonic() - started

    def _page(self) -> None:
        status, _ = ask(self.serving, self.path)
        if status != 200:
            self.troubles.append(f"page: {status}")

    def _ready(self) -> None:
        status, checks = readiness(self.serving)
        if status != 200:
            self.troubles.append(
                str({name: said for name, said in checks.items() if said["status"] == "down"})
            )


def require_memory_back(serving: Serving, before: float) -> None:
    """Within a moment the workers' memory is what it was, but for a little."""
    deadline = time.monotonic() + 12
    while (after := memory(serving)) > MOST_MEMORY * before:
        assert time.monotonic() < deadline, f"{before:.0f} MB became {after:.0f} MB"
        time.sleep(0.5)


def memory(serving: Serving) -> float:
    """Resident memory of the server's workers, in MB."""
    return sum(child.memory_info().rss for child in psutil.Process(serving.process.pid).children()) / 1e6
