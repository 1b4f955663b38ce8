"""What the server needs goes away under load: it is named, said in words, and comes back by itself."""

import json
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import dispose, settings_for
from tests.ops.own_servers import OwnPostgres, OwnRedis
from tests.ops.storm import GENEROUS, Storm
from tests.people import Cast
from tests.servers import running_server
from webapp import create_app
from webapp.ops.schema import upgrade

pytestmark = pytest.mark.slow


def readiness(url: str) -> tuple[int, dict[str, Any]]:
    """What readiness says, and each check's status."""
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def until(url: str, check: str, state: str) -> int:
    """Wait until readiness says so of that check; gives its status code."""
    deadline = time.monotonic() + 40
    while True:
        status, told = readiness(url)
        if told["checks"][check]["status"] == state:
            return status
        assert time.monotonic() < deadline, told
        time.sleep(0.2)


def test_redis_then_postgresql_go_and_come_back_under_load(
    data_dir: Path, postgres_server: OwnPostgres, redis_server: OwnRedis
) -> None:
    settings = settings_for(
        data_dir, database_url=postgres_server.url, redis_url=redis_server.url, **GENEROUS
    )
    app = create_app(settings)
    upgrade(app)
    cast = Cast(app)
    with running_server(settings) as server, Storm(server.address, cast.ada) as storm:
        storm.until(50)

        redis_server.stop()
        assert until(server.url, "redis", "degraded") == 200
        storm.until(50)
        assert set(storm.answers) == {"303"}, "without Redis nobody notices anything"
        redis_server.start()
        until(server.url, "redis", "up")

        postgres_server.stop()
        assert until(server.url, "database", "down") == 503
        storm.until(40, "503")
        postgres_server.start()
        assert until(server.url, "database", "up") == 200
        storm.until(50)
    dispose(app)
    storm.check(settings.sqlalchemy_url)
    assert set(storm.answers) <= {"303", "503"}, storm.answers
    assert all("The database does not answer just now. Nothing was saved." in page for page in storm.words)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes; skipped where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk of the test's own can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(file: Path) -> None:
    """Take all the room that is left."""
    with file.open("ab", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"\0" * 4096)
        except OSError:
            pass


def test_a_disk_that_fills_up_under_load_and_is_cleared_again(
    migrated_sqlite: Path, small_disk: Path
) -> None:
    import shutil

    data = small_disk / "data"
    shutil.copytree(migrated_sqlite, data)
    settings = settings_for(data, disk_low_mb=0, disk_full_mb=0, **GENEROUS)
    app = create_app(settings)
    cast = Cast(app)
    ballast, stop = small_disk / "ballast", threading.Event()

    def keep_full() -> None:
        while not stop.wait(0.05):
            fill(ballast)

    with running_server(settings) as server, Storm(server.address, cast.ada) as storm:
        storm.until(30)
        filler = threading.Thread(target=keep_full)
        filler.start()
        storm.until(40, "503")
        assert until(server.url, "disk", "down") == 503
        with urllib.request.urlopen(f"{server.url}/sign-in", timeout=20) as page:
            assert page.status == 200, "reading still works"
        stop.set()
        filler.join()
        ballast.unlink()
        assert until(server.url, "disk", "up") == 200
        storm.until(10)
    dispose(app)
    storm.check(settings.sqlalchemy_url)
    assert set(storm.answers) <= {"303", "503"}, storm.answers
    assert all("The server has no room to write. Nothing was saved." in page for page in storm.words)
