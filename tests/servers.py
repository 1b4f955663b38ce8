"""Real servers for tests: gunicorn on a free port, with data of the test's own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from webapp.settings import Settings

PATIENCE = 30.0


@dataclass
class Server:
    """A running server: where it answers, its process and its log."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    def kill(self) -> None:
        """End it and its workers at once, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self) -> None:
        """Ask it to stop, as a service manager does, and wait for its end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(settings: Settings) -> dict[str, str]:
    """The settings of a test as the environment of a server; nothing else of Mayday's comes in."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAYDAY_")}
    given = settings.model_dump(exclude={"secret_key"})
    named = {
        f"MAYDAY_{name.upper()}": ",".join(value) if isinstance(value, tuple) else str(value)
        for name, value in given.items()
        if value is not None
    }
    named["MAYDAY_SECRET_KEY"] = settings.secret_key.get_secret_value()
    return clean | named


@contextlib.contextmanager
def running_server(
    settings: Settings, *, workers: int = 1, port: int | None = None, arguments: Sequence[str] = ()
) -> Iterator[Server]:
    """A real gunicorn on the test's data. What it logged is shown when the test fails."""
    port = port or free_port()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    log = settings.data_dir / f"server-{port}.log"
    command = [
        *(sys.executable, "-m", "gunicorn", "--config", "python:webapp.ops.gunicorn_conf"),
        *("--no-control-socket", "--threads", "16", "--workers", str(workers)),
        *("--bind", f"127.0.0.1:{port}", *arguments, "wsgi:app"),
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environment(settings),
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=_ROOT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait_for(server)
        yield server
    except BaseException:
        sys.stderr.write(f"--- {log.name} ---\n{log.read_text()[-6000:]}\n")
        raise
    finally:
        server.terminate()


_ROOT = Path(__file__).resolve().parents[1]


def _wait_for(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"{server.url}/health/live", timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert server.process.poll() is None, "the server ended at its start"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)
