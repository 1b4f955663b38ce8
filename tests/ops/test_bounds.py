"""What is too large, too long or too slow is refused in words, and never keeps others waiting."""

import contextlib
import http.client
import io
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import dispose, settings_for
from tests.people import Cast
from tests.servers import Server, running_server
from webapp import create_app
from webapp.ops import worker

JSON = {"Accept": "application/json"}
HTMX = {"HX-Request": "true"}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Server]:
    """A real server with the usual sixteen threads, and a bounded time for a request's head."""
    import shutil

    folder = tmp_path_factory.mktemp("bounds") / "data"
    shutil.copytree(migrated_sqlite, folder)
    with running_server(settings_for(folder)) as running:
        yield running


@pytest.fixture(scope="module")
def unended(server: Server) -> Iterator[socket.socket]:
    """A request that began with the first test of the server, and never goes on."""
    with socket.create_connection(server.address, timeout=worker.HEAD_SECONDS + 10) as line:
        line.sendall(b"GET /sign-in HTTP/1.1\r\n")
        yield line


def page(server: Server) -> int:
    """An ordinary visit."""
    connection = http.client.HTTPConnection(*server.address, timeout=10)
    connection.request("GET", "/sign-in")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def said(server: Server, request: bytes) -> bytes:
    """What the server answers to these bytes, until it closes or has answered."""
    with socket.create_connection(server.address, timeout=30) as line:
        line.sendall(request)
        return line.recv(65_536)


@pytest.mark.parametrize("headers", [{}, HTMX, JSON])
def test_a_form_that_is_too_large_is_refused_in_words(cast: Cast, headers: dict[str, str]) -> None:
    answer = cast.vic.post("/events/new", {"description": "x" * 1_100_000}, headers=headers)
    assert answer.status_code == 413
    assert "too large" in answer.text.lower()


def test_too_many_parts_are_refused(cast: Cast) -> None:
    parts = {f"part{n}": (io.BytesIO(b"x"), "x.txt") for n in range(201)}
    answer = cast.vic.post("/events/new", parts, content_type="multipart/form-data")
    assert answer.status_code == 413


def test_a_hundred_thousand_parameters_do_no_harm(cast: Cast) -> None:
    csrf = cast.vic.csrf
    body = f"csrf_token={csrf}&" + "&".join(f"p{n}=1" for n in range(50_000))
    answer = cast.vic.client.post("/events/new", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (413, 422)
    more = "csrf_token=x&" + "&".join(f"parameter{n}=1" for n in range(100_000))
    answer = cast.vic.client.post("/events/new", data=more, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413


def test_a_name_that_is_not_ours_is_refused_in_words(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, trusted_hosts=("help.example",)))
    for host in ("evil.example", "help.example.evil.example", "127.0.0.1"):
        answer = app.test_client().get("/sign-in", headers={"Host": host})
        assert answer.status_code == 400
        assert "does not answer to this name" in answer.text
        assert "evil.example" not in answer.text
    assert app.test_client().get("/sign-in", headers={"Host": "help.example"}).status_code == 200
    dispose(app)


def test_every_answer_has_the_security_headers(cast: Cast) -> None:
    for answer in (
        cast.sam.get("/me"),
        cast.stranger.get("/nowhere"),
        cast.stranger.get("/static/mayday.svg"),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_with_secure_cookies_browsers_are_told_to_stay_with_https(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, secure_cookies=True))
    answer = app.test_client().get("/sign-in")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)
    dispose(app)


def test_all_that_leaves_the_process_has_a_time_limit() -> None:
    calls = re.compile(
        r"\b(requests\.(get|post|put|request|head)|urlopen|create_connection|psycopg\.connect)"
        r"\((?P<how>(?:[^()]|\([^()]*\))*)\)"
    )
    unbounded = [
        f"{path.relative_to(ROOT)}: {call[0]}"
        for path in (ROOT / "webapp").rglob("*.py")
        for call in calls.finditer(path.read_text())
        if "timeout" not in call["how"]
    ]
    assert unbounded == []


