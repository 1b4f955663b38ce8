"""Metrics are right, also across workers, name no path or person, and are read only by those who may."""

import concurrent.futures
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import both_databases, settings_for
from tests.people import Cast
from tests.servers import environment, free_port, running_server
from webapp import create_app, journal
from webapp.accounts.contact import Contact
from webapp.accounts.service import create_user
from webapp.errors import Conflict
from webapp.extensions import limiter
from webapp.journal import SYSTEM, Actor, Role
from webapp.settings import Settings

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
TOKEN = "metrics-token-of-the-test"


def samples(text: str) -> Samples:
    """Every sample by name and labels; parsing is Prometheus' own."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read(client: FlaskClient) -> Samples:
    """What a scrape sees."""
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "text/plain"
    return samples(answer.get_data(as_text=True))


def value(found: Samples, name: str, **labels: str) -> float:
    """One sample; 0 before anything was counted."""
    return found.get((name, frozenset(labels.items())), 0.0)


def test_requests_are_counted_by_route_and_never_by_path(cast: Cast) -> None:
    before = read(cast.stranger)
    for number in range(3):
        cast.vic.get(f"/events/{900 + number}?token=hunter2")
        cast.stranger.get(f"/secret-place-{number}")
    answer = cast.stranger.get("/metrics")
    after = samples(answer.get_data(as_text=True))
    for route in ("/events/<int:event_id>", "none"):
        labels = {"route": route, "method": "GET", "status": "404"}
        assert value(after, "mayday_requests_total", **labels) == 3 + value(
            before, "mayday_requests_total", **labels
        )
    text = answer.get_data(as_text=True)
    assert not [private for private in ("secret-place", "hunter2", "/events/90", "Vic") if private in text]


def test_made_up_methods_make_no_labels(client: FlaskClient) -> None:
    for number in range(5):
        client.open("/sign-in", method=f"MADE{number}")
    assert not [key for key in read(client) if "MADE" in str(key)]


def test_latency_is_counted_once_for_each_request(client: FlaskClient) -> None:
    before = value(read(client), "mayday_request_seconds_count", route="/sign-in")
    for _ in range(4):
        client.get("/sign-in")
    assert value(read(client), "mayday_request_seconds_count", route="/sign-in") == before + 4


@both_databases
def test_deeds_are_counted_when_they_are_committed(app: Flask, client: FlaskClient) -> None:
    before = value(read(client), "mayday_journal_entries_total", verb="user.registered")
    with app.app_context():
        create_user(SYSTEM, name="Nia", contact=Contact(email="nia@example.org"), role=Role.SUV)
    assert value(read(client), "mayday_journal_entries_total", verb="user.registered") == before + 1


def test_a_deed_that_was_rolled_back_is_not_counted(app: Flask, client: FlaskClient) -> None:
    @journal.command
    def half_done(actor: Actor) -> None:
        create_user(actor, name="Nia", contact=Contact(email="nia@example.org"), role=Role.SUV)
        raise Conflict("Not after all.")

    before = value(read(client), "mayday_journal_entries_total", verb="user.registered")
    with app.app_context(), pytest.raises(Conflict):
        half_done(SYSTEM)
    assert value(read(client), "mayday_journal_entries_total", verb="user.registered") == before


def test_sign_ins_are_counted_by_outcome(cast: Cast) -> None:
    before = read(cast.stranger)
    page = cast.stranger.get("/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([0-9a-f]+)"', page)
    assert token
    wrong = {"csrf_token": token[1], "contact": "nobody@example.org", "secret": "wrong-password"}
    assert cast.stranger.post("/sign-in", data=wrong).status_code == 422
    cast.person("Nia New")
    after = read(cast.stranger)
    for outcome in ("refused", "let in"):
        assert value(after, "mayday_sign_ins_total", outcome=outcome) == 1 + value(
            before, "mayday_sign_ins_total", outcome=outcome
        )


def test_what_a_limit_refuses_is_counted(data_dir: Path) -> None:
    client = create_app(settings_for(data_dir, limit_sign_up="1 per minute")).test_client()
    limiter.reset()
    page = client.get("/sign-up").get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([0-9a-f]+)"', page)
    assert token
    before = value(read(client), "mayday_rate_limited_total", route="/sign-up")
    statuses = [client.post("/sign-up", data={"csrf_token": token[1]}).status_code for _ in range(3)]
    assert statuses == [422, 429, 429]
    assert value(read(client), "mayday_rate_limited_total", route="/sign-up") == before + 2


def test_rows_journal_disk_and_process_are_told(cast: Cast) -> None:
    found = read(cast.stranger)
    assert value(found, "mayday_rows", table="user", status="available") >= 5
    assert value(found, "mayday_journal_head") >= 5
    assert value(found, "mayday_disk_free_bytes") > 0
    assert value(found, "mayday_disk_size_bytes") >= value(found, "mayday_disk_free_bytes")
    assert value(found, "mayday_process_memory_bytes") > 10_000_000
    assert value(found, "mayday_process_cpu_seconds_total") > 0
    assert [labels for name, labels in found if name == "mayday_info"]


PROGRAM = """
import os, sys
from tests.conftest import settings_for
from webapp import create_app
from webapp.ops.meters import server
server.pid = os.getpid()  # as in the workers of `mayday serve`
print(create_app(settings_for(sys.argv[1])).test_client().get("/metrics").get_data(as_text=True))
"""


@pytest.mark.slow
def test_what_a_hardened_unit_hides_is_a_failure_of_its_own_metric(data_dir: Path) -> None:
    hide = 'mount -t proc -o subset=pid proc /proc && exec "$@"'
    inside = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", hide, "sh"]
    if subprocess.run([*inside, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    told = subprocess.run(
        [*inside, sys.executable, "-c", PROGRAM, data_dir],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    found = samples(told.stdout)
    assert value(found, "mayday_metric_failures_total", metric="process") == 1
    assert "mayday_process_memory_bytes" not in told.stdout
    for metric in ("disk", "backup", "rows", "jobs"):
        assert found[("mayday_metric_failures_total", frozenset({("metric", metric)}))] == 0
    assert value(found, "mayday_disk_free_bytes") > 0


def test_no_unit_hides_what_the_metrics_read() -> None:
    for unit in (Path(__file__).resolve().parents[2] / "deploy/systemd").glob("*.service"):
        assert "ProcSubset" not in unit.read_text()


def test_the_last_backup_is_told_when_there_was_one(app: Flask, client: FlaskClient) -> None:
    name = ("mayday_backup_timestamp_seconds", frozenset[tuple[str, str]]())
    assert name not in read(client)
    folder = app.config["SETTINGS"].data_dir / "backups"
    folder.mkdir()
    (folder / "last.json").write_text("{}")
    assert abs(read(client)[name] - time.time()) < 60


def test_without_the_database_the_rest_is_told(tmp_path: Path) -> None:
    gone = settings_for(tmp_path, database_url=f"postgresql://nobody@127.0.0.1:{free_port()}/x")
    found = read(create_app(gone).test_client())
    assert value(found, "mayday_disk_free_bytes") > 0
    assert not [name for name, _ in found if name in ("mayday_rows", "mayday_journal_head")]


def test_cards_are_counted_as_drawn_and_kept(app: Flask, client: FlaskClient) -> None:
    before = read(client)
    cards = app.extensions["cards"]
    assert cards.get(("a",)) is None
    cards.put(("a",), "card")
    assert cards.get(("a",)) == "card"
    after = read(client)
    for outcome in ("drawn", "kept"):
        assert value(after, "mayday_cards_total", outcome=outcome) == 1 + value(
            before, "mayday_cards_total", outcome=outcome
        )


@pytest.fixture
def guarded(data_dir: Path) -> FlaskClient:
    """An installation with a token, and one network that needs none."""
    settings = settings_for(data_dir, metrics_token=TOKEN, metrics_networks="10.1.0.0/16")
    return create_app(settings).test_client()


@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.7", "10.2.0.1", "::1"])
def test_other_networks_are_refused(guarded: FlaskClient, address: str) -> None:
    answer = guarded.get("/metrics", environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == 403
    assert answer.get_json()["statusCode"] == 403
    assert "mayday_requests" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3"])
def test_a_named_network_may_look(guarded: FlaskClient, address: str) -> None:
    assert guarded.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == 200


def test_the_token_opens_from_anywhere(guarded: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert (
        guarded.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200
    )


@pytest.mark.parametrize("given", ["Bearer wrong", "Bearer ", TOKEN, f"Basic {TOKEN}", "", "Bearer é"])
def test_a_wrong_token_does_not(guarded: FlaskClient, given: str) -> None:
    assert guarded.get("/metrics", headers={"Authorization": given}).status_code == 403


def test_an_empty_token_setting_opens_to_nobody(data_dir: Path) -> None:
    client = create_app(settings_for(data_dir, metrics_networks="")).test_client()
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_what_came_through_an_unknown_proxy_is_not_local(client: FlaskClient, header: str) -> None:
    assert client.get("/metrics", headers={header: "192.0.2.7"}).status_code == 403


def test_metrics_are_only_read(client: FlaskClient) -> None:
    assert client.post("/metrics").status_code == 405


def ask_often(url: str, number: int) -> None:
    """That many requests, by several connections, so that every worker gets some."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: requests.get(f"{url}/sign-in", timeout=20), range(number)))
    assert {answer.status_code for answer in answers} == {200}


