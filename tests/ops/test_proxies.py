"""Forwarded addresses are believed from trusted proxies only, and nobody gets past a limit by forging one."""

import http.client
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, request
from flask.testing import FlaskClient

from tests.conftest import dispose, settings_for
from tests.servers import Server, running_server
from webapp import create_app
from webapp.access import allows
from webapp.policy import Action
from webapp.settings import SettingsError

FORGED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
}


def seen() -> Any:
    """What the rest of the application takes the request for."""
    return jsonify(address=request.remote_addr, scheme=request.scheme, host=request.host)


def app_behind(folder: Path, *trusted: str, **more: Any) -> Flask:
    """An app that trusts these proxies and tells what it sees."""
    app = create_app(settings_for(folder, trusted_proxies=trusted, **more))
    app.add_url_rule("/seen", "seen", allows(Action.ENTER)(seen))
    return app


@pytest.fixture
def ask(data_dir: Path) -> Iterator[Any]:
    """Ask, from a peer, an app that trusts certain proxies."""
    made: list[Flask] = []

    def asked(trusted: tuple[str, ...], peer: str, headers: dict[str, str]) -> dict[str, str]:
        app = app_behind(data_dir, *trusted)
        made.append(app)
        answer = app.test_client().get("/seen", headers=headers, environ_base={"REMOTE_ADDR": peer})
        assert answer.status_code == 200
        found: dict[str, str] = answer.get_json()
        return found

    yield asked
    for app in made:
        dispose(app)


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.9", "203.0.113.1"])
def test_without_the_setting_nobody_is_believed(ask: Any, peer: str) -> None:
    assert ask((), peer, FORGED) == {"address": peer, "scheme": "http", "host": "localhost"}


def test_a_trusted_proxy_is_believed(ask: Any) -> None:
    told = ask(("10.0.0.0/8",), "10.0.0.9", FORGED)
    assert told == {"address": "203.0.113.7", "scheme": "https", "host": "evil.example"}


def test_another_peer_is_not_believed(ask: Any) -> None:
    told = ask(("10.0.0.0/8",), "192.0.2.4", FORGED)
    assert told == {"address": "192.0.2.4", "scheme": "http", "host": "localhost"}


