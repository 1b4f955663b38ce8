"""Broken frames and floods end their own connection with the right code, nothing else."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

import pytest

from webapp.live.frames import text_frame

if TYPE_CHECKING:
    from tests.live.conftest import Connect, Framed, StartHub, WaitUntil

ATTACKS = {
    "unmasked": (b"\x81\x02hi", 1002),
    "reserved bits": (b"\xc1\x80abcd", 1002),
    "unknown opcode": (b"\x83\x80abcd", 1002),
    "fragmented ping": (b"\x09\x80abcd", 1002),
    "long ping": (b"\x89\xfe\x00\x80abcd" + b"x" * 128, 1002),
    "continuation of nothing": (b"\x80\x80abcd", 1002),
    "text within a text": (b"\x01\x80abcd\x81\x80abcd", 1002),
    "binary": (b"\x82\x80abcd", 1003),
    "64-bit length": (b"\x81\xff" + struct.pack("!Q", 2**62), 1009),
    "negative length": (b"\x81\xff" + struct.pack("!Q", 2**63 + 1), 1002),
    "padded length": (b"\x81\xfe\x00\x01abcdx", 1002),
    "oversized": (b"\x81\xfe\x10\x01abcd", 1009),
    "invalid UTF-8": (b"\x81\x81\x00\x00\x00\x00\xff", 1007),
    "close code 1006": (b"\x88\x82\x00\x00\x00\x00" + struct.pack("!H", 1006), 1002),
    "half a close code": (b"\x88\x81\x00\x00\x00\x00\x03", 1002),
}


@pytest.mark.parametrize(("attack", "code"), ATTACKS.values(), ids=ATTACKS)
def test_a_broken_frame_ends_its_own_connection_with_the_right_code(
    start_hub: StartHub, connect: Connect, attack: bytes, code: int
) -> None:
    hub = start_hub()
    bystander, attacker = connect(hub, "board"), connect(hub, "board")
    attacker.sock.sendall(attack)
    assert attacker.goodbye()[0] == code
    hub.broadcast("board", {"all": text_frame("unharmed")})
    assert bystander.next_text() == "unharmed"
    assert hub.stats().dropped["protocol"] == 1


def test_the_reason_is_readable_though_the_attacker_sent_more_than_was_read(
    start_hub: StartHub, connect: Connect
) -> None:
    hub = start_hub()
    attacker = connect(hub, "board")
    attacker.sock.sendall(b"\x81\x02hi" + b"x" * 100_000)
    assert attacker.goodbye() == (1002, "clients must mask")


def test_nothing_that_follows_a_broken_frame_is_acted_on(
    start_hub: StartHub, connect: Connect, framed: Framed
) -> None:
    heard: list[str] = []
    hub = start_hub(on_message=lambda _, text: heard.append(text))
    attacker = connect(hub, "board")
    attacker.sock.sendall(framed(1, b"good") + b"\x81\x02hi" + framed(1, b"too late"))
    attacker.goodbye()
    assert heard == ["good"]


@pytest.mark.parametrize("opcode", [1, 9, 10], ids=["texts", "pings", "pongs"])
def test_a_flood_of_frames_is_closed_as_a_breach_of_policy(
    start_hub: StartHub, connect: Connect, framed: Framed, opcode: int
) -> None:
    hub = start_hub(frames_per_second=20)
    attacker = connect(hub, "board")
    attacker.sock.sendall(framed(opcode, b"x") * 50)
    frame = attacker.next_frame()
    while frame[0] == 10:
        frame = attacker.next_frame()
    assert frame == (8, b"\x03\xf0too many messages")
    assert hub.stats().dropped["flood"] == 1


def test_a_message_in_endless_empty_fragments_is_a_flood(
    start_hub: StartHub, connect: Connect, framed: Framed
) -> None:
    hub = start_hub(frames_per_second=20)
    attacker = connect(hub, "board")
    attacker.sock.sendall(framed(1, b"", final=False) + framed(0, b"", final=False) * 40)
    assert attacker.goodbye()[0] == 1008


def test_as_many_frames_as_are_allowed_are_no_flood(
    start_hub: StartHub, connect: Connect, framed: Framed
) -> None:
    hub = start_hub(frames_per_second=20)
    client = connect(hub, "board")
    client.sock.sendall(framed(9, b"x") * 20)
    assert [client.next_frame() for _ in range(20)] == [(10, b"x")] * 20
    hub.broadcast("board", {"all": text_frame("still welcome")})
    assert client.next_text() == "still welcome"


def test_a_reset_in_the_middle_of_a_frame_ends_only_that_connection(
    start_hub: StartHub, connect: Connect, until: WaitUntil
) -> None:
    hub = start_hub()
    bystander, rude = connect(hub, "board"), connect(hub, "board")
    rude.sock.sendall(b"\x81")
    rude.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    rude.sock.close()
    until(lambda: hub.stats().dropped["lost"] == 1)
    hub.broadcast("board", {"all": text_frame("unharmed")})
    assert bystander.next_text() == "unharmed"