def check_sums(url: str, number: int) -> Samples:
    """Every scrape, whichever worker answers it, has all requests."""
    for _ in range(6):
        found = samples(requests.get(f"{url}/metrics", timeout=20).text)
        labels = {"route": "/sign-in", "method": "GET", "status": "200"}
        assert value(found, "mayday_requests_total", **labels) == number
        assert value(found, "mayday_request_seconds_count", route="/sign-in") == number
    return found


@pytest.mark.slow
def test_two_workers_count_together_and_a_restart_begins_anew(settings: Settings) -> None:
    for _ in range(2):
        with running_server(settings, workers=2) as server:
            ask_often(server.url, 60)
            found = check_sums(server.url, 60)
            assert value(found, "mayday_processes") == 3


@pytest.mark.slow
def test_a_worker_that_dies_leaves_its_counts_and_no_sockets(settings: Settings) -> None:
    import psutil

    with running_server(settings, workers=2) as server:
        ask_often(server.url, 40)
        psutil.Process(server.process.pid).children()[0].kill()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            time.sleep(0.2)
            try:
                found = samples(requests.get(f"{server.url}/metrics", timeout=5).text)
            except requests.ConnectionError:
                continue
            if value(found, "mayday_processes") == 3:
                break
        check_sums(server.url, 40)


