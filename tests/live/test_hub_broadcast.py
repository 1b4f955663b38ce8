"""What is broadcast or sent reaches whom it is for: whole, in order, nobody else."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from webapp.live.frames import text_frame
from webapp.live.hub import Hub, HubClosedError, Subscription

if TYPE_CHECKING:
    from tests.live.conftest import Connect, StartHub, WaitUntil


def test_a_broadcast_reaches_a_thousand_sockets(
    start_hub: StartHub, connect: Connect, until: WaitUntil
) -> None:
    hub = start_hub()
    clients = [connect(hub, "board") for _ in range(1000)]
    hub.broadcast("board", {"all": text_frame("x" * 1024)})
    assert {client.next_text() for client in clients} == {"x" * 1024}
    until(lambda: hub.stats().frames_sent == 1000)
    stats = hub.stats()
    assert (stats.sockets, stats.broadcasts, stats.bytes_sent) == (1000, 1, 1000 * 1028)
    assert not any(stats.dropped.values())


def test_each_audience_gets_its_own_frame_and_one_without_a_frame_gets_none(
    start_hub: StartHub, connect: Connect
) -> None:
    hub = start_hub()
    authority, volunteer, stranger = (connect(hub, "board", audience=who) for who in ("A", "V", "S"))
    hub.broadcast("board", {"A": text_frame("all of it"), "V": text_frame("a part")})
    hub.broadcast("board", dict.fromkeys("AVS", text_frame("end")))
    assert [authority.next_text(), authority.next_text()] == ["all of it", "end"]
    assert [volunteer.next_text(), volunteer.next_text()] == ["a part", "end"]
    assert stranger.next_text() == "end"


def test_a_broadcast_stays_in_its_channel(start_hub: StartHub, connect: Connect) -> None:
    hub = start_hub()
    here, both = connect(hub, "event:1"), connect(hub, "event:1", "event:2")
    for channel in ("event:2", "event:3", "event:1"):
        hub.broadcast(channel, {"all": text_frame(channel)})
    assert here.next_text() == "event:1"
    assert [both.next_text(), both.next_text()] == ["event:2", "event:1"]


def test_what_was_broadcast_before_a_socket_came_does_not_reach_it(
    start_hub: StartHub, connect: Connect
) -> None:
    hub = start_hub()
    hub.broadcast("board", {"all": text_frame("before")})
    client = connect(hub, "board")
    hub.broadcast("board", {"all": text_frame("after")})
    assert client.next_text() == "after"


def test_send_reaches_one_connection_only(start_hub: StartHub, connect: Connect) -> None:
    hub = start_hub()
    one, other = connect(hub, "board"), connect(hub, "board")
    hub.send(one.id, text_frame("for one"))
    hub.send(10**9, text_frame("for nobody"))
    hub.broadcast("board", {"all": text_frame("for all")})
    assert [one.next_text(), one.next_text()] == ["for one", "for all"]
    assert other.next_text() == "for all"


def test_frames_of_each_thread_arrive_in_its_order(start_hub: StartHub, connect: Connect) -> None:
    hub = start_hub()
    client = connect(hub, "board")

    def speak(name: str) -> None:
        for number in range(300):
            hub.broadcast("board", {"all": text_frame(f"{name} {number}")})

    threads = [threading.Thread(target=speak, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    got = [client.next_text().split() for _ in range(1200)]
    for name in "abcd":
        assert [int(number) for who, number in got if who == name] == list(range(300))


def test_frames_longer_than_the_kernel_takes_at_once_arrive_whole(
    start_hub: StartHub, connect: Connect
) -> None:
    hub = start_hub(kernel_buffer=16_384, outbox_bytes=64 * 1024 * 1024)
    client = connect(hub, "board")
    texts = [f"{number} " + chr(97 + number % 26) * (number * 7919 % 300_000) for number in range(12)]
    for text in texts:
        hub.broadcast("board", {"all": text_frame(text)})
    assert [client.next_text() for _ in texts] == texts


def test_a_hub_that_was_not_started_adopts_nothing_and_says_so() -> None:
    near, far = socket.socketpair()
    with near, far:
        with pytest.raises(HubClosedError):
            Hub().adopt(far, Subscription(frozenset({"board"}), "all"))
        far.sendall(b"still mine")
        assert near.recv(10) == b"still mine"


def test_a_stopped_hub_adopts_nothing_and_says_so(start_hub: StartHub) -> None:
    hub = start_hub()
    hub.stop()
    near, far = socket.socketpair()
    with near, far, pytest.raises(HubClosedError):
        hub.adopt(far, Subscription(frozenset({"board"}), "all"))
    assert hub.audiences("board") == set()
    hub.broadcast("board", {"all": text_frame("to nobody")})


def test_a_socket_closed_before_it_is_adopted_is_refused_at_the_door(start_hub: StartHub) -> None:
    hub = start_hub()
    near, far = socket.socketpair()
    near.close()
    far.close()
    with pytest.raises(OSError, match="file descriptor"):
        hub.adopt(far, Subscription(frozenset({"board"}), "all"))
    assert hub.channels() == set()


def test_a_hub_is_started_once(start_hub: StartHub) -> None:
    hub = start_hub()
    with pytest.raises(RuntimeError, match="once"):
        hub.start()
    assert hub.running