@pytest.mark.parametrize(
    ("trusted", "said", "address"),
    [
        # What a client wrote itself stands before what the proxies added.
        (("10.0.0.0/8",), "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (("10.0.0.0/8",), "198.51.100.1, 203.0.113.7, 10.0.0.3", "203.0.113.7"),
        (("10.0.0.0/8",), "10.1.1.1, 10.0.0.3", "10.1.1.1"),
        (("10.0.0.0/8",), "rubbish, 10.0.0.3", "10.0.0.3"),
        (("10.0.0.0/8",), "rubbish", "10.0.0.9"),
        (("10.0.0.0/8",), "<script>, ' OR 1=1", "10.0.0.9"),
        (("10.0.0.0/8",), "", "10.0.0.9"),
        (("10.0.0.0/8",), "[2001:db8::1]:4711", "2001:db8::1"),
        (("10.0.0.0/8",), "203.0.113.7:4711", "203.0.113.7"),
        (("1",), "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (("2",), "198.51.100.1, 203.0.113.7, 10.0.0.3", "203.0.113.7"),
        # A list that is too short did not come through both proxies.
        (("2",), "203.0.113.7", "10.0.0.9"),
    ],
)
def test_the_last_address_that_is_no_proxys_counts(
    ask: Any, trusted: tuple[str, ...], said: str, address: str
) -> None:
    assert ask(trusted, "10.0.0.9", {"X-Forwarded-For": said})["address"] == address


def test_a_peer_of_both_kinds_of_address_is_the_same_peer(ask: Any) -> None:
    assert ask(("10.0.0.0/8",), "::ffff:10.0.0.9", FORGED)["address"] == "203.0.113.7"


@pytest.mark.parametrize("scheme", ["gopher", "https, http", "javascript", ""])
def test_a_scheme_that_the_nearest_proxy_did_not_say_is_not_taken(ask: Any, scheme: str) -> None:
    assert ask(("10.0.0.0/8",), "10.0.0.9", {"X-Forwarded-Proto": scheme})["scheme"] == "http"


@pytest.mark.parametrize("host", ["a b", "x/../y", "<b>", "user@host", ""])
def test_a_host_that_is_none_is_not_taken(ask: Any, host: str) -> None:
    assert ask(("10.0.0.0/8",), "10.0.0.9", {"X-Forwarded-Host": host})["host"] == "localhost"


@pytest.mark.parametrize("value", ["0", "10", "everybody", "10.0.0.0/99", "1,10.0.0.0/8x"])
def test_a_setting_that_names_no_proxy_stops_the_start(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match="MAYDAY_TRUSTED_PROXIES"):
        settings_for(tmp_path, trusted_proxies=value)


def sign_in_page(client: FlaskClient, headers: dict[str, str]) -> str:
    found = re.search(
        r'name="csrf-token" content="([0-9a-f]+)"', client.get("/sign-in", headers=headers).text
    )
    assert found
    return found[1]


def test_a_form_sent_through_a_proxy_comes_from_the_host_that_the_browser_sees(data_dir: Path) -> None:
    app = app_behind(data_dir, "127.0.0.1")
    client = app.test_client()
    outside = {"X-Forwarded-Host": "help.example", "X-Forwarded-Proto": "https"}
    form = {"csrf_token": sign_in_page(client, outside), "contact": "a@b.example", "password": "wrong"}
    own = client.post("/sign-in", data=form, headers={**outside, "Origin": "https://help.example"})
    other = client.post("/sign-in", data=form, headers={**outside, "Origin": "https://evil.example"})
    inner = client.post("/sign-in", data=form, headers={**outside, "Origin": "http://localhost"})
    assert (own.status_code, other.status_code, inner.status_code) == (422, 403, 403)
    dispose(app)


def test_the_forwarded_host_must_be_a_trusted_one_too(data_dir: Path) -> None:
    app = app_behind(data_dir, "127.0.0.1", trusted_hosts=("help.example",))
    client = app.test_client()
    assert client.get("/sign-in", headers={"X-Forwarded-Host": "help.example"}).status_code == 200
    assert client.get("/sign-in", headers={"X-Forwarded-Host": "evil.example"}).status_code == 400
    dispose(app)


class Guesser:
    """Somebody who tries passwords on a real server, from another forged address each time."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection(*server.address, timeout=30)
        self.connection.request("GET", "/sign-in")
        answer = self.connection.getresponse()
        self.cookie = "; ".join(c.split(";")[0] for c in answer.headers.get_all("Set-Cookie") or [])
        found = re.search(r'name="csrf-token" content="([0-9a-f]+)"', answer.read().decode())
        assert found
        self.token = found[1]

    def guess(self, number: int) -> int:
        """One wrong password for one of many contacts; gives the status."""
        address = f"198.51.{number // 250}.{number % 250 + 1}"
        form = {"csrf_token": self.token, "contact": f"person{number}@example.org", "password": "wrong"}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": self.cookie,
            "X-Forwarded-For": address,
            "X-Real-IP": address,
            "Forwarded": f"for={address}",
            "X-Forwarded-Proto": "https",
        }
        self.connection.request("POST", "/sign-in", urllib.parse.urlencode(form), headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status == 429:
            assert int(answer.headers["Retry-After"]) > 0
        return answer.status


@pytest.mark.slow
@pytest.mark.parametrize("trusted", [(), ("10.0.0.0/8",)])
def test_many_wrong_sign_ins_from_forged_addresses_are_limited_all_the_same(
    data_dir: Path, trusted: tuple[str, ...]
) -> None:
    settings = settings_for(data_dir, limit_sign_in="1 per hour", trusted_proxies=trusted)
    with running_server(settings) as server:
        guesser = Guesser(server)
        answers = [guesser.guess(number) for number in range(300)]
    assert answers == [422] * 20 + [429] * 280


@pytest.mark.slow
def test_behind_a_trusted_proxy_each_address_has_a_limit_of_its_own(data_dir: Path) -> None:
    settings = settings_for(data_dir, limit_sign_in="1 per hour", trusted_proxies=("127.0.0.0/8",))
    with running_server(settings) as server:
        guesser = Guesser(server)
        answers = [guesser.guess(number) for number in (1, 2, 3, 1, 2)]
    assert answers == [422, 422, 422, 429, 429]
