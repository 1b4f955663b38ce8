"""What the tests of alert feeds share: an app that may call loopback, a publisher, a reading by hand."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from tests.conftest import settings_for
from tests.feeds.publisher import Publisher, publishing
from tests.people import Person
from webapp.extensions import db
from webapp.feeds import reading
from webapp.feeds.models import CapFeed
from webapp.feeds.reading import Outcome
from webapp.journal import JournalEntry
from webapp.ops.cli import mayday
from webapp.settings import Settings

Run = Callable[..., Result]


@pytest.fixture
def settings(data_dir: Path, database_url: str) -> Settings:
    """An installation that lets feeds lead to loopback."""
    return settings_for(data_dir, database_url=database_url, outgoing_networks="127.0.0.0/8")


@pytest.fixture
def run(app: Flask) -> Run:
    """``mayday …`` on the test's installation."""
    return lambda *args: app.test_cli_runner().invoke(cli=mayday, args=[str(arg) for arg in args])


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher for a whole test."""
    with publishing() as running:
        yield running


def subscribe(person: Person, url: str, **filters: Any) -> int:
    """Subscribe on the page; the feed's number."""
    answer = person.post("/alert-feeds", {"url": url, "name": "Met Office"} | filters)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    found = re.search(r"/alert-feeds/(\d+)", answer.location)
    assert found
    return int(found[1])


def read(app: Flask, feed_id: int, *, only_due: bool = False) -> Outcome | None:
    """Read it, as the worker or the command does."""
    with app.app_context():
        outcome = reading.read(feed_id, only_due=only_due)
        db.session.remove()
        return outcome


def feed(app: Flask, feed_id: int) -> CapFeed:
    """The feed as it is now."""
    with app.app_context():
        found = db.session.get_one(CapFeed, feed_id)
        db.session.expunge(found)
        db.session.remove()
        return found


def told(app: Flask) -> list[str]:
    """What the journal says about feeds."""
    with app.app_context():
        statement = db.select(JournalEntry.verb).where(JournalEntry.verb.like("feed.%"))
        return list(db.session.execute(statement.order_by(JournalEntry.seq)).scalars())
