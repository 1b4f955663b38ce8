"""Cards are drawn once for all processes, never for another audience, and no Redis is needed for it."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from tests.conftest import TEMPLATES, dispose, settings_for
from tests.ops.own_servers import OwnRedis
from tests.people import Cast
from tests.servers import free_port
from webapp import create_app
from webapp.access import allows
from webapp.accounts import service as accounts
from webapp.accounts import sessions
from webapp.accounts.models import User
from webapp.events import service
from webapp.extensions import db
from webapp.journal import SYSTEM, Role
from webapp.live import cards
from webapp.live.cards import CardCache, SharedCards
from webapp.policy import Action

KEY = ("events/_card.html", (17, 3), "audience", "2026-11-21")


@pytest.fixture
def process(data_dir: Path) -> Iterator[Any]:
    """Make apps on the same data: processes of one installation."""
    made: list[Flask] = []

    def make(**chosen: Any) -> Flask:
        app = create_app(settings_for(data_dir, **chosen))
        app.jinja_env.bytecode_cache = TEMPLATES
        made.append(app)
        return app

    yield make
    for app in made:
        dispose(app)


def counted(app: Flask) -> tuple[int, int]:
    cache: CardCache = app.extensions["cards"]
    return cache.hits, cache.misses


def test_hits_and_misses_are_counted_exactly() -> None:
    cache = CardCache()
    assert cache.get(KEY) is None
    cache.put(KEY, "card")
    assert [cache.get(KEY) for _ in range(3)] == ["card"] * 3
    assert (cache.hits, cache.misses) == (3, 1)


def test_the_cache_is_bounded() -> None:
    cache = CardCache(size=10)
    for number in range(100):
        cache.put((*KEY, number), "card")
    kept = [number for number in range(100) if cache.get((*KEY, number))]
    assert kept == list(range(90, 100))


def test_a_card_that_one_process_drew_another_takes(process: Any, redis_server: OwnRedis) -> None:
    one, other = (process(redis_url=redis_server.url) for _ in range(2))
    one.extensions["cards"].put(KEY, "drawn once")
    assert other.extensions["cards"].get(KEY) == "drawn once"
    assert counted(other) == (1, 0)
    redis_server.stop()
    assert other.extensions["cards"].get(KEY) == "drawn once", "kept in the process too"


def test_every_card_in_redis_runs_out(redis_server: OwnRedis) -> None:
    shared = SharedCards(redis_server.url, "one")
    shared.put(KEY, "card")
    import redis

    with redis.Redis.from_url(redis_server.url) as client:
        assert [0 < client.ttl(name) <= cards.SHARED_SECONDS for name in client.keys("*")] == [True]


def test_installations_releases_and_versions_do_not_share(
    redis_server: OwnRedis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared = SharedCards(redis_server.url, "one")
    shared.put(KEY, "card")
    assert shared.get(KEY) == "card"
    assert SharedCards(redis_server.url, "other").get(KEY) is None
    assert shared.get(("events/_card.html", (17, 4), "audience", "2026-11-21")) is None
    monkeypatch.setattr(cards, "code_version", lambda: "the next release")
    assert shared.get(KEY) is None


def test_what_cannot_be_told_apart_elsewhere_is_not_shared(redis_server: OwnRedis) -> None:
    shared = SharedCards(redis_server.url, "one")
    shared.put((object(), 1), "card")
    import redis

    with redis.Redis.from_url(redis_server.url) as client:
        assert client.keys("*") == []


def test_a_demoted_person_never_gets_the_card_of_the_role_they_had(
    process: Any, redis_server: OwnRedis
) -> None:
    one, other = (telling_process(process(redis_url=redis_server.url)) for _ in range(2))
    cast = Cast(one)
    browser = other.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = cast.vera.token, True
    assert cast.vera.get("/told").text == "for VC"
    assert browser.get("/told").text == "for VC"
    assert counted(other) == (1, 0), "taken from Redis"
    with one.app_context():
        accounts.change_role(cast.ada.actor, user_id=cast.vera.id, role=Role.SUV)
    # A role's change ends sessions; whether the old one or a new one, the card is the new role's or none.
    with one.app_context():
        person = db.session.get(User, cast.vera.id)
        assert person is not None
        token = sessions.start(SYSTEM, person)
    for app in (one, other):
        fresh = app.test_client()
        with fresh.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        assert fresh.get("/told").text == "for SUV"
    assert browser.get("/told").text != "for VC"


def telling_process(app: Flask) -> Flask:
    """A process with a page that is one card, which says for whom it was drawn."""
    told = DictLoader({"told.html": "for {{ viewer.role.value if viewer.role else 'nobody' }}"})
    app.jinja_env.loader = ChoiceLoader([told, app.jinja_env.loader])
    row = SimpleNamespace(id=1, version=1)
    app.add_url_rule("/told", "told", allows(Action.ENTER)(lambda: cards.draw_card("told.html", row)))
    return app


def test_each_audience_has_a_drawing_of_its_own(process: Any, redis_server: OwnRedis) -> None:
    app = process(redis_url=redis_server.url)
    cast = Cast(app)
    with app.app_context():
        service.open_event(cast.ada.actor, title="Tree on the road")
    cast.sam.get("/events")
    before = counted(app)
    cast.sue.get("/events")
    assert counted(app)[1] == before[1], "the same audience: nothing drawn again"
    cast.vic.get("/events")
    assert counted(app)[1] > before[1], "another role: drawn for itself"


@pytest.mark.parametrize("how", ["closed", "mute"])
def test_without_redis_pages_are_the_same_and_nobody_waits_twice(process: Any, how: str) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1] if how == "mute" else free_port()
        app = process(redis_url=f"redis://127.0.0.1:{port}/0")
        cast = Cast(app)
        with app.app_context():
            for number in range(30):
                service.open_event(cast.ada.actor, title=f"Event {number}")
        assert "Event 29" in cast.sam.get("/events").text
        assert app.extensions["cards"]._shared._line.failures <= 3


def test_a_change_is_seen_at_once_in_every_process(process: Any, redis_server: OwnRedis) -> None:
    one, other = (process(redis_url=redis_server.url) for _ in range(2))
    cast = Cast(one)
    with one.app_context():
        event = service.open_event(cast.ada.actor, title="Before")
        event_id, version = event.id, event.version
    browser = other.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = cast.sam.token, True
    assert "Before" in browser.get("/events").text
    with one.app_context():
        service.edit_event(cast.ada.actor, event_id=event_id, seen_version=version, title="After")
    page = browser.get("/events").text
    assert "After" in page
    assert "Before" not in page
