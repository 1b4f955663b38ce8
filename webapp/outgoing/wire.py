"""The connection of a call: looked up once, judged, connected to what was judged, cut off at its time.

The check sits where the socket is made, so that nothing (a redirect, another reading of the address by a
library) gets around it. A timeout of each read does not bound a server that sends a byte now and then;
the deadline does: it shuts the socket down under whoever waits for it.
"""

import contextlib
import functools
import queue
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from webapp.outgoing.addresses import Network, check_address
from webapp.outgoing.troubles import Broken, TooLarge, TooSlow, Unreachable

CONNECT_SECONDS = 5.0
_CHUNK = 16 * 1024

Found = list[tuple[int, tuple[Any, ...]]]  # family and socket address


class Deadline:
    """The moment by which a call is over, with all its redirects and tries. Close it when it is."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._timer = threading.Timer(max(0.0, seconds), self._cut)
        self._timer.daemon = True
        self._timer.start()

    @property
    def left(self) -> float:
        """Seconds that are left. Raises `TooSlow` when none are."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TooSlow
        return left

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return time.monotonic() >= self.at

    def watch(self, sock: socket.socket) -> None:
        """Shut this socket down when time is up, by a descriptor of its own: TLS takes the first away."""
        with self._lock:
            self._open.append(sock.dup())

    def close(self) -> None:
        """The call is over."""
        self._timer.cancel()
        with self._lock:
            for each in self._open:
                each.close()
            self._open.clear()

    def _cut(self) -> None:
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


class Line(HTTPAdapter):
    """Carries requests within a deadline, a number of bytes, and the networks that may be reached.

    ``allowed`` is None for addresses that the operator chose in the settings: these are not judged.
    """

    def __init__(self, deadline: Deadline, limit_bytes: int, allowed: tuple[Network, ...] | None) -> None:
        self.deadline, self._limit, self._allowed = deadline, limit_bytes, allowed
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **more: Any) -> Any:
        """The pool of the library, with connections of ours."""
        pool: Any = super().get_connection_with_tls_context(*args, **more)
        kind = _Tls if pool.scheme == "https" else _Plain
        pool.ConnectionCls = functools.partial(kind, line=self)
        return pool

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The whole answer. Raises an `OutgoingError`."""
        request.headers["Accept-Encoding"] = "identity"  # so that the bound on bytes is one on memory too
        try:
            # Never by a proxy: it would be judged in place of the address.
            response = super().send(request, True, self.deadline.left, verify, cert, None)
            with contextlib.closing(response.raw):
                response._content = self._body(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._trouble(error) from error
        return response

    def open(self, host: str, port: int) -> socket.socket:
        """A socket to an address that was judged. Raises `Refused`, `Unreachable`, `TooSlow`."""
        found = _look_up(host, port, self.deadline.left)
        if self._allowed is not None:
            for _, address in found:
                check_address(str(address[0]), self._allowed)
        for family, address in found:
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(min(CONNECT_SECONDS, self.deadline.left))
                sock.connect(address)
            except OSError:
                sock.close()
            else:
                self.deadline.watch(sock)
                return sock
        raise Unreachable("The other system cannot be reached.")

    def _body(self, response: requests.Response) -> bytes:
        if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            raise Broken("The other system answers in a way that nobody asked for.")
        body = read_bounded(response, self._limit, self.deadline.at)
        declared = response.headers.get("Content-Length", "")
        if response.request.method != "HEAD" and declared.isdecimal() and len(body) < int(declared):
            raise Broken("The other system broke off.")
        return body

    def _trouble(self, error: Exception) -> Exception:
        """The error in words; after its time everything is a broken connection."""
        if self.deadline.passed or isinstance(error, requests.Timeout | TimeoutError):
            return TooSlow()
        if isinstance(error, requests.exceptions.SSLError):
            return Broken("The certificate of the other system is not right.")
        return Broken("The other system broke off.")


def read_bounded(response: requests.Response, limit_bytes: int, until: float) -> bytes:
    """The body, read as it comes. Raises `TooLarge`, or `TooSlow` after ``until`` (monotonic clock)."""
    body = bytearray()
    while chunk := response.raw.read1(_CHUNK):
        body += chunk
        if len(body) > limit_bytes:
            raise TooLarge
        if time.monotonic() > until:
            raise TooSlow
    if time.monotonic() > until:
        raise TooSlow
    return bytes(body)


class _OfLine:
    """A connection whose socket the line opens."""

    host: str
    port: int
    _dns_host: str

    def __init__(self, *args: Any, line: Line, **more: Any) -> None:
        self._line = line
        super().__init__(*args, **more)

    def _new_conn(self) -> socket.socket:
        return self._line.open(self._dns_host, self.port)


class _Plain(_OfLine, HTTPConnection):
    pass


class _Tls(_OfLine, HTTPSConnection):
    pass


def _look_up(host: str, port: int, seconds: float) -> Found:
    """The addresses of a name. In a thread of its own: the system's look-up knows no timeout."""
    answer: queue.SimpleQueue[Found | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answer.put(error)
        else:
            answer.put([(row[0], row[4]) for row in rows])

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except queue.Empty:
        raise TooSlow from None
    if isinstance(found, Exception) or not found:
        raise Unreachable("Nothing is known under this name.")
    return found
