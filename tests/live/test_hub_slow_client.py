"""A client that does not read harms itself only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from webapp.live.frames import text_frame

if TYPE_CHECKING:
    from tests.live.conftest import Connect, StartHub, WaitUntil

FRAME = text_frame("y" * 2000)


def test_a_client_that_never_reads_is_dropped_and_others_get_everything_in_order(
    start_hub: StartHub, connect: Connect, until: WaitUntil
) -> None:
    hub = start_hub(kernel_buffer=8192, goodbye_time=0.3)
    stalled, *healthy = (connect(hub, "board") for _ in range(6))
    number = 0
    while not hub.stats().dropped["slow"]:
        assert number < 10_000, "the stalled client is never dropped"
        text = f"{number} " + "z" * 20_000
        hub.broadcast("board", {"all": text_frame(text)})
        assert [client.next_text() for client in healthy] == [text] * 5
        number += 1
    until(lambda: hub.stats().sockets == 5)
    hub.broadcast("board", {"all": text_frame("still here")})
    assert [client.next_text() for client in healthy] == ["still here"] * 5
    assert sum(hub.stats().dropped.values()) == 1
    stalled.sock.close()


@pytest.mark.parametrize("size", [20_000, 3_000_000], ids=["small frames", "one cut by the kernel"])
def test_the_stream_of_a_dropped_client_holds_whole_frames_in_order_and_ends_with_1013(
    start_hub: StartHub, connect: Connect, until: WaitUntil, size: int
) -> None:
    hub = start_hub(kernel_buffer=8192, goodbye_time=30.0)
    stalled = connect(hub, "board")
    sent = 0
    while not hub.stats().dropped["slow"]:
        hub.broadcast("board", {"all": text_frame(f"{sent} " + "z" * size)})
        sent += 1
        until(lambda: hub.stats().broadcasts == sent)  # noqa: B023
    got = 0
    while (frame := stalled.next_frame())[0] == 1:
        assert frame[1] == f"{got} ".encode() + b"z" * size
        got += 1
    assert frame[0] == 8
    assert int.from_bytes(frame[1][:2], "big") == 1013
    assert stalled.at_end()
    assert 0 < got <= sent


def test_what_waits_for_a_client_is_bounded(start_hub: StartHub, connect: Connect, until: WaitUntil) -> None:
    hub = start_hub(kernel_buffer=8192, outbox_bytes=10_000)
    connect(hub, "board")
    handed_over = 0
    while not hub.stats().dropped["slow"]:
        hub.broadcast("board", {"all": FRAME})
        handed_over += len(FRAME)
        until(lambda: hub.stats().broadcasts * len(FRAME) == handed_over)  # noqa: B023
    waiting_at_most = 10_000 + len(FRAME)
    assert handed_over - hub.stats().bytes_sent <= waiting_at_most


def test_a_client_that_reads_late_but_within_its_bound_gets_everything(
    start_hub: StartHub, connect: Connect, until: WaitUntil
) -> None:
    hub = start_hub(kernel_buffer=8192, outbox_bytes=16 * 1024 * 1024)
    late = connect(hub, "board")
    texts = [f"{number} " + "z" * 20_000 for number in range(400)]
    for text in texts:
        hub.broadcast("board", {"all": text_frame(text)})
    until(lambda: hub.stats().broadcasts == 400)
    assert hub.stats().frames_sent < 400, "the test must fill the kernel's buffers"
    assert [late.next_text() for _ in texts] == texts


def test_a_dropped_client_that_goes_on_not_reading_is_let_go_after_the_goodbye_time(
    start_hub: StartHub, connect: Connect, until: WaitUntil
) -> None:
    closed: list[int] = []
    hub = start_hub(on_close=lambda id_, _: closed.append(id_), kernel_buffer=8192, goodbye_time=0.1)
    stalled = connect(hub, "board")
    while not hub.stats().dropped["slow"]:
        hub.broadcast("board", {"all": FRAME})
    until(lambda: closed == [stalled.id])

    def is_reset() -> bool:
        try:
            stalled.sock.sendall(b"x")
        except OSError:
            return True
        return False

    until(is_reset)


def test_a_client_that_asks_and_does_not_read_the_answers_is_bounded_too(
    start_hub: StartHub, connect: Connect, until: WaitUntil
) -> None:
    hub = start_hub(kernel_buffer=2048, outbox_bytes=4096, frames_per_second=1_000_000)
    asker = connect(hub, "board")
    asker.sock.settimeout(0.5)

    def asks_until_dropped() -> bool:
        try:
            asker.send(9, b"p" * 125)
        except OSError:
            return True
        return bool(hub.stats().dropped["slow"])

    while not asks_until_dropped():
        pass
    until(lambda: hub.stats().dropped["slow"] == 1)
