"""What the tests of webhooks share: an app that may call loopback, a sender, a look at deliveries."""

import hashlib
import hmac
import html
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import settings_for
from tests.people import Cast, Person
from tests.receiver import Received
from webapp.events import service as events
from webapp.extensions import db
from webapp.journal import SYSTEM
from webapp.settings import Settings
from webapp.webhooks.models import Delivery, Webhook
from webapp.webhooks.sender import Sender

PATIENCE = 30.0


@pytest.fixture
def settings(data_dir: Path, database_url: str) -> Settings:
    """An installation that lets webhooks lead to loopback."""
    return settings_for(
        data_dir, database_url=database_url, outgoing_networks="127.0.0.0/8", live_check_seconds=0.05
    )


@contextmanager
def sending(app: Flask, place: str = "here") -> Iterator[Sender]:
    """A sender at work."""
    sender = Sender(app, place).start()
    try:
        yield sender
    finally:
        sender.stop()


@pytest.fixture
def sender(app: Flask) -> Iterator[Sender]:
    """The same for a whole test."""
    with sending(app) as running:
        yield running


def add(person: Person, url: str, *verbs: str) -> tuple[int, str]:
    """Add a webhook on the page; its number and the secret that the page shows."""
    answer = person.post("/webhooks", {"url": url, "verbs": list(verbs or ("event.*",))})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200, page
    number, secret = re.search(r"/webhooks/(\d+)", page), re.search(r'id="secret"[^>]* value="([^"]+)"', page)
    assert number, page
    assert secret, page
    return int(number[1]), html.unescape(secret[1])


def happen(app: Flask, *titles: str) -> None:
    """Open events of these titles."""
    with app.app_context():
        for title in titles:
            events.open_event(SYSTEM, title=title)
        db.session.remove()


def deliveries(app: Flask) -> list[Delivery]:
    """All deliveries, in the order of the journal."""
    with app.app_context():
        rows = list(db.session.execute(db.select(Delivery).order_by(Delivery.seq)).scalars())
        db.session.expunge_all()
        db.session.remove()
        return rows


def hook(app: Flask, webhook_id: int) -> Webhook:
    """The webhook as it is now."""
    with app.app_context():
        found = db.session.get_one(Webhook, webhook_id)
        db.session.expunge(found)
        db.session.remove()
        return found


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Return as soon as it holds; fail after a while."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def is_signed(received: Received, secret: str) -> bool:
    """What a receiver checks, written after the documentation and not after our code."""
    parts = dict(part.split("=", 1) for part in received.headers["mayday-signature"].split(","))
    signed = parts["t"].encode() + b"." + received.body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts["v1"]) and abs(time.time() - int(parts["t"])) < 300


@pytest.fixture
def ada(cast: Cast) -> Person:
    """The authority."""
    return cast.ada
