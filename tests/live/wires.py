"""A page's end of the live wire, spoken by a test: connect, read frames, hear the goodbye."""

from __future__ import annotations

import contextlib
import re
import struct
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import websocket

from tests.people import Person

PATIENCE = 10.0
_PART = re.compile(
    r'<template data-live="(\w+)" data-target="([^"]*)"(?: data-list="([^"]*)")?(?: data-seq="\d+")?>'
    r"(.*?)</template>",
    re.S,
)


@dataclass
class Frame:
    """What one frame says: up to which entry the page knows everything, and what to do."""

    seq: int
    html: str
    # (what to do, target, html) in order
    parts: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def targets(self) -> set[str]:
        """Which elements it touches."""
        return {target for _, target, _ in self.parts}


class Goodbye(Exception):
    """The server closed the socket, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def cookie_of(person: Person) -> str:
    """The cookie header of this person's browser."""
    held = person.client.get_cookie("mayday")
    assert held is not None
    return f"mayday={held.value}"


class Page:
    """An open page, as far as the live wire is concerned."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self.socket = socket

    def next_frame(self, within: float = PATIENCE) -> Frame:
        """The next frame. Raises `Goodbye` if the server closes instead."""
        self.socket.settimeout(within)
        opcode, payload = self.socket.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise Goodbye(struct.unpack("!H", payload[:2])[0])
        head, _, html = payload.decode().partition("\n")
        parts = [(kind, target, inner) for kind, target, _, inner in _PART.findall(html)]
        return Frame(int(head), html, parts)

    def until(self, target: str) -> Frame:
        """The next frame that touches this element."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            frame = self.next_frame()
            if target in frame.targets:
                return frame
        raise AssertionError(f"{target} never came")

    def all_until(self, seq: int) -> list[Frame]:
        """All frames until the page has been told that it knows everything up to this entry."""
        frames: list[Frame] = []
        deadline = time.monotonic() + PATIENCE
        while not frames or frames[-1].seq < seq:
            assert time.monotonic() < deadline, f"the page was never brought up to {seq}"
            self.socket.send("p")
            frames.append(self.next_frame())
            while frames[-1].parts:
                frames.append(self.next_frame())
            time.sleep(0.1)  # a client that asks too often is taken for an attack
        return frames

    def goodbye(self) -> int:
        """The code with which the server closes; frames before it are passed over."""
        with contextlib.suppress(websocket.WebSocketConnectionClosedException):
            while True:
                try:
                    self.next_frame()
                except Goodbye as goodbye:
                    return goodbye.code
        raise AssertionError("the connection ended without a goodbye")

    def close(self) -> None:
        """Leave."""
        self.socket.close(timeout=1)


def connect(
    url: str,
    person: Person | None,
    *channels: str,
    since: int | str = 0,
    origin: str | None = None,
    **more: Any,
) -> Page:
    """Open the live wire as this person's browser would. Raises WebSocketBadStatusException if refused."""
    address = (
        url.replace("http", "ws", 1)
        + "/live?"
        + urlencode([("since", since), *(("channel", channel) for channel in channels)])
    )
    cookie = cookie_of(person) if person else None
    socket = websocket.create_connection(
        address, timeout=PATIENCE, origin=origin or url, cookie=cookie, redirect_limit=0, **more
    )
    return Page(socket)