def test_redis_is_reached_with_bounded_waits_everywhere() -> None:
    made = re.compile(r"(Redis\.from_url|Redis|ConnectionPool\.from_url|from_url)\((?P<arguments>[^)]*\)?)")
    found = {
        str(path.relative_to(ROOT)): match["arguments"]
        for path in (ROOT / "webapp").rglob("*.py")
        for match in made.finditer(path.read_text())
    }
    unbounded = {
        where: how for where, how in found.items() if "timeout" not in how and "**(bounds | more)" not in how
    }
    assert unbounded == {}


def test_postgresql_is_not_waited_for_without_end(tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path, database_url="postgresql://127.0.0.1:1/none"))
    options = app.config["SQLALCHEMY_ENGINE_OPTIONS"]
    assert options["connect_args"]["connect_timeout"] == 5
    assert "statement_timeout=30s" in options["connect_args"]["options"]
    assert options["pool_timeout"] <= 10


@pytest.mark.slow
@pytest.mark.usefixtures("unended")
@pytest.mark.parametrize("size", [40_000, 200_000])
def test_a_head_that_is_too_long_is_refused(server: Server, size: int) -> None:
    request = b"GET /sign-in HTTP/1.1\r\nHost: x\r\n"
    request += b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(size // 1000))
    assert re.match(rb"HTTP/1.1 (400|431) ", said(server, request))
    assert page(server) == 200


@pytest.mark.slow
def test_an_address_that_is_too_long_is_refused(server: Server) -> None:
    request = b"GET /sign-in?" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    assert re.match(rb"HTTP/1.1 (400|414) ", said(server, request))
    assert page(server) == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
        # The first request is whole and answered; the second one drips.
        b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /sign-in HTTP/1.1\r\nX-Slow: ",
        # More than is ever read: refused unread, and the rest drips.
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    ],
    ids=["nothing", "head", "body", "chunks", "second", "huge"],
)
def test_forty_clients_that_send_a_byte_a_second_keep_nobody_waiting(server: Server, begun: bytes) -> None:
    lines = [socket.create_connection(server.address, timeout=10) for _ in range(40)]
    try:
        for line in lines:
            line.sendall(begun)
        for _ in range(4):
            for line in lines:
                _drip(line)
            assert page(server) == 200
            time.sleep(0.5)
    finally:
        for line in lines:
            line.close()


def _drip(line: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the server may have closed it: that is its right
        line.sendall(b"a")


@pytest.mark.slow
def test_requests_sent_in_pieces_or_behind_each_other_are_all_answered(server: Server) -> None:
    one = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(server.address, timeout=30) as line:
        line.sendall(one + one + last[:10])
        time.sleep(0.2)
        for byte in last[10:]:
            line.sendall(bytes([byte]))
        answers = b"".join(iter(lambda: line.recv(65_536), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.slow
def test_a_body_in_chunks_and_one_that_waits_for_a_word_are_read(server: Server) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    chunked += b'5\r\na=b&c\r\n2;name="0"\r\n=d\r\n0\r\nX-Sum: 1\r\n\r\n'
    assert said(server, chunked).startswith(b"HTTP/1.1 403 ")
    with socket.create_connection(server.address, timeout=30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in chunked:
            line.sendall(bytes([byte]))
        line.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answers = b"".join(iter(lambda: line.recv(65_536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"403", b"200"]
    with socket.create_connection(server.address, timeout=30) as line:
        line.sendall(head + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert line.recv(65_536).startswith(b"HTTP/1.1 100 ")
        line.sendall(b"a=b")
        assert b"HTTP/1.1 403 " in line.recv(65_536) + line.recv(65_536)


@pytest.mark.slow
@pytest.mark.parametrize(
    "framed",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"Content-Length: +5\r\n\r\nabcde",
        b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 2000,
    ],
    ids=["both", "two", "sign", "coding", "twice", "space", "size", "overrun", "tiny"],
)
def test_a_request_whose_end_can_be_read_in_two_ways_is_refused_and_the_last(
    server: Server, framed: bytes
) -> None:
    behind = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(server.address, timeout=30) as line:
        line.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\n" + framed + behind)
        answers = b"".join(iter(lambda: line.recv(65_536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) in ([b"400"], [b"501"])


@pytest.mark.slow
def test_a_request_that_never_ends_is_closed_with_words(unended: socket.socket) -> None:
    answer = unended.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"did not arrive in time" in answer
    assert unended.recv(10) == b""
