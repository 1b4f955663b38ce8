"""Pages that wait for something without end, and a master that is killed: said, and over soon."""

import http.client
import os
import signal
import sqlite3
import threading
import time
import uuid
from pathlib import Path

import psutil
import pytest

from tests.api.caller import token_of
from tests.conftest import settings_for
from tests.ops.storm import GENEROUS
from tests.ops.test_start import Serving, ready
from tests.people import Cast
from tests.security.watching import ask, overload, readiness

# One attack at a time: they measure how long others wait.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("attacks")]


def write(serving: Serving, token: str) -> int:
    """Open an event as a program does; gives the status."""
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=60)
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": str(uuid.uuid4()),
        "Content-Type": "application/json",
    }
    connection.request("POST", "/api/v1/events", '{"title": "Flood"}', headers)
    return connection.getresponse().status


def test_readiness_says_that_no_page_is_answered_and_when_they_are_again(
    serving: Serving, people: Cast
) -> None:
    token = token_of(people.app, people.ada.id)
    statuses: list[int] = []
    writers = [threading.Thread(target=lambda: statuses.append(write(serving, token))) for _ in range(20)]
    assert readiness(serving)[1]["pages"]["status"] != "down"
    held = sqlite3.connect(Path(serving.settings.data_dir) / "mayday.db", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    for writer in writers:
        writer.start()
    told = _until(serving, 503)
    assert told["pages"]["status"] == "down"
    assert "page" in str(told["pages"]["note"])
    started = time.monotonic()
    assert ask(serving, "/health/live")[0] == 200
    assert time.monotonic() - started < overload()
    held.rollback()
    held.close()
    for writer in writers:
        writer.join()
    assert _until(serving, 200)["pages"]["status"] != "down"
    assert set(statuses) == {201}


def _until(serving: Serving, status: int) -> dict[str, dict[str, object]]:
    deadline = time.monotonic() + 20
    while True:
        said, checks = readiness(serving)
        if said == status:
            return checks
        assert time.monotonic() < deadline, checks
        time.sleep(0.3)


def test_after_the_master_alone_was_killed_a_new_start_serves_within_five_seconds(
    folder: Path, tmp_path: Path
) -> None:
    settings = settings_for(folder, **GENEROUS)
    with ready(settings, tmp_path) as server:
        server.start().until_it_serves()
        orphans = psutil.Process(server.process.pid).children()
        waits = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        waits.putrequest("POST", "/sign-in")  # a request that is under way, and never ends
        waits.putheader("Content-Length", "1000")
        waits.endheaders(b"a")
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        started = time.monotonic()
        server.start().until_it_serves()
        took = time.monotonic() - started
        _, alive = psutil.wait_procs(orphans, timeout=8)
        waits.close()
        assert alive == []
        server.until_it_serves()  # by itself: the first answer may have been the orphan's last
        assert server.stop() == 0
    assert took < 5 * overload()
