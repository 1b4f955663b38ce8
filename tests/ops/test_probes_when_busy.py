"""Probes stay plain and fast while everything else waits: a saturated worker, a locked database."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
import requests
from flask import Flask

from tests.api.caller import token_of
from tests.conftest import both_databases, dispose
from tests.people import Cast
from tests.servers import running_server
from webapp.settings import Settings

pytestmark = pytest.mark.slow

THREADS = 4
PATIENCE = 5  # seconds: what waits for the lock waits longer than that
PROBES = ("/health/live", "/health/ready", "/readiness", "/health")


class Lock:
    """Somebody who has begun to write and does not end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __enter__(self) -> "Lock":
        if self.settings.is_sqlite:
            self.held = sqlite3.connect(Path(self.settings.data_dir) / "mayday.db", isolation_level=None)
            self.held.execute("BEGIN IMMEDIATE")
        else:
            import psycopg

            url = self.settings.database_url.replace("+psycopg", "")
            self.held = psycopg.connect(url)
            self.held.execute("LOCK TABLE journal_entry, event IN ACCESS EXCLUSIVE MODE")
        return self

    def __exit__(self, *_error: object) -> None:
        self.held.rollback()
        self.held.close()


@both_databases
def test_probes_answer_while_every_thread_waits(settings: Settings, app: Flask, cast: Cast) -> None:
    token = token_of(app, cast.ada.id)
    dispose(app)

    def write(number: int) -> int:
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": f"00000000-0000-4000-8000-{number:012}",
        }
        url, body = f"{server.url}/api/v1/events", {"title": f"Flood {number}"}
        return requests.post(url, json=body, headers=headers, timeout=60).status_code

    more = ("--threads", str(THREADS))
    with running_server(settings, arguments=more) as server, ThreadPoolExecutor(THREADS * 2) as clients:
        assert write(0) == 201
        with Lock(settings):
            writing = [clients.submit(write, number) for number in range(1, THREADS * 2 + 1)]
            assert not wait(writing, timeout=1).done
            for path in PROBES:
                answer = requests.get(server.url + path, timeout=PATIENCE)
                assert answer.json()["status"] in ("up", "degraded", "down")
            assert requests.get(f"{server.url}/health/live", timeout=PATIENCE).status_code == 200
            assert not any(each.done() for each in writing)
        assert {each.result() for each in writing} == {201}
