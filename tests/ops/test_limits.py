"""What is asked too often is refused for a while, in words; Redis may be there, be away or go away."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import TEMPLATES, dispose, settings_for
from tests.ops.own_servers import OwnRedis
from tests.people import Cast, Person
from tests.servers import free_port
from webapp import create_app, limits
from webapp.extensions import limiter
from webapp.limits import SharedStorage

JSON = {"Accept": "application/json"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def bounded(data_dir: Path) -> Iterator[Any]:
    """Make apps with certain limits on the same data."""
    made: list[Flask] = []

    def make(**chosen: Any) -> Flask:
        app = create_app(settings_for(data_dir, **chosen))
        app.jinja_env.bytecode_cache = TEMPLATES
        made.append(app)
        return app

    yield make
    for app in made:
        dispose(app)


def statuses(person: Person, times: int, path: str = "/me") -> list[int]:
    return [person.get(path).status_code for _ in range(times)]


def test_pages_are_bounded_for_each_person(bounded: Any) -> None:
    cast = Cast(bounded(limit_reads="3 per hour"))
    assert statuses(cast.sam, 5) == [200, 200, 200, 429, 429]
    assert statuses(cast.sue, 1) == [200]


def test_strangers_share_the_bound_of_their_address(bounded: Any) -> None:
    app = bounded(limit_reads="2 per hour")
    here, there = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    tried = [app.test_client().get("/sign-in", environ_base=here).status_code for _ in range(3)]
    assert tried == [200, 200, 429]
    assert app.test_client().get("/sign-in", environ_base=there).status_code == 200


def test_a_stranger_cannot_leave_the_bound_by_taking_another_address_of_the_same_network(
    bounded: Any,
) -> None:
    app = bounded(limit_reads="2 per hour")

    def tried(address: str) -> int:
        status: int = app.test_client().get("/sign-in", environ_base={"REMOTE_ADDR": address}).status_code
        return status

    assert [tried(f"2001:db8:1:2::{n}") for n in (1, 2, 3)] == [200, 200, 429]
    assert tried("2001:db8:1:3::1") == 200


def test_changes_are_bounded_apart_from_pages(bounded: Any) -> None:
    cast = Cast(bounded(limit_writes="2 per hour"))
    form = {"csrf_token": cast.sam.csrf}
    answers = [cast.sam.post("/me/status/available", form).status_code for _ in range(4)]
    assert answers[2:] == [429, 429]
    assert 429 not in answers[:2]
    assert statuses(cast.sam, 1) == [200]


def test_live_connections_are_bounded(bounded: Any) -> None:
    cast = Cast(bounded(limit_sockets="2 per hour"))
    asked = {"Connection": "Upgrade", "Upgrade": "websocket"}
    answers = [cast.vic.get("/live?channel=board", headers=asked).status_code for _ in range(3)]
    # From another site, as no Origin is given: refused, and counted all the same.
    assert answers == [403, 403, 429]
    assert statuses(cast.vic, 1) == [200]


def test_probes_and_files_are_never_refused(bounded: Any) -> None:
    client = bounded(limit_reads="1 per hour").test_client()
    for path in ("/health/live", "/health/ready", "/metrics", "/static/mayday.svg"):
        assert [client.get(path).status_code for _ in range(3)] == [200] * 3, path


def test_a_refusal_says_in_words_and_seconds_when_to_come_back(bounded: Any) -> None:
    cast = Cast(bounded(limit_reads="1 per hour"))
    cast.sam.get("/me")
    page, part, envelope = (cast.sam.get("/me", headers=headers) for headers in ({}, HTMX, JSON))
    for answer in (page, part, envelope):
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert "Too many tries" in page.text
    assert "<html" in page.text
    assert part.headers["HX-Retarget"] == "#flash"
    assert "<html" not in part.text
    assert envelope.get_json()["statusCode"] == 429


def test_a_refused_change_keeps_what_was_typed_and_does_nothing(bounded: Any) -> None:
    cast = Cast(bounded(limit_writes="1 per hour"))
    form = {"csrf_token": cast.vic.csrf, "title": "Cellar flooded"}
    cast.vic.post("/nowhere-to-be", form)
    cast.vic.post("/events/new", form)
    refused = cast.vic.post("/events/new", form | {"title": "Second cellar"})
    assert refused.status_code == 429
    assert "Second cellar" in refused.text
    assert "Second cellar" not in cast.vic.get("/events").text


def test_many_at_once_are_counted_exactly(bounded: Any) -> None:
    app = bounded(limit_reads="50 per hour")

    def tried(_number: int) -> int:
        status: int = app.test_client().get("/sign-in").status_code
        return status

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(tried, range(80)))
    assert (answers.count(200), answers.count(429)) == (50, 30)


def test_processes_with_one_redis_count_together(redis_server: OwnRedis) -> None:
    one, other = (SharedStorage(limits.SHARED + redis_server.url) for _ in range(2))
    assert [storage.incr("reads", 60) for storage in (one, other, one)] == [1, 2, 3]
    assert other.get("reads") == 3
    assert 0 < one.get_expiry("reads") - time.time() <= 60


def test_a_count_in_redis_always_runs_out(redis_server: OwnRedis) -> None:
    storage = SharedStorage(limits.SHARED + redis_server.url)
    with ThreadPoolExecutor(8) as threads:
        sums = list(threads.map(lambda _: storage.incr("reads", 60), range(200)))
    assert sorted(sums) == list(range(1, 201))
    assert 0 < storage.line.client().ttl(storage.PREFIX + "reads") <= 60


def test_processes_without_redis_count_each_for_itself(bounded: Any) -> None:
    one = bounded(limit_reads="1 per hour").test_client()
    assert [one.get("/sign-in").status_code for _ in range(2)] == [200, 429]
    other = bounded(limit_reads="1 per hour").test_client()
    assert other.get("/sign-in").status_code == 200


def test_a_redis_that_was_never_there_costs_nobody_anything(
    bounded: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = bounded(limit_reads="3 per hour", redis_url=f"redis://127.0.0.1:{free_port()}/0")
    tried = [app.test_client().get("/sign-in").status_code for _ in range(5)]
    assert tried == [200, 200, 200, 429, 429]
    counted = app.test_client().get("/metrics").text
    assert 'mayday_redis_failures_total{purpose="limits"}' in counted
    gone = [record for record in caplog.records if record.message == "redis.gone"]
    assert len({record.purpose for record in gone}) == len(gone), "said once for each purpose"


def test_a_redis_that_hangs_is_asked_once_and_then_left_alone(bounded: Any) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        app = bounded(limit_reads="3 per hour", redis_url=f"redis://127.0.0.1:{mute.getsockname()[1]}/0")
        tried = [app.test_client().get("/sign-in").status_code for _ in range(5)]
        storage = limiter.storage
        assert isinstance(storage, SharedStorage)
        assert tried == [200, 200, 200, 429, 429]
        assert storage.line.failures == 1


def test_redis_may_go_and_come_back_in_the_middle(bounded: Any, redis_server: OwnRedis) -> None:
    app = bounded(limit_reads="1000 per hour", limit_sign_in="5 per hour", redis_url=redis_server.url)
    cast = Cast(app)
    over, answers = threading.Event(), []

    def keep_asking() -> None:
        form = {"contact": "a@b.example", "password": "wrong", "csrf_token": "x"}
        while not over.is_set():
            client = app.test_client()
            answers.append(client.get("/sign-in").status_code)
            answers.append(client.post("/sign-in", data=form).status_code)

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(keep_asking) for _ in range(4)]
        _until(lambda: len(answers) > 40)
        redis_server.stop()
        before = len(answers)
        _until(lambda: len(answers) > before + 40)
        redis_server.start()
        _until(lambda: _counted_in(redis_server) > 0)
        over.set()
        for each in asking:
            each.result()
    assert set(answers) <= {200, 403, 422, 429}
    assert cast.sam.get("/me").status_code == 200


def test_a_failed_sign_in_is_counted_while_redis_dies(bounded: Any, redis_server: OwnRedis) -> None:
    app = bounded(limit_sign_in="2 per hour", redis_url=redis_server.url)
    client = app.test_client()
    page = client.get("/sign-in").text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    form = {"contact": "a@b.example", "secret": "wrong", "csrf_token": token}
    first = client.post("/sign-in", data=form).status_code
    redis_server.stop()
    after = [client.post("/sign-in", data=form).status_code for _ in range(3)]
    # The count begins anew in the process: honest, and still a bound.
    assert (first, after) == (422, [422, 422, 429])


def _counted_in(server: OwnRedis) -> int:
    import redis

    with redis.Redis.from_url(server.url) as client:
        return len(client.keys("mayday:limit:*"))


def _until(true: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_no_contact_is_kept_in_redis(bounded: Any, redis_server: OwnRedis) -> None:
    import redis

    client = bounded(redis_url=redis_server.url).test_client()
    token = client.get("/sign-in").text.split('name="csrf-token" content="')[1].split('"')[0]
    client.post(
        "/sign-in", data={"contact": "secret.person@example.org", "csrf_token": token, "password": "x"}
    )
    with redis.Redis.from_url(redis_server.url) as connection:
        kept = json.dumps([key.decode() for key in connection.keys("*")])
    assert "mayday:limit:" in kept
    assert "secret.person" not in kept
