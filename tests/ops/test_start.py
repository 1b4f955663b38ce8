"""`mayday serve` starts where it can serve, says in words why not elsewhere, and stops without loss."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.conftest import postgres_database, settings_for
from tests.ops.test_backup import backups, command, real_command
from tests.own_postgres import PASSWORD, OwnPostgres, shared_url
from tests.servers import PATIENCE, environment, free_port
from webapp.settings import Settings

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
INVITATION = re.compile(r"http://[^\s]+/invitation/\S+")


@dataclass
class Serving:
    """A `mayday serve` of this test: where it answers and what it said."""

    settings: Settings
    port: int
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self, *arguments: str, more: dict[str, str] | None = None) -> "Serving":
        """Start the process; whether it can serve is another question."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "webapp.ops.cli", "serve", "--port", str(self.port), *arguments],
            env=environment(self.settings) | (more or {}),
            cwd=ROOT,
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self

    @property
    def said(self) -> str:
        """All that it printed and logged."""
        return self.log.read_text()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def until_it_serves(self) -> "Serving":
        """Wait for its first answer."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/health/live", timeout=5):
                    return self
            except (OSError, HTTPError):
                assert self.process.poll() is None, self.said
                assert time.monotonic() < deadline, self.said
                time.sleep(0.05)

    def refused(self) -> str:
        """Wait for its end, which is not a crash; gives what it said."""
        assert self.process.wait(PATIENCE) == 1, self.said
        assert "Traceback" not in self.said
        return self.said

    def stop(self) -> int:
        """Ask it to stop as a service manager does; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@pytest.fixture
def server(data_dir: Path, tmp_path: Path) -> Iterator[Serving]:
    """A server on a migrated SQLite database, not yet started."""
    with ready(settings_for(data_dir), tmp_path) as made:
        yield made


@contextlib.contextmanager
def ready(settings: Settings, tmp_path: Path) -> Iterator[Serving]:
    """A server that can be started inside the ``with`` and is gone afterwards."""
    port = free_port()
    made = Serving(settings, port, tmp_path / f"serve-{port}.log")
    try:
        yield made
    finally:
        if hasattr(made, "process") and made.process.poll() is None:
            os.killpg(made.process.pid, signal.SIGKILL)
            made.process.wait()


