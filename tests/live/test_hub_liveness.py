"""Who is there is asked and answered; who is not is noticed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from webapp.live.frames import text_frame
from webapp.live.hub import Hub

if TYPE_CHECKING:
    from tests.live.conftest import Connect, Framed, StartHub, WaitUntil


def test_a_ping_is_answered_with_its_own_payload(start_hub: StartHub, connect: Connect) -> None:
    client = connect(start_hub(), "board")
    client.send(9, b"are you there")
    assert client.next_frame() == (10, b"are you there")


def test_a_quiet_client_is_pinged_and_lives_as_long_as_it_answers(
    start_hub: StartHub, connect: Connect
) -> None:
    hub = start_hub(ping_every=0.1, dead_after=1.5)
    client = connect(hub, "board")
    for _ in range(18):  # longer than a dead one is waited for
        assert client.next_frame() == (9, b"")
        client.send(10)
    hub.broadcast("board", {"all": text_frame("alive")})
    frame = client.next_frame()
    while frame == (9, b""):
        frame = client.next_frame()
    assert frame == (1, b"alive")


def test_a_client_without_a_sign_of_life_is_closed(
    start_hub: StartHub, connect: Connect, until: WaitUntil
) -> None:
    hub = start_hub(ping_every=0.05, dead_after=0.2, goodbye_time=0.1)
    client = connect(hub, "board")
    until(lambda: hub.stats().dropped["silent"] == 1)
    assert hub.audiences("board") == set()
    frame = client.next_frame()
    while frame == (9, b""):
        frame = client.next_frame()
    assert frame[0] == 8
    assert client.at_end()


def test_a_client_that_drips_bytes_and_never_ends_a_frame_is_closed(
    start_hub: StartHub, connect: Connect, framed: Framed
) -> None:
    hub = start_hub(ping_every=0.05, dead_after=0.3, goodbye_time=0.1)
    client = connect(hub, "board")
    frame = framed(1, b"x" * 4000)
    for at in range(len(frame)):
        if hub.stats().dropped["silent"]:
            break
        try:
            client.sock.sendall(frame[at : at + 1])
        except OSError:
            break
        client.sock.settimeout(0.01)
        with suppress(TimeoutError):
            client.sock.recv(100)
    assert hub.stats().dropped["silent"] == 1


def test_a_text_is_handed_over_also_when_it_comes_byte_by_byte(
    start_hub: StartHub, connect: Connect, framed: Framed, until: WaitUntil
) -> None:
    heard: list[tuple[int, str]] = []
    hub = start_hub(on_message=lambda id_, text: heard.append((id_, text)))
    client = connect(hub, "board")
    for byte in framed(1, "abonnér på 7".encode()):
        client.sock.sendall(bytes([byte]))
    until(lambda: heard == [(client.id, "abonnér på 7")])
    assert hub.stats().messages == 1


def test_bytes_read_beyond_the_handshake_come_first(
    start_hub: StartHub, connect: Connect, framed: Framed, until: WaitUntil
) -> None:
    heard: list[str] = []
    hub = start_hub(on_message=lambda _, text: heard.append(text))
    early = framed(1, b"early") + framed(1, b"in two parts")
    client = connect(hub, "board", pending=early[:20])
    client.sock.sendall(early[20:])
    client.send(1, b"late")
    until(lambda: heard == ["early", "in two parts", "late"])


def test_a_first_frame_goes_before_the_answer_to_what_was_said_meanwhile(
    start_hub: StartHub, connect: Connect, framed: Framed
) -> None:
    hub: Hub = start_hub(on_message=lambda id_, _text: hub.send(id_, text_frame("an answer")))
    client = connect(hub, "board", pending=framed(1, b"p"), first=text_frame("what was missed"))
    assert [client.next_text(), client.next_text()] == ["what was missed", "an answer"]


def test_a_callback_may_answer_through_the_hub(start_hub: StartHub, connect: Connect) -> None:
    def answer(id_: int, text: str) -> None:
        hub.send(id_, text_frame(text.upper()))

    hub: Hub = start_hub(on_message=answer)
    client = connect(hub, "board")
    client.send(1, b"help")
    assert client.next_text() == "HELP"


def test_a_text_nobody_asked_for_is_ignored(start_hub: StartHub, connect: Connect) -> None:
    client = connect(start_hub(), "board")
    client.send(1, b"hello?")
    client.send(9, b"still there")
    assert client.next_frame() == (10, b"still there")


def test_a_callback_that_fails_ends_that_connection_only(
    start_hub: StartHub, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(_: int, text: str) -> None:
        int(text)

    def stumble_too(*_: object) -> None:
        raise KeyError("nobody")

    hub = start_hub(on_message=stumble, on_close=stumble_too)
    bystander, unlucky = connect(hub, "board"), connect(hub, "board")
    unlucky.send(1, b"not a number")
    assert unlucky.goodbye()[0] == 1011
    hub.broadcast("board", {"all": text_frame("unharmed")})
    assert bystander.next_text() == "unharmed"
    assert hub.stats().dropped["failed"] == 1
    assert [record.message for record in caplog.records] == ["live.on_message_failed", "live.on_close_failed"]
