"""Probes say what is wrong, at once, whatever is slow, and 503 only when the server cannot serve."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from tests.conftest import REDIS, both_databases, settings_for
from tests.own_postgres import shared_url
from tests.people import Cast
from tests.servers import free_port, running_server
from webapp import create_app
from webapp.extensions import db
from webapp.ops import checks, vitals
from webapp.ops.checks import Finding, State
from webapp.ops.schema import revisions
from webapp.settings import Settings

READY = ("/health", "/readiness", "/health/ready")
Added = Callable[..., None]


@pytest.fixture
def added() -> Iterator[Added]:
    """Register a check for this test only."""
    before = dict(checks._registered)
    yield checks.register
    checks._registered.clear()
    checks._registered.update(before)


def ready(client: FlaskClient) -> dict[str, Any]:
    """What readiness says."""
    answer = client.get("/health/ready").get_json()
    assert isinstance(answer, dict)
    return answer


@both_databases
@pytest.mark.parametrize("path", READY)
def test_readiness_names_each_thing_with_its_state_and_latency(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["status"] == "up"
    assert body["version"]
    assert {"database", "migrations", "disk", "live", "redis"} <= set(body["checks"])
    for report in body["checks"].values():
        assert report["status"] == "up"
        assert report["latency_ms"] >= 0


def test_the_newest_migration_is_the_one_that_alembic_names(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        assert vitals.heads() == {revisions(connection)[1]}


@pytest.mark.parametrize("path", [*READY, "/health/live", "/metrics"])
def test_a_probe_opens_no_session(cast: Cast, client: FlaskClient, path: str) -> None:
    for asker in (client, cast.ada.client):
        answer = asker.get(path)
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize("path", [*READY, "/health/live"])
def test_a_probe_takes_only_reading(client: FlaskClient, path: str) -> None:
    answer = client.post(path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.get_json()["statusCode"] == 405


def test_liveness_does_not_ask_the_database(tmp_path: Any) -> None:
    unreachable = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    client = create_app(settings_for(tmp_path, database_url=unreachable)).test_client()
    assert client.get("/health/live").status_code == 200


def test_without_the_database_it_is_down(tmp_path: Any) -> None:
    unreachable = f"postgresql://secret-name@127.0.0.1:{free_port()}/nothing"
    client = create_app(settings_for(tmp_path, database_url=unreachable)).test_client()
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.get_json()["status"] == "down"
    assert answer.get_json()["checks"]["database"]["status"] == "down"
    assert "secret-name" not in answer.get_data(as_text=True)


def test_a_schema_behind_the_code_is_down_until_it_is_migrated(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        (head,) = db.session.execute(text("SELECT version_num FROM alembic_version")).one()
        db.session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
        db.session.commit()
    assert client.get("/health/ready").status_code == 503
    assert ready(client)["checks"]["migrations"]["status"] == "down"
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
        db.session.commit()
    app.extensions["checks"]._looked_at = float("-inf")
    assert client.get("/health/ready").status_code == 200


def test_a_disk_that_runs_low_degrades_and_a_full_one_is_down(data_dir: Any) -> None:
    huge = 2**40
    low = create_app(settings_for(data_dir, disk_low_mb=huge)).test_client().get("/health/ready")
    assert (low.status_code, low.get_json()["status"]) == (200, "degraded")
    settings = settings_for(data_dir, disk_low_mb=huge, disk_full_mb=huge)
    full = create_app(settings).test_client().get("/health/ready")
    assert (full.status_code, full.get_json()["checks"]["disk"]["status"]) == (503, "down")


def test_a_data_folder_that_cannot_be_written_is_down(app: Flask, client: FlaskClient) -> None:
    folder = app.config["SETTINGS"].data_dir
    folder.rename(folder.with_name("moved"))
    folder.write_text("a file stands where the folder was")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["disk"]["status"] == "down"
    assert str(folder) not in answer.get_data(as_text=True)


@pytest.mark.redis
def test_redis_that_answers_is_up(data_dir: Any) -> None:
    client = create_app(settings_for(data_dir, redis_url=REDIS)).test_client()
    assert ready(client)["checks"]["redis"]["status"] == "up"


def test_without_redis_it_degrades_and_still_serves(data_dir: Any) -> None:
    settings = settings_for(data_dir, redis_url=f"redis://:hidden-word@127.0.0.1:{free_port()}/0")
    answer = create_app(settings).test_client().get("/health/ready")
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "degraded"
    assert answer.get_json()["checks"]["redis"]["status"] == "degraded"
    assert "hidden-word" not in answer.get_data(as_text=True)


def test_a_stuck_check_holds_up_nothing_and_shows_its_last_answer(app: Flask, added: Added) -> None:
    gate, asked = threading.Event(), []

    def slow() -> Finding:
        asked.append(1)
        if len(asked) > 1:
            gate.wait(60)
        return Finding(facts={"answer": len(asked)})

    added("slow", slow)
    client = app.test_client()
    assert ready(client)["checks"]["slow"]["status"] == "up"
    for _ in range(3):
        app.extensions["checks"]._looked_at = float("-inf")
        body = ready(client)
    assert body["checks"]["slow"]["answer"] == 1
    assert body["checks"]["slow"]["status"] == "degraded"
    assert body["checks"]["slow"]["age_s"] >= 0
    assert body["checks"]["database"]["status"] == "up"
    assert len(asked) == 2, "a stuck check was started again"
    gate.set()


def test_a_vital_check_that_never_answered_is_down(app: Flask, added: Added) -> None:
    gate = threading.Event()
    added("never", lambda: Finding() if gate.wait(60) else Finding(State.DOWN))
    answer = app.test_client().get("/health/ready")
    gate.set()
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["never"]["status"] == "down"


def test_a_check_that_breaks_is_reported_without_its_details(app: Flask, added: Added) -> None:
    def broken() -> Finding:
        raise ValueError("private words")

    added("broken", broken, vital=False)
    answer = app.test_client().get("/health/ready")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "degraded")
    assert "private words" not in answer.get_data(as_text=True)


def test_many_probes_in_a_second_ask_once(app: Flask, added: Added) -> None:
    asked: list[int] = []
    added("counted", lambda: asked.append(1) or Finding())
    client = app.test_client()
    started = time.monotonic()
    for _ in range(50):
        client.get("/health/ready")
    took = time.monotonic() - started
    assert len(asked) <= 1 + took / checks.KEPT


def test_a_hub_that_ended_degrades(app: Flask, client: FlaskClient) -> None:
    wire = app.extensions["live"]
    wire._start(0)
    assert ready(client)["checks"]["live"]["status"] == "up"
    wire._hub.stop()
    app.extensions["checks"]._looked_at = float("-inf")
    assert ready(client)["checks"]["live"]["status"] == "degraded"
    assert client.get("/health/ready").status_code == 200
    wire.stop()


@pytest.mark.slow
def test_a_real_server_answers_its_probes(settings: Settings) -> None:
    import requests

    with running_server(settings, workers=2) as server:
        for path in READY:
            answer = requests.get(server.url + path, timeout=10)
            assert answer.status_code == 200, answer.text
            assert answer.json()["status"] == "up"


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_database_that_goes_and_comes_back_needs_no_restart(
    app: Flask, cast: Cast, settings: Settings
) -> None:
    name = settings.database_url.rsplit("/", 1)[1]
    keeper = create_engine(shared_url(), isolation_level="AUTOCOMMIT")
    assert cast.vic.get("/events").status_code == 200
    with keeper.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(end_all), {"name": name})
    for path in ("/events", "/now", "/health/ready"):
        assert cast.vic.get(path).status_code == 503
    assert cast.stranger.get("/health/live").status_code == 200
    with keeper.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    keeper.dispose()
    app.extensions["checks"]._looked_at = float("-inf")
    assert cast.vic.get("/events").status_code == 200
    assert cast.vic.get("/health/ready").status_code == 200
