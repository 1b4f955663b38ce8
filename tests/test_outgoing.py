"""Calls to addresses that somebody typed: never inside unless a setting says so, bounded in time and size."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import receiver as lab
from tests.conftest import dispose, settings_for
from tests.receiver import Receiver, receiving
from webapp import create_app, outgoing
from webapp.outgoing import Broken, OutgoingError, Refused, TooLarge, TooSlow, Unreachable
from webapp.outgoing.addresses import check_address, networks

LOOPBACK = "127.0.0.0/8,::1/128"


def calling(folder: Path, **more: object) -> Flask:
    """An app that may call loopback, unless told otherwise."""
    return create_app(settings_for(folder, **({"outgoing_networks": LOOPBACK} | more)))


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Flask]:
    """In the context of an app that may call loopback."""
    app = calling(tmp_path / "data")
    with app.app_context():
        yield app
    dispose(app)


@pytest.fixture
def server() -> Iterator[Receiver]:
    """A receiver that says 200."""
    with receiving(lab.say(200, b"hello", X_Kind="greeting")) as running:
        yield running


def fetch(url: str, *, limit_bytes: int = 10_000, seconds: float = 5.0) -> outgoing.Fetched:
    """A GET with the bounds of most tests."""
    return outgoing.get(url, limit_bytes=limit_bytes, seconds=seconds)


def test_what_is_there_comes(caller: Flask, server: Receiver) -> None:
    fetched = fetch(server.url(path="/feed?x=1"))
    assert (fetched.status, fetched.body, fetched.headers["x-kind"]) == (200, b"hello", "greeting")
    (asked,) = server.received
    assert asked.path == "/feed?x=1"
    assert asked.headers["host"] == f"127.0.0.1:{server.port}"
    assert asked.headers["user-agent"] == "Mayday"
    assert "cookie" not in asked.headers


def test_a_post_carries_its_body_and_headers(caller: Flask, server: Receiver) -> None:
    sent = outgoing.post(
        server.url(), b'{"a":1}', {"Content-Type": "application/json", "X-Id": "7"}, seconds=5
    )
    (taken,) = server.received
    assert sent.status == 200
    assert (taken.method, taken.body, taken.headers["x-id"]) == ("POST", b'{"a":1}', "7")


@pytest.mark.parametrize("status", [404, 500])
def test_an_answer_of_any_status_is_an_answer(caller: Flask, server: Receiver, status: int) -> None:
    server.answers = [lab.say(status, b"no")]
    assert fetch(server.url()).status == status
    assert outgoing.post(server.url(), b"", {}, seconds=5).status == status


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "[::1]"),
        *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
    ],
)
def test_the_inside_is_refused_in_every_spelling(tmp_path: Path, server: Receiver, host: str) -> None:
    app = calling(tmp_path / "data", outgoing_networks="")
    with app.app_context():
        for call in (
            lambda: fetch(server.url(host)),
            lambda: outgoing.post(server.url(host), b"", {}, seconds=5),
        ):
            with pytest.raises(Refused):
                call()
    assert server.received == []


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "192.88.99.1", "127.0.0.1"),
        *("::", "::1", "fe80::1", "fe80::1%1", "fc00::1", "fec0::1", "ff02::1", "ff0e::1", "::127.0.0.1"),
        *("::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::", "2001:0:1::1", "2001:db8::1"),
        *("3fff::1", "5f00::1", "not an address"),
    ],
)
def test_special_addresses_are_refused(address: str) -> None:
    with pytest.raises(Refused):
        check_address(address, ())


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_public_addresses_are_not(address: str) -> None:
    check_address(address, ())


def test_a_named_network_is_allowed_and_no_other() -> None:
    allowed = networks(["10.1.0.0/16", "fd00::/64"])
    for inside in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::5"):
        check_address(inside, allowed)
    for outside in ("10.2.0.1", "fd01::5", "127.0.0.1"):
        with pytest.raises(Refused):
            check_address(outside, allowed)


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://", "//example.org"),
        *("example.org", "http://me:pass@127.0.0.1/", "http://example.org@127.0.0.1/", "", "http://a b/"),
        *("http://127.0.0.1:99999/", "http://127.0.0.1\\@example.org/", "http://127.0.0.1/\r\nX: y"),
        *("http://[::1", "http:///x", "http://127.0.0.1/" + "x" * 2000),
    ],
    ids=range(16),
)
def test_what_is_no_web_address_is_refused(caller: Flask, url: str) -> None:
    with pytest.raises(Refused):
        fetch(url)


def looked_up(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Have the system's look-up of names answer these addresses in turn; gives what was asked."""
    real, asked = socket.getaddrinfo, []

    def look_up(host: str, port: int, *more: Any, **named: Any) -> Any:
        if not str(host).endswith(".test"):
            return real(host, port, *more, **named)
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [row for each in found.split() for row in real(each, port, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_that_leads_inside_is_refused(
    tmp_path: Path, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up(monkeypatch, "127.0.0.1")
    app = calling(tmp_path / "data", outgoing_networks="")
    with app.app_context(), pytest.raises(Refused):
        fetch(server.url("outside.test"))
    assert server.received == []


def test_a_name_with_one_address_inside_is_refused(
    tmp_path: Path, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up(monkeypatch, "8.8.8.8 127.0.0.1")
    app = calling(tmp_path / "data", outgoing_networks="")
    with app.app_context(), pytest.raises(Refused):
        fetch(server.url("both.test"))
    assert server.received == []


def test_a_name_that_changes_its_mind_is_looked_up_once(
    caller: Flask, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what was judged is what is connected to."""
    asked = looked_up(monkeypatch, "127.0.0.1", "10.255.255.1")
    assert fetch(server.url("rebinding.test")).status == 200
    assert asked == ["rebinding.test"]
    assert server.received[0].headers["host"] == f"rebinding.test:{server.port}"


def test_an_unknown_name_is_said_to_be_unknown(caller: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up(monkeypatch, "")
    with pytest.raises(Unreachable, match="Nothing is known"):
        fetch("http://nobody.test/")


def test_a_look_up_that_takes_for_ever_ends_in_time(caller: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30) and [])
    with pytest.raises(TooSlow):
        fetch("http://slow.test/", seconds=0.2)
    over.set()


@pytest.mark.parametrize(
    "behaviour", [lab.drip, lab.drip_headers, lab.silent], ids=["body", "headers", "silent"]
)
def test_a_slow_server_is_cut_off(caller: Flask, server: Receiver, behaviour: lab.Answer) -> None:
    server.answers = [behaviour]
    with pytest.raises(TooSlow):
        fetch(server.url(), seconds=0.3)
    with pytest.raises(TooSlow):
        outgoing.post(server.url(), b"x", {}, seconds=0.3)


def test_a_slow_handshake_is_cut_off(caller: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(TooSlow):
        fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/", seconds=0.3)


def test_an_endless_answer_is_not_read(caller: Flask, server: Receiver) -> None:
    server.answers = [lab.endless]
    with pytest.raises(TooLarge):
        fetch(server.url(), limit_bytes=100_000)
    with pytest.raises(TooLarge):
        outgoing.post(server.url(), b"x", {}, seconds=5)


@pytest.mark.parametrize(
    "behaviour", [lab.garbage, lab.cut_short, lab.say(200, b"x", Content_Encoding="gzip")]
)
def test_nonsense_is_said_to_be_so(caller: Flask, server: Receiver, behaviour: lab.Answer) -> None:
    server.answers = [behaviour]
    with pytest.raises(Broken):
        fetch(server.url())


def test_nobody_there(caller: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unreachable):
        fetch(f"http://127.0.0.1:{port}/")


def test_a_server_that_comes_up_is_found_by_another_try(caller: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    started = threading.Event()

    def come_up() -> None:
        started.wait(0.1)
        with receiving(port=port):
            started.wait(10)

    later = threading.Thread(target=come_up)
    later.start()
    try:
        assert _first_answer(f"http://127.0.0.1:{port}/") == 200
    finally:
        started.set()
        later.join()


def _first_answer(url: str) -> int:
    for _ in range(20):
        try:
            return fetch(url).status
        except Unreachable:
            continue
    raise AssertionError("never found")


def test_a_redirect_is_followed_and_judged(caller: Flask, server: Receiver) -> None:
    server.answers = [lab.say(302, Location="/there"), lab.say(200, b"there")]
    fetched = fetch(server.url())
    assert (fetched.body, fetched.url) == (b"there", server.url(path="/there"))


def test_a_redirect_inside_is_refused(tmp_path: Path, server: Receiver) -> None:
    server.answers = [lab.say(302, Location=f"http://127.0.0.2:{server.port}/secret")]
    app = calling(tmp_path / "data", outgoing_networks="127.0.0.1/32")
    with app.app_context(), pytest.raises(Refused):
        fetch(server.url())
    assert [taken.path for taken in server.received] == ["/"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://a:b@127.0.0.1/"])
def test_a_redirect_elsewhere_is_refused(caller: Flask, server: Receiver, target: str) -> None:
    server.answers = [lab.say(301, Location=target)]
    with pytest.raises(Refused):
        fetch(server.url())


def test_redirects_in_circles_end(caller: Flask, server: Receiver) -> None:
    server.answers = [lab.say(302, Location="/again")]
    with pytest.raises(Broken):
        fetch(server.url())
    assert len(server.received) == 4


def test_a_post_is_not_redirected(caller: Flask, server: Receiver) -> None:
    server.answers = [lab.say(307, Location="/there")]
    assert outgoing.post(server.url(), b"x", {}, seconds=5).status == 307
    assert len(server.received) == 1


def test_cookies_are_not_kept(caller: Flask, server: Receiver) -> None:
    server.answers = [lab.say(302, Location="/there", Set_Cookie="a=b; Path=/"), lab.say(200)]
    fetch(server.url())
    assert all("cookie" not in taken.headers for taken in server.received)


def test_the_environment_names_no_proxy_and_no_password(
    caller: Flask, server: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(server.url()).status == 200
    assert "authorization" not in server.received[0].headers


def test_a_certificate_is_checked_against_the_name(tmp_path: Path) -> None:
    context, public = lab.certificate(tmp_path, "localhost")
    app = calling(tmp_path / "data", outgoing_ca_file=public)
    with app.app_context(), receiving(tls=context) as server:
        assert fetch(server.url("localhost")).status == 200
        with pytest.raises(Broken, match="certificate"):
            fetch(server.url("127.0.0.1"))


def test_an_unknown_certificate_is_refused(tmp_path: Path) -> None:
    context, _ = lab.certificate(tmp_path, "localhost")
    app = calling(tmp_path / "data")
    with app.app_context(), receiving(tls=context) as server, pytest.raises(Broken, match="certificate"):
        fetch(server.url("localhost"))


def test_from_safe_to_unsafe_is_not_followed(tmp_path: Path, server: Receiver) -> None:
    context, public = lab.certificate(tmp_path, "localhost")
    app = calling(tmp_path / "data", outgoing_ca_file=public)
    unsafe = lab.say(302, Location=server.url())
    with app.app_context(), receiving(unsafe, tls=context) as safe, pytest.raises(Refused):
        fetch(safe.url("localhost"))
    assert server.received == []


def test_no_thread_or_socket_stays(caller: Flask, server: Receiver) -> None:
    server.answers = [lab.silent]
    for _ in range(3):
        with pytest.raises(OutgoingError):
            fetch(server.url(), seconds=0.1)
    names = [thread.name for thread in threading.enumerate()]
    assert "look-up" not in names
