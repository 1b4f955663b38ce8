"""Readiness asks for a page, as people do: by a connection of the worker, its threads and the application.

Probes have threads of their own, so they answer when nothing else does; this is how they know.
"""

import socket
import time
from collections.abc import Callable
from functools import partial

from flask import Flask

from webapp.ops.checks import Finding, State, register
from webapp.settings import Settings

SLOW = 1.0  # seconds for a page, beyond which somebody should look
LATE = 3.0  # … and beyond which nobody is served
# It counts against no address that somebody has.
NOBODY = ("0.0.0.0", 0)  # noqa: S104 - an address that is shown, not one to listen on

LetIn = Callable[[socket.socket], None]


def watch(app: Flask, let_in: LetIn) -> None:
    """Have readiness ask for pages. ``let_in`` gives the worker an end of a connection, on any thread.

    One page at a time, at most one a second: checks see to that.
    """
    register("pages", partial(_page, _request(app.config["SETTINGS"]), let_in))


def _request(settings: Settings) -> bytes:
    name = settings.trusted_hosts[0].lstrip(".") if settings.trusted_hosts else "localhost"
    return f"GET /sign-in HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode()


def _page(request: bytes, let_in: LetIn) -> Finding:
    ours, theirs = socket.socketpair()
    started = time.monotonic()
    with ours:
        ours.settimeout(LATE)
        ours.sendall(request)
        let_in(theirs)
        try:
            answer = ours.recv(12)
        except TimeoutError:
            return Finding(State.DOWN, f"No page was answered within {LATE:.0f} s.")
    took = time.monotonic() - started
    if not answer or answer[9:10] == b"5":
        return Finding(State.DOWN, "Pages end in an error.")
    if took > SLOW:
        return Finding(State.DEGRADED, f"A page takes {took:.1f} s.")
    return Finding()
