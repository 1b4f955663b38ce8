"""A Redis that answers and refuses writes, as one whose disk is full does: said seldom, counted, degraded."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import dispose, settings_for
from tests.ops.own_servers import OwnRedis
from webapp import create_app, redis_line
from webapp.jobs.queue import queue_of
from webapp.jobs.worker import Worker
from webapp.ops.checks import State
from webapp.ops.vitals import redis as redis_check

pytestmark = pytest.mark.redis


@pytest.fixture
def refusing() -> Iterator[OwnRedis]:
    """A Redis that reads and refuses every write: it waits for a copy that is not there."""
    server = OwnRedis()
    server.start("--min-replicas-to-write", "1")
    yield server
    server.stop()


@pytest.fixture
def app(data_dir: Path, refusing: OwnRedis) -> Iterator[Flask]:
    """An app whose queue is there."""
    made = create_app(settings_for(data_dir, redis_url=refusing.url))
    yield made
    dispose(made)


def test_a_worker_tries_on_and_writes_one_line(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    before = redis_line.failures["jobs"]
    caplog.set_level(logging.INFO)
    worker = Worker(app).start()
    deadline = time.monotonic() + 30
    while redis_line.failures["jobs"] < before + 5:
        assert time.monotonic() < deadline, "it does not try again"
        time.sleep(0.05)
    worker.stop()
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    (line,) = [record for record in lines if record.name.startswith(("huey", "webapp.jobs"))]
    assert line.message == "jobs.queue_away"
    assert line.exc_info is None
    assert "NOREPLICAS" in line.__dict__["said"] or "replicas" in line.__dict__["said"]


def test_after_a_minute_the_next_line_says_how_often_it_failed_meanwhile(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("webapp.jobs.queue_trouble.time.monotonic", lambda: now[0])
    queue = queue_of(app)
    for _ in range(3):
        queue.send([1])
        now[0] += 25
    assert [record.__dict__["failures"] for record in caplog.records] == [1]
    queue.send([1])
    assert [record.__dict__["failures"] for record in caplog.records] == [1, 3]


def test_readiness_says_that_it_refuses(app: Flask) -> None:
    with app.app_context():
        found = redis_check()
    assert found.state is State.DEGRADED
    assert "refuses writes" in found.note


def test_another_fault_of_huey_is_still_logged(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    assert queue_of(app).huey
    try:
        raise KeyError("a fault of ours")
    except KeyError:
        logging.getLogger("huey.consumer.Worker").exception("Unhandled error during execution")
    assert [record.message for record in caplog.records] == ["Unhandled error during execution"]
