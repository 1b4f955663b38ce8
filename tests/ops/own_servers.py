"""Redis and PostgreSQL servers of one test, which it may stop and start again."""

import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.own_postgres import OwnPostgres, programs
from tests.servers import free_port


class OwnRedis:
    """A Redis server of this test alone, which it may stop and start again."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Start it empty and wait until it answers."""
        import redis

        self.process = subprocess.Popen(
            [
                *("redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no"),
                *("--dir", "/tmp", *options),
            ],
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


@pytest.fixture
def postgres_server() -> Iterator[OwnPostgres]:
    """A running PostgreSQL of this test; skipped where one cannot be started."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    server = OwnPostgres().start()
    yield server
    server.remove()
