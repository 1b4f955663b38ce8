"""The connections of a worker, by whose they are, and which of them ends when there are too many.

Who comes is let in, and the connection that has waited longest ends: of the same address when that has as
many as it may have, else of all. So somebody who opens thousands shuts nobody out, also not neighbours behind
the same address.
"""

import ipaddress
import time
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from gunicorn.workers.gthread import TConn

from webapp.web.proxies import address_of

if TYPE_CHECKING:
    import socket

    from gunicorn.config import Config

    from webapp.ops.framing import Framing
    from webapp.ops.outbox import Outbox

GRACE = 15.0  # seconds that a client may be silent while its request or answer is under way
PACE = 1024  # bytes a second that it must keep up beyond that; a photo over a bad radio link has more


class Line(TConn):
    """A connection, and what is under way on it.

    ``until`` is when it ends unless something moves, ``waited_since`` when something last did; a thread that
    answers has no such bound.
    """

    framing: "Framing | None" = None
    outbox: "Outbox | None" = None

    def __init__(self, cfg: "Config", sock: "socket.socket", client: object, server: object) -> None:
        super().__init__(cfg, sock, client, server)
        self.initialized = True  # gunicorn's parser reads what has arrived, never the socket
        self.plain = sock  # what `sock` is but for the time of an answer
        self.address = str(client[0]) if isinstance(client, tuple) else ""
        self.until = self.waited_since = time.monotonic()
        self.begun = False  # something of the request has arrived
        self.last = False  # nothing more is read after this request
        self.rest = b""  # what was sent behind the request
        self.first = b""  # how the request begins
        self.body = SpooledTemporaryFile[bytes]()
        self.size = 0  # bytes of the request that are here
        self.kept = False  # it goes on after this answer

    def moved(self, size: int) -> None:
        """So many bytes came or went: that gives time, but never more than the grace."""
        self.waited_since = time.monotonic()
        self.until = min(self.until + size / PACE, self.waited_since + GRACE)


class Crowd:
    """Every connection of a worker. ``per_address`` 0: as many as there may be in all."""

    def __init__(self, most: int, per_address: int, proxies: Iterable[str]) -> None:
        self._most = most
        self._per_address = per_address
        proxies = tuple(proxies)
        # Given as a number, whoever connects is a proxy.
        self._all_proxies = len(proxies) == 1 and proxies[0].isdigit()
        self._proxies = () if self._all_proxies else tuple(ipaddress.ip_network(each) for each in proxies)
        self._lines: dict[str, dict[Line, None]] = {}
        self._number = 0

    def add(self, line: Line) -> None:
        """One more."""
        self._lines.setdefault(line.address, {})[line] = None
        self._number += 1

    def remove(self, line: Line) -> None:
        """One less."""
        theirs = self._lines[line.address]
        del theirs[line]
        if not theirs:
            del self._lines[line.address]
        self._number -= 1

    def too_many(self, line: Line, waiting: Iterable[Line]) -> Line | None:
        """The connection that has to end because this one came, if one has to."""
        if self._number > self._most:
            return _longest(other for other in waiting if other is not line)
        theirs = self._lines[line.address]
        if self._per_address and len(theirs) > self._per_address and not self._is_proxy(line.address):
            among = set(waiting)
            return _longest(other for other in theirs if other is not line and other in among)
        return None

    def _is_proxy(self, address: str) -> bool:
        """Whether many people come by this address: their proxy bounds them."""
        found = address_of(address)
        return self._all_proxies or found is None or any(found in network for network in self._proxies)


def _longest(lines: Iterable[Line]) -> Line | None:
    return min(lines, key=lambda line: line.waited_since, default=None)
