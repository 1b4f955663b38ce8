"""Connections end when they must, with a code that says why, and are counted out at once."""

from __future__ import annotations

import os
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from webapp.live.frames import text_frame
from webapp.live.hub import Hub, Subscription

if TYPE_CHECKING:
    from tests.live.conftest import Connect, Framed, StartHub, WaitUntil


def test_close_user_closes_every_connection_of_that_person_only(
    start_hub: StartHub, connect: Connect
) -> None:
    hub = start_hub()
    phone, laptop = connect(hub, "board", user_id=7), connect(hub, "resources", user_id=7)
    other, nobody = connect(hub, "board", user_id=8), connect(hub, "board")
    hub.close_user(7, 4403, "your role changed")
    assert phone.goodbye() == laptop.goodbye() == (4403, "your role changed")
    hub.broadcast("board", {"all": text_frame("unharmed")})
    assert other.next_text() == nobody.next_text() == "unharmed"
    assert hub.stats().dropped["closed"] == 2


def test_close_session_closes_one_sign_in_of_a_person(start_hub: StartHub, connect: Connect) -> None:
    hub = start_hub()
    here = connect(hub, "board", user_id=7, session_id="here")
    there = connect(hub, "board", user_id=7, session_id="there")
    hub.close_session("here", reason="signed out")
    assert here.goodbye() == (4403, "signed out")
    hub.broadcast("board", {"all": text_frame("unharmed")})
    assert there.next_text() == "unharmed"


def test_nothing_broadcast_after_the_closing_reaches_the_closed(
    start_hub: StartHub, connect: Connect
) -> None:
    hub = start_hub()
    client = connect(hub, "board", user_id=7)
    hub.broadcast("board", {"all": text_frame("before")})
    hub.close_user(7)
    hub.broadcast("board", {"all": text_frame("secret")})
    hub.send(client.id, text_frame("secret"))
    assert client.next_text() == "before"
    assert client.goodbye() == (4403, "")


def test_nothing_follows_a_close_frame_that_waits_behind_a_full_outbox(
    start_hub: StartHub, connect: Connect
) -> None:
    hub = start_hub(kernel_buffer=8192, outbox_bytes=64 * 1024 * 1024, goodbye_time=30.0)
    client = connect(hub, "board")
    hub.send(client.id, text_frame("w" * 3_000_000))  # more than the kernel takes
    hub.close(client.id, 4000, "enough")
    hub.send(client.id, text_frame("secret"))
    assert client.next_text() == "w" * 3_000_000
    assert client.goodbye() == (4000, "enough")


def test_nothing_a_client_says_after_the_end_is_handed_over(
    start_hub: StartHub, connect: Connect, framed: Framed, until: WaitUntil
) -> None:
    heard: list[str] = []
    hub = start_hub(on_message=lambda _, text: heard.append(text))
    leaver, kicked, witness = (connect(hub, "board") for _ in range(3))
    leaver.sock.sendall(framed(1, b"bye") + framed(8) + framed(1, b"one more thing"))
    leaver.goodbye()
    hub.close(kicked.id, 4403, "")
    kicked.goodbye()
    kicked.send(1, b"but I")
    until(lambda: hub.stats().dropped["closed"] == 1)
    witness.send(1, b"seen")
    until(lambda: "seen" in heard)
    assert heard == ["bye", "seen"]


def test_closing_twice_or_someone_who_is_not_there_is_harmless(start_hub: StartHub, connect: Connect) -> None:
    hub = start_hub()
    client = connect(hub, "board", user_id=7)
    hub.close(10**9, 1000, "nobody")
    hub.close_user(99)
    hub.close(client.id, 4000, "once")
    hub.close(client.id, 4001, "twice")
    assert client.goodbye() == (4000, "once")
    assert hub.stats().dropped["closed"] == 1


@pytest.mark.parametrize(
    ("said", "answer"),
    [(struct.pack("!H", 1000) + b"bye", struct.pack("!H", 1000)), (b"", b""), (b"\x11\x33", b"\x11\x33")],
)
def test_a_close_is_answered_with_its_code(
    start_hub: StartHub, connect: Connect, said: bytes, answer: bytes
) -> None:
    hub = start_hub()
    client = connect(hub, "board")
    client.send(8, said)
    assert client.next_frame() == (8, answer)
    assert client.at_end()
    assert hub.stats().dropped["by_client"] == 1


def test_stop_tells_everybody_that_the_server_goes_away_after_what_was_sent(
    start_hub: StartHub, connect: Connect
) -> None:
    hub = start_hub()
    clients = [connect(hub, "board") for _ in range(20)]
    hub.broadcast("board", {"all": text_frame("last words")})
    stopping = threading.Thread(target=hub.stop)
    stopping.start()
    for client in clients:
        assert client.next_text() == "last words"
        assert client.goodbye() == (1001, "going away")
        client.sock.close()
    stopping.join()
    assert not hub.running
    assert hub.stats().sockets == 0
    assert hub.stats().dropped["shutdown"] == 20


def test_stop_does_not_wait_for_ever_for_those_who_stay(start_hub: StartHub, connect: Connect) -> None:
    hub = start_hub(goodbye_time=3600.0)
    client = connect(hub, "board")
    hub.stop(timeout=0.1)
    assert not hub.running
    assert client.goodbye()[0] == 1001


def test_stop_is_harmless_twice_and_before_the_start(start_hub: StartHub) -> None:
    Hub().stop()
    hub = start_hub()
    hub.stop()
    hub.stop()
    assert not hub.running


def test_audiences_and_channels_follow_those_who_come_and_go(
    start_hub: StartHub, connect: Connect, until: WaitUntil
) -> None:
    hub = start_hub()
    assert (hub.channels(), hub.audiences("board")) == (set(), set())
    one, two = connect(hub, "board", audience="V"), connect(hub, "board", "map", audience="V")
    three = connect(hub, "board", audience="A")
    assert hub.channels() == {"board", "map"}
    assert (hub.audiences("board"), hub.audiences("map")) == ({"A", "V"}, {"V"})
    two.sock.close()
    until(lambda: hub.channels() == {"board"})
    assert hub.audiences("board") == {"A", "V"}
    one.send(8)
    until(lambda: hub.audiences("board") == {"A"})
    hub.close(three.id, 1000, "")
    until(lambda: hub.channels() == set())
    assert hub.stats().sockets == 0


def test_each_end_is_told_once_with_its_subscription(
    start_hub: StartHub, connect: Connect, until: WaitUntil
) -> None:
    ended: list[tuple[int, Subscription]] = []
    hub = start_hub(on_close=lambda id_, subscription: ended.append((id_, subscription)), goodbye_time=0.05)
    cut, kicked = connect(hub, "board", user_id=1), connect(hub, "map", user_id=2)
    cut.sock.close()
    until(lambda: len(ended) == 1)
    hub.close_user(2)
    kicked.goodbye()
    kicked.sock.close()
    hub.stop()
    assert ended == [
        (cut.id, Subscription(frozenset({"board"}), "all", 1)),
        (kicked.id, Subscription(frozenset({"map"}), "all", 2)),
    ]


def test_no_descriptor_is_left_behind(start_hub: StartHub, connect: Connect) -> None:
    def open_descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = open_descriptors()
    hub = start_hub()
    clients = [connect(hub, "board") for _ in range(50)]
    for client in clients[:25]:
        client.sock.close()
    hub.stop(timeout=0.1)
    for client in clients[25:]:
        client.sock.close()
    assert open_descriptors() == before, os.listdir("/proc/self/fd")
