"""A real HTTP server on loopback that answers like an address service, well or badly."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

COPENHAGEN = {
    "lat": "55.6867243",
    "lon": "12.5700724",
    "display_name": "Vesterbro, København, Danmark",
    "name": "Vesterbro",
    "addresstype": "suburb",
    "licence": "Data © OpenStreetMap contributors, ODbL 1.0.",
    "address": {"country_code": "dk"},
    "place_id": 1,
}

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers each request with what the test put in place, and remembers it."""

    server: "AddressService"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        self.server.asked.append((time.monotonic(), asked.path, query, dict(self.headers)))
        with contextlib.suppress(ConnectionError):
            self.server.answers[min(len(self.server.asked), len(self.server.answers)) - 1](self)

    def say(self, status: int, body: bytes, **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class AddressService(ThreadingHTTPServer):
    """The server; ``answers`` are used in turn, the last one for all that follow."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = [places(COPENHAGEN)]
        self.asked: list[tuple[float, str, dict[str, str], dict[str, str]]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


def places(*rows: object) -> Answer:
    """A good answer with these rows."""
    return body(json.dumps(rows).encode())


def body(content: bytes, status: int = 200, **headers: str) -> Answer:
    """An answer with these bytes."""
    return lambda handler: handler.say(status, content, **headers)


def drip(handler: Handler) -> None:
    """One byte at a time, for ever: each comes before a read timeout would notice."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.over.wait(0.05):
        handler.wfile.write(b" ")
    handler.close_connection = True


def drip_headers(handler: Handler) -> None:
    """The same before the answer has even begun."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.over.wait(0.05):
        handler.wfile.write(b"x")
    handler.close_connection = True


def endless(handler: Handler) -> None:
    """As many bytes as the line takes, for ever."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.over.is_set():
        handler.wfile.write(b"[" * 65_536)
    handler.close_connection = True


def silent(handler: Handler) -> None:
    """Accepts, reads, and says nothing."""
    handler.server.over.wait()
    handler.close_connection = True


def hang_up(handler: Handler) -> None:
    """Closes the line without an answer."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@pytest.fixture
def service() -> Iterator[AddressService]:
    """A running address service."""
    server = AddressService()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()
