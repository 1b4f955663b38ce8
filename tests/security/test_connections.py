"""Connections that begin and do not go on, ask and do not read, come by the thousand: nobody else waits."""

import contextlib
import time

import pytest

from tests.ops.test_start import Serving
from tests.security.watching import Watch, ask, line, lines, memory, require_memory_back

# One attack at a time: they measure how long others wait.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("attacks")]

POST = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
LARGE = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "begun",
    [
        # The bytes end as a body does, and its first chunk is not over.
        CHUNKED + b"ff\r\nx0\r\n\r\n",
        CHUNKED + b"0\r\nTrailer: y\r\n",
        CHUNKED + b'5;name="0\r\n\r\n',
        POST + b"Content-Length: 15000000\r\n\r\n",
        POST + b"Content-Length: 60000000\r\n\r\n",
        b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    ],
    ids=["early-end", "trailer", "extension", "body", "upload", "head"],
)
def test_requests_that_do_not_go_on_keep_nobody_waiting(serving: Serving, begun: bytes) -> None:
    with Watch(serving) as watch, lines(serving, 40, begun) as begun_lines:
        for _ in range(3):
            time.sleep(0.3)
            for each in begun_lines:
                with contextlib.suppress(OSError):
                    each.sendall(b"0")
    watch.require_calm()


@pytest.mark.parametrize("source", ["127.0.0.2", "127.0.0.1"], ids=["stranger", "neighbour"])
def test_two_thousand_bodies_that_never_come_keep_nobody_out(serving: Serving, source: str) -> None:
    before = memory(serving)
    begun = POST + b"Content-Length: 15000000\r\n\r\nabc"
    with Watch(serving) as watch, lines(serving, 2000, begun, source=source):
        time.sleep(2)
    watch.require_calm()
    assert ask(serving, "/sign-in")[0] == 200
    require_memory_back(serving, before)


def test_who_is_let_go_while_it_speaks_harms_nobody(serving: Serving) -> None:
    begun = POST + b"Content-Length: 15000000\r\n\r\n"
    with Watch(serving) as watch, lines(serving, 1000, begun) as first:
        # The oldest speak, in the same moment as newcomers make them leave.
        for speaker in first[:400]:
            with contextlib.suppress(OSError):
                speaker.sendall(b"x")
            line(serving, begun).close()
    watch.require_calm()
    assert ask(serving, "/sign-in")[0] == 200


def test_who_asks_for_much_and_never_reads_keeps_nobody_waiting(serving: Serving) -> None:
    ask(serving, LARGE.split()[1].decode())  # made once, and kept
    before = memory(serving)
    with Watch(serving) as watch, lines(serving, 40, LARGE * 60, buffer=4096):
        time.sleep(2)
    watch.require_calm()
    require_memory_back(serving, before)


def test_ninety_people_behind_one_address_get_in(serving: Serving) -> None:
    visit = b"GET /static/mayday.svg HTTP/1.1\r\nHost: x\r\n\r\n"
    with lines(serving, 90 * 6, visit, source="127.0.0.3") as shelter:
        answers = {each.recv(12) for each in shelter}
    assert answers == {b"HTTP/1.1 200"}


def test_who_reads_slowly_gets_the_whole_answer(serving: Serving) -> None:
    whole = ask(serving, LARGE.split()[1].decode())[1]
    with line(serving, LARGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), buffer=4096) as slow:
        time.sleep(1)
        got = b"".join(iter(lambda: slow.recv(8192), b""))
    assert got.partition(b"\r\n\r\n")[2] == whole
