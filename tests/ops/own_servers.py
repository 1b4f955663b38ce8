"""Redis and PostgreSQL servers of a test's own, which it may stop and start again."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.servers import free_port

PATIENCE = 30.0


class OwnRedis:
    """A Redis server of this test alone, which it may stop and start again."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it empty and wait until it answers."""
        import redis

        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no", "--dir", "/tmp"],
            stdout=subprocess.DEVNULL,
        )
        with redis.Redis.from_url(self.url) as client:
            for _ in range(200):
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.02)
                else:
                    return
        raise AssertionError("redis-server does not answer")

    def stop(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def redis_server() -> Iterator[OwnRedis]:
    """A running Redis of this test."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not there")
    server = OwnRedis()
    server.start()
    yield server
    server.stop()


class OwnPostgres:
    """A PostgreSQL cluster of this test alone, run by the user postgres as it refuses root."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        self._folder, self._programs = folder, programs
        shutil.chown(folder, "postgres")
        folder.chmod(0o700)
        self._run(f"{programs}/initdb --pgdata {folder}/cluster --auth trust --username postgres --no-sync")

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1"
        self._run(
            f'{self._programs}/pg_ctl -D {self._folder}/cluster -l {self._folder}/log -o "{options}" -w start'
        )
        psycopg.connect(self.url.replace("+psycopg", ""), connect_timeout=5).close()

    def stop(self) -> None:
        """End it at once, as a crash does."""
        self._run(f"{self._programs}/pg_ctl -D {self._folder}/cluster -m immediate stop", check=False)

    def _run(self, command: str, check: bool = True) -> None:
        subprocess.run(
            ["su", "postgres", "-c", command],
            check=check,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )


@pytest.fixture
def postgres_server() -> Iterator[OwnPostgres]:
    """A running PostgreSQL of this test; skipped where one cannot be started."""
    import tempfile

    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs or os.geteuid() != 0 or shutil.which("su") is None:
        pytest.skip("a PostgreSQL of the test's own cannot be started here")
    with tempfile.TemporaryDirectory(prefix="mayday-pg-", ignore_cleanup_errors=True) as folder:
        server = OwnPostgres(Path(folder), programs[-1].parent)
        server.start()
        try:
            yield server
        finally:
            server.stop()
