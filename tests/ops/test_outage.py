"""What the server needs goes away under load: it is named, said in words, and comes back by itself."""

import contextlib
import json
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.conftest import dispose, postgres_database, settings_for
from tests.ops.own_servers import OwnRedis
from tests.ops.storm import GENEROUS, Storm
from tests.own_postgres import OwnPostgres, shared_url
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


@pytest.mark.postgres
def test_a_database_that_only_lets_itself_be_read_and_takes_writes_again(
    data_dir: Path, migrated_postgres: str
) -> None:
    name = f"mayday_outage_{uuid.uuid4().hex[:10]}"
    with postgres_database(name, migrated_postgres) as url:
        settings = settings_for(data_dir, database_url=url, **GENEROUS)
        app = create_app(settings)
        cast = Cast(app)
        with running_server(settings, workers=2) as server, Storm(server.address, cast.ada) as storm:
            storm.until(50)
            only_read(name, True)
            assert until(server.url, "database", "down") == 503
            _, told = readiness(server.url)
            assert "only lets itself be read" in told["checks"]["database"]["note"]
            storm.until(100, "503")
            with urllib.request.urlopen(f"{server.url}/sign-in", timeout=20) as page:
                assert page.status == 200, "reading still works"
            only_read(name, False)
            assert until(server.url, "database", "up") == 200
            storm.until(100)
        dispose(app)
        storm.check(url)
    assert set(storm.answers) <= {"303", "503"}, storm.answers
    # Sessions that are ended meanwhile may say so.
    assert any("only lets itself be read just now. Nothing was saved." in page for page in storm.words)
    assert all("Nothing was saved." in page for page in storm.words)


def only_read(name: str, on: bool) -> None:
    """Let new sessions of this database only read, as a provider does whose disk fills up; end the others
    when it begins. Those that began so meanwhile are left: they are for the server to give up."""
    keeper = create_engine(shared_url(), isolation_level="AUTOCOMMIT")
    with keeper.connect() as connection:
        how = "SET default_transaction_read_only = on" if on else "RESET default_transaction_read_only"
        connection.execute(text(f'ALTER DATABASE "{name}" {how}'))
        if on:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(ended), {"name": name})
    keeper.dispose()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of a few megabytes that every user may enter; skipped where none can be mounted."""
    with tempfile.TemporaryDirectory(prefix="mayday-disk-", ignore_cleanup_errors=True) as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("no disk of the test's own can be mounted here")
        Path(folder).chmod(0o755)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def fill(file: Path) -> None:
    """Take all the room that is left."""
    with file.open("ab", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"\0" * 4096)
        except OSError:
            pass


@contextlib.contextmanager
def kept_full(disk: Path) -> Iterator[None]:
    """Inside the ``with`` the disk is full, whatever is freed on it."""
    ballast, stop = disk / "ballast", threading.Event()

    def keep_full() -> None:
        while not stop.wait(0.05):
            fill(ballast)

    filler = threading.Thread(target=keep_full)
    filler.start()
    try:
        yield
    finally:
        stop.set()
        filler.join()
        ballast.unlink(missing_ok=True)


def test_a_disk_that_fills_up_under_load_and_is_cleared_again(
    migrated_sqlite: Path, small_disk: Path
) -> None:
    data = small_disk / "data"
    shutil.copytree(migrated_sqlite, data)
    settings = settings_for(data, disk_low_mb=0, disk_full_mb=0, **GENEROUS)
    app = create_app(settings)
    cast = Cast(app)
    with running_server(settings) as server, Storm(server.address, cast.ada) as storm:
        storm.until(30)
        with kept_full(small_disk):
            storm.until(40, "503")
            assert until(server.url, "disk", "down") == 503
            with urllib.request.urlopen(f"{server.url}/sign-in", timeout=20) as page:
                assert page.status == 200, "reading still works"
        assert until(server.url, "disk", "up") == 200
        storm.until(10)
    dispose(app)
    storm.check(settings.sqlalchemy_url)
    assert set(storm.answers) <= {"303", "503"}, storm.answers
    assert all("The server has no room to write. Nothing was saved." in page for page in storm.words)


def test_the_disk_of_postgresql_that_fills_up_under_load_and_is_cleared_again(
    data_dir: Path, small_disk: Path, postgres_server: OwnPostgres
) -> None:
    url = on_disk(postgres_server, small_disk)
    settings = settings_for(data_dir, database_url=url, **GENEROUS)
    app = create_app(settings)
    upgrade(app)
    cast = Cast(app)
    with running_server(settings) as server, Storm(server.address, cast.ada) as storm:
        storm.until(30)
        with kept_full(small_disk):
            storm.until(100, "503")
            assert until(server.url, "database", "down") == 503
            _, told = readiness(server.url)
            assert "no room to write" in told["checks"]["database"]["note"]
            with urllib.request.urlopen(f"{server.url}/sign-in", timeout=20) as page:
                assert page.status == 200, "reading still works"
        storm.until(10)
        assert until(server.url, "database", "up") == 200
    dispose(app)
    storm.check(settings.sqlalchemy_url)
    assert set(storm.answers) <= {"303", "503"}, storm.answers
    assert all("The server has no room to write. Nothing was saved." in page for page in storm.words)


def on_disk(server: OwnPostgres, disk: Path) -> str:
    """The address of a new database that lies on that disk; the server's log of changes lies elsewhere."""
    place = disk / "tables"
    place.mkdir()
    shutil.chown(place, "postgres")
    keeper = create_engine(server.url, isolation_level="AUTOCOMMIT")
    with keeper.connect() as connection:
        connection.execute(text(f"CREATE TABLESPACE small LOCATION '{place}'"))
        connection.execute(text("CREATE DATABASE small TABLESPACE small"))
    keeper.dispose()
    return server.url.rsplit("/", 1)[0] + "/small"
