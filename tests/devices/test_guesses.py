"""Guesses at pairing codes: none succeeds, they are stopped early, and nobody is shut out by them.

MAYDAY_TEST_GUESSES=100000 makes as many as the promise in docs/devices.md says: that takes some minutes.
"""

import io
import ipaddress
import json
import os
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from limits import parse
from werkzeug.test import EnvironBuilder

from tests.api.caller import Programs
from tests.conftest import settings_for
from webapp.accounts.codes import ALPHABET
from webapp.devices import guessing
from webapp.devices.models import PairingCode
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PER_MINUTE, PER_HOUR = 10, 100
GUESSES = int(os.environ.get("MAYDAY_TEST_GUESSES", "10000"))
NETWORKS = 16


@pytest.fixture
def settings(data_dir: Any, database_url: str) -> Settings:
    """The limits that an installation has."""
    return settings_for(
        data_dir,
        database_url=database_url,
        limit_sign_in=f"{PER_MINUTE} per minute; {PER_HOUR} per hour",
        log_level="ERROR",
    )


class Guesser:
    """Sends guesses straight into the application: nothing of the way is left out but the network."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._chance = random.Random(4)
        self._given = EnvironBuilder(
            path="/api/v1/devices/pair", method="POST", content_type="application/json"
        ).get_environ()

    def guess(self, address: str, forwarded: str = "") -> str:
        """The status of one guess from this address."""
        code = "".join(self._chance.choices(ALPHABET, k=8))
        body = json.dumps({"code": code}).encode()
        said: list[str] = []
        sent = self._given | {
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": address,
            "HTTP_IDEMPOTENCY_KEY": str(uuid.UUID(int=self._chance.getrandbits(128))),
        }
        if forwarded:
            sent |= {"HTTP_X_FORWARDED_FOR": forwarded, "HTTP_X_REAL_IP": forwarded}
        answer = self._app.wsgi_app(sent, lambda status, *_more: said.append(status[:3]))
        b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        return said[0]


def one_address() -> Iterator[tuple[str, str]]:
    """From one address that each time says that it is another."""
    return (("203.0.113.7", str(ipaddress.IPv4Address(n + 1))) for n in range(GUESSES * 6 // 10))


def many_networks() -> Iterator[tuple[str, str]]:
    """From several networks of IPv6, each guess from another address in its own network."""
    first = int(ipaddress.IPv6Address("2001:db8::"))
    for n in range(GUESSES * 4 // 10):
        network, host = n % NETWORKS, n // NETWORKS + 1
        yield str(ipaddress.IPv6Address(first + (network << 64) + host)), ""


@pytest.mark.parametrize(
    ("sources", "tries"),
    [(one_address, PER_HOUR), (many_networks, NETWORKS * PER_HOUR)],
    ids=["one-address", "many-networks"],
)
def test_no_guess_succeeds_and_all_but_a_few_are_refused_unread(
    app: Flask, programs: Programs, sources: Any, tries: int
) -> None:
    open_codes = [programs.sam.post("/devices", {"name": f"{n}", "kind": "phone"}) for n in range(20)]
    guesser = Guesser(app)
    said = Counter(guesser.guess(*source) for source in sources())
    assert set(said) == {"401", "429"}
    assert said["401"] <= tries, said
    with app.app_context():
        used = db.select(PairingCode.id).where(PairingCode.used_at.is_not(None))
        assert db.session.execute(used).first() is None
        told = db.select(db.func.count()).where(JournalEntry.verb == "device.guessed")
        assert db.session.execute(told).scalar_one() <= 1
    honest = programs.stranger.post("/devices/pair", {"code": open_codes[0].json["code"]})
    assert honest.status_code == 201, "who types the right code at once is let in all the same"


def test_an_address_has_so_many_tries_a_minute(app: Flask, programs: Programs) -> None:
    guesser = Guesser(app)
    said = [guesser.guess("203.0.113.7", "198.51.100.1") for _ in range(PER_MINUTE + 5)]
    assert said == ["401"] * PER_MINUTE + ["429"] * 5
    assert guesser.guess("203.0.113.8") == "401"


def test_one_that_guesses_does_not_shut_out_who_shares_its_address(app: Flask, programs: Programs) -> None:
    code = programs.sam.post("/devices", {"name": "radio", "kind": "gateway"}).json["code"]
    guesser = Guesser(app)
    for _ in range(PER_MINUTE + 5):
        said = guesser.guess("127.0.0.1")
    assert said == "429"
    assert programs.stranger.post("/devices/pair", {"code": code}).status_code == 201


def test_beyond_the_budget_who_failed_waits_and_who_did_not_is_heard(
    app: Flask, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "BUDGET", parse("100 per minute"))
    guesser = Guesser(app)
    for n in range(100):
        assert guesser.guess(f"10.0.0.{n}") == "401"
    assert guesser.guess("10.0.1.1") == "401", "a first try is heard"
    assert guesser.guess("10.0.1.1") == "429", "a second is not"
    assert guesser.guess("10.0.0.5") == "429"
    with app.app_context():
        told = db.session.execute(db.select(JournalEntry).where(JournalEntry.verb == "device.guessed"))
        assert len(told.scalars().all()) == 1
