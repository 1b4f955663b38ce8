"""Clients and hubs for the live tests: real sockets on loopback, frames written byte by byte."""

from __future__ import annotations

import contextlib
import shutil
import socket
import struct
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import dispose, settings_for
from tests.people import Cast
from tests.proxy import Proxy
from tests.servers import Server, running_server
from webapp import create_app
from webapp.events import service
from webapp.journal.queries import head
from webapp.live.frames import apply_mask
from webapp.live.hub import Hub, HubLimits, Subscription
from webapp.settings import Settings

PATIENCE = 10.0
MASK = b"\x11\x22\x33\x44"


def client_frame(opcode: int, payload: bytes = b"", *, final: bool = True, mask: bytes = MASK) -> bytes:
    """What a well-behaved client sends."""
    size = len(payload)
    first = opcode | (0x80 if final else 0)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 0x10000:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + mask + apply_mask(payload, mask)


def wait_until(holds: Callable[[], bool]) -> None:
    """Return as soon as `holds`; fail after a while."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.005)


@dataclass
class Client:
    """The far end of an adopted socket."""

    sock: socket.socket
    id: int
    _unread: bytearray = field(default_factory=bytearray)

    def send(self, opcode: int, payload: bytes = b"", *, final: bool = True) -> None:
        self.sock.sendall(client_frame(opcode, payload, final=final))

    def next_frame(self) -> tuple[int, bytes]:
        """Read one frame: its first byte without FIN, and its payload."""
        head = self._read(2)
        assert head[0] & 0x80, "a server sends whole messages"
        assert not head[1] & 0x80, "a server must not mask"
        size = head[1] & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self._read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._read(8))
        return head[0] & 0x7F, self._read(size)

    def next_text(self) -> str:
        opcode, payload = self.next_frame()
        assert opcode == 1, f"not a text frame: {opcode} {payload!r}"
        return payload.decode()

    def goodbye(self) -> tuple[int, str]:
        """Read the close frame, which must be next and the last."""
        opcode, payload = self.next_frame()
        assert opcode == 8, f"not a close frame: {opcode} {payload[:80]!r}"
        assert self.at_end()
        return int.from_bytes(payload[:2], "big"), payload[2:].decode()

    def at_end(self) -> bool:
        return not self._unread and self.sock.recv(1) == b""

    def _read(self, size: int) -> bytes:
        while len(self._unread) < size:
            data = self.sock.recv(65536)
            assert data, "the stream ended in the middle of a frame"
            self._unread += data
        data = bytes(self._unread[:size])
        del self._unread[:size]
        return data


StartHub = Callable[..., Hub]
Connect = Callable[..., Client]
WaitUntil = Callable[[Callable[[], bool]], None]
Framed = Callable[..., bytes]


@pytest.fixture
def start_hub() -> Iterator[StartHub]:
    """Start hubs: callbacks by name, everything else is a limit."""
    hubs: list[Hub] = []

    def start(
        on_message: Callable[[int, str], None] | None = None,
        on_close: Callable[[int, Subscription], None] | None = None,
        **limits: float,
    ) -> Hub:
        hub = Hub(on_message=on_message, on_close=on_close, limits=HubLimits(**limits))  # type: ignore[arg-type]
        hub.start()
        hubs.append(hub)
        return hub

    yield start
    for hub in hubs:
        hub.stop(timeout=0.5)
        assert not hub.running


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connect clients to a hub over TCP on loopback."""
    clients: list[Client] = []
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:

        def connect_one(
            hub: Hub,
            *channels: str,
            audience: Hashable = "all",
            user_id: int | None = None,
            session_id: str | None = None,
            pending: bytes = b"",
            first: bytes = b"",
        ) -> Client:
            near = socket.create_connection(listener.getsockname(), timeout=PATIENCE)
            far, _ = listener.accept()
            subscription = Subscription(frozenset(channels), audience, user_id, session_id)
            clients.append(Client(near, hub.adopt(far, subscription, pending, first)))
            return clients[-1]

        yield connect_one
    for client in clients:
        client.sock.close()


@pytest.fixture
def until() -> WaitUntil:
    return wait_until


@pytest.fixture
def framed() -> Framed:
    return client_frame


@dataclass
class Site:
    """A real server that the tests of a file share, with the services of its data at hand."""

    server: Server
    app: Flask
    cast: Cast
    settings: Settings

    @property
    def url(self) -> str:
        return self.server.url

    def open_event(self, title: str, **fields: Any) -> int:
        """An active event, opened by the authority outside of the server's process."""
        with self.app.app_context():
            event_id: int = service.open_event(self.cast.ada.actor, title=title, **fields).id
            return event_id

    def edit_event(self, event_id: int, **fields: Any) -> None:
        with self.app.app_context():
            service.edit_event(self.cast.ada.actor, event_id=event_id, seen_version=None, **fields)

    def head(self) -> int:
        """The newest entry of the journal."""
        with self.app.app_context():
            return head()


@contextlib.contextmanager
def served(folder: Path, workers: int = 1, arguments: Sequence[str] = (), **more: Any) -> Iterator[Site]:
    """A site on a migrated data folder."""
    settings = settings_for(folder, **more)
    app = create_app(settings)
    try:
        with running_server(settings, workers=workers, arguments=arguments) as server:
            yield Site(server, app, Cast(app), settings)
    finally:
        dispose(app)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Site]:
    """The server of this file."""
    folder = tmp_path_factory.mktemp("live") / "data"
    shutil.copytree(migrated_sqlite, folder)
    with served(folder) as found:
        yield found


@pytest.fixture
def proxy(site: Site) -> Iterator[Proxy]:
    """A line to the server that can be cut."""
    line = Proxy(site.server.address)
    yield line
    line.close()