class Browser:
    """A stranger's browser on a real server: keeps cookies, follows nothing."""

    def __init__(self, server: Serving) -> None:
        self.server, self.cookies = server, ""

    def get(self, url: str) -> str:
        """Open a page and keep its cookie."""
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            cookies = answer.headers.get_all("Set-Cookie") or []
            self.cookies = "; ".join(cookie.split(";")[0] for cookie in cookies)
            page: str = answer.read().decode()
            return page

    def sign_up_slowly(self, link: str) -> tuple[socket.socket, bytes]:
        """Send all of a sign-up but its last bytes; gives the connection and those bytes."""
        page = self.get(link)
        hidden = dict(re.findall(r'name="(csrf_token|command_id)"[^>]*value="([^"]*)"', page))
        token = re.search(r'name="csrf-token" content="([0-9a-f]+)"', page)
        assert token, page[:500]
        hidden["csrf_token"] = hidden.get("csrf_token") or token[1]
        form = {**hidden, "name": "Ada First", "contact": "ada@example.org", "password": "a long pass phrase"}
        body = urllib.parse.urlencode(form).encode()
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE)
        head = (
            f"POST {link.removeprefix(self.server.url)} HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\n"
            f"Cookie: {self.cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:-10])
        return connection, body[-10:]


def users(settings: Settings) -> int:
    """How many people are registered."""
    with create_engine(settings.sqlalchemy_url, poolclass=NullPool).connect() as connection:
        return int(connection.execute(text('SELECT count(*) FROM "user"')).scalar_one())


def test_a_first_start_makes_the_database_and_prints_the_way_in_until_somebody_took_it(
    tmp_path: Path,
) -> None:
    settings = settings_for(tmp_path / "new" / "folder", secret_key="")
    with ready(settings, tmp_path) as first:
        first.start().until_it_serves()
        link = INVITATION.search(first.said)
        assert link, first.said
        connection, rest = Browser(first).sign_up_slowly(link[0])
        connection.sendall(rest)
        assert connection.recv(12) == b"HTTP/1.1 303"
        assert first.stop() == 0
    with ready(settings, tmp_path) as second:
        second.start().until_it_serves()
        assert "Mayday is at" in second.said
        assert not INVITATION.search(second.said)


def test_stopping_finishes_the_request_in_flight_and_ends_with_0(server: Serving) -> None:
    server.start().until_it_serves()
    link = INVITATION.search(server.said)
    assert link
    connection, rest = Browser(server).sign_up_slowly(link[0])
    time.sleep(0.5)  # the worker has the head and waits for the rest
    server.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    connection.sendall(rest)
    assert connection.recv(12) == b"HTTP/1.1 303"
    assert server.process.wait(PATIENCE) == 0, server.said
    assert users(server.settings) == 1


def test_a_service_manager_is_told_when_it_serves(server: Serving, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE)
        server.start(more={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert b"READY=1" in manager.recv(1024)


def test_after_it_stopped_nothing_of_it_runs(server: Serving) -> None:
    server.start("--workers", "2").until_it_serves()
    assert server.stop() == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(server.process.pid, 0)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_a_second_server_on_the_same_port_is_refused_and_the_first_goes_on(
    server: Serving, tmp_path: Path
) -> None:
    server.start().until_it_serves()
    second = Serving(server.settings, server.port, tmp_path / "second.log").start()
    assert f"Port {server.port} is taken" in second.refused()
    server.until_it_serves()


def test_a_second_server_on_the_same_data_and_another_port_is_fine(server: Serving, tmp_path: Path) -> None:
    server.start().until_it_serves()
    with ready(server.settings, tmp_path) as second:
        second.start().until_it_serves()
        server.until_it_serves()


def test_a_newer_schema_is_refused_in_words_and_left_alone(server: Serving) -> None:
    engine = create_engine(server.settings.sqlalchemy_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    said = server.start().refused()
    assert "9999" in said
    assert "newer" in said
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_missing_migrations_are_named_where_the_server_may_not_migrate(tmp_path: Path) -> None:
    with ready(settings_for(tmp_path / "data"), tmp_path) as server:
        assert "mayday db upgrade" in server.start("--no-migrate").refused()


@pytest.mark.postgres
def test_on_postgresql_the_server_does_not_migrate_by_itself(tmp_path: Path) -> None:
    with postgres_database(f"mayday_start_{os.urandom(5).hex()}") as url:
        settings = settings_for(tmp_path / "data", database_url=url)
        with ready(settings, tmp_path) as server:
            assert "mayday db upgrade" in server.start().refused()
            assert real_command(settings, "db", "upgrade").returncode == 0
            server.start().until_it_serves()
            assert server.stop() == 0


@pytest.mark.postgres
def test_a_start_waits_for_its_database_and_says_so_without_a_password(
    tmp_path: Path, postgres_server: OwnPostgres
) -> None:
    settings = settings_for(tmp_path / "data", database_url=postgres_server.url)
    assert real_command(settings, "db", "upgrade").returncode == 0
    postgres_server.stop()
    with ready(settings, tmp_path) as server:
        server.start()
        until(lambda: "waiting for the database" in server.said, lambda: server.said)
        assert server.process.poll() is None
        assert "Connection refused" in server.said
        assert PASSWORD not in server.said
        postgres_server.start()
        server.until_it_serves()
        assert server.stop() == 0


@pytest.mark.postgres
def test_a_database_that_refuses_is_not_waited_for(tmp_path: Path) -> None:
    wrong = re.sub(r"://postgres:[^@]*@", "://postgres:hunter2@", shared_url())
    with ready(settings_for(tmp_path, database_url=wrong), tmp_path) as server:
        said = server.start().refused()
    assert "The database does not answer" in said
    assert "authentication failed" in said
    assert "hunter2" not in said


def until(true: Callable[[], bool], told: Callable[[], str]) -> None:
    """Wait for something to be so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)


def test_every_line_of_a_server_is_json_where_nobody_looks_at_a_terminal(server: Serving) -> None:
    server.start(more={"MAYDAY_ENV": "production"}).until_it_serves()
    with urllib.request.urlopen(f"{server.url}/sign-in", timeout=PATIENCE):
        pass
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.said.splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    events = [line["event"] for line in lines]
    assert "Mayday is at" in events
    assert any(event.startswith("Starting gunicorn") for event in events)
    assert "request" in events
    assert any(event.startswith("Shutting down") for event in events)


def test_an_idle_server_stops_in_less_time_than_it_starts(server: Serving) -> None:
    shares = []
    for _ in range(3):  # of three: another program may have had the processor
        began = time.monotonic()
        server.start().until_it_serves()
        starting = time.monotonic() - began
        assert server.stop() == 0
        shares.append((time.monotonic() - began - starting) / starting)
    assert min(shares) < 1, shares


def test_a_damaged_database_is_said_with_what_to_do(server: Serving) -> None:
    (server.settings.data_dir / "mayday.db").write_bytes(b"\xa5" * 40_000)
    assert "mayday restore" in server.start().refused()


def test_a_file_in_place_of_the_data_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with ready(settings_for(tmp_path / "data"), tmp_path) as server:
        said = server.start().refused()
    assert "Cannot write to the data folder" in said
    assert "MAYDAY_DATA_DIR" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_of_somebody_else_is_not_filled_with_roots_files(server: Serving) -> None:
    shutil.chown(server.settings.data_dir, 65534)
    said = server.start().refused()
    assert "belongs to user 65534" in said
    assert not (server.settings.data_dir / "run" / "serving.lock").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_this_user_may_not_write_is_said(data_dir: Path) -> None:
    from click import ClickException

    from webapp.ops.serve import check_folder

    for path in (data_dir, *data_dir.parents):
        if path != Path("/tmp") and path.is_relative_to("/tmp"):
            path.chmod(0o755)
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            check_folder(data_dir)
        except ClickException as refused:
            os._exit(0 if "Permission denied" in refused.message else 3)
        os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_bad_setting_is_named_and_ends_with_2(server: Serving) -> None:
    server.start(more={"MAYDAY_WORKERS": "many"})
    assert server.process.wait(PATIENCE) == 2
    assert "MAYDAY_WORKERS" in server.said
    assert "many" not in server.said


def test_a_restore_is_refused_while_a_server_runs_and_done_when_it_has_stopped(server: Serving) -> None:
    server.start().until_it_serves()
    assert command(server.settings, "backup").exit_code == 0
    (file,) = backups(server.settings.data_dir / "backups")
    refused = command(server.settings, "restore", "--replace", str(file))
    assert refused.exit_code == 1
    assert "Stop it first" in refused.output
    server.until_it_serves()
    assert server.stop() == 0
    assert command(server.settings, "restore", "--replace", str(file)).exit_code == 0