@pytest.fixture
def served(settings: Settings) -> Iterator[str]:
    """`mayday serve` with two workers."""
    port = free_port()
    command = [sys.executable, "-m", "webapp.ops.cli", "serve", "--workers", "2", "--port", str(port)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        command, cwd=root, env=environment(settings), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                requests.get(f"{url}/health/live", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield url
        process.terminate()


@pytest.mark.slow
def test_mayday_serve_counts_across_its_workers(served: str) -> None:
    ask_often(served, 60)
    check_sums(served, 60)


def test_live_sockets_and_lag_are_counted(app: Flask, client: FlaskClient) -> None:
    wire = app.extensions["live"]
    wire._start(0)
    before = value(read(client), "mayday_broadcast_lag_seconds_count")
    with app.app_context():
        create_user(SYSTEM, name="Nia", contact=Contact(email="nia@example.org"), role=Role.SUV)
    deadline = time.monotonic() + 20
    found: Any = {}
    while time.monotonic() < deadline:
        found = read(client)
        if value(found, "mayday_reader_seq", reader="live") == value(found, "mayday_journal_head"):
            break
        time.sleep(0.05)
    wire.stop()
    assert value(found, "mayday_reader_seq", reader="live") == value(found, "mayday_journal_head") > 0
    assert value(found, "mayday_broadcast_lag_seconds_count") > before
    assert value(found, "mayday_live_up", part="hub") == 1
