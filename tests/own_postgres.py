"""PostgreSQL servers of the tests' own: as an agency's they ask for a password, and they end with the tests.

The tests do not use a server that runs on the machine already: those of distributions let some users in
without a password, which hides whatever goes wrong with one.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.servers import free_port

PATIENCE = 30.0
URL = "TEST_POSTGRES_URL"
# With what an address has to quote, and with what hides it in SQLAlchemy's own words.
PASSWORD = "p@ss/w:rd%***"
_ROOT = os.geteuid() == 0


def programs() -> Path | None:
    """Where PostgreSQL's server programs of the newest version are; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class OwnPostgres:
    """One cluster in a folder of its own, which may be stopped and started again.

    PostgreSQL refuses to run as root, so root's tests run it as the user postgres.
    """

    def __init__(self) -> None:
        there = programs()
        assert there is not None, "PostgreSQL is not installed"
        self.port = free_port()
        self.url = f"postgresql+psycopg://postgres:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/postgres"
        self._programs = there
        self.folder = Path(tempfile.mkdtemp(prefix="mayday-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if _ROOT:
            for path in (self.folder, secret):
                shutil.chown(path, "postgres", "postgres")
        subprocess.run(
            [
                *(f"{there}/initdb", f"--pgdata={self.folder}/cluster", "--username=postgres", "--no-sync"),
                *(f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"),
            ],
            check=True,
            capture_output=True,
            cwd=self.folder,
            user="postgres" if _ROOT else None,
            extra_groups=[] if _ROOT else None,
        )

    def start(self) -> "OwnPostgres":
        """Start it and wait until it answers. It ends by itself when the tests do, however they end."""
        settings = {
            "port": self.port,
            "unix_socket_directories": self.folder,
            "listen_addresses": "127.0.0.1",
            "max_connections": 300,
            "fsync": "off",  # nobody cuts this machine's power; whoever kills the server loses nothing by it
        }
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "QUIT", f"{self._programs}/postgres", "-D"),
                    f"{self.folder}/cluster",
                    *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
                ],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user="postgres" if _ROOT else None,
                extra_groups=[] if _ROOT else None,
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.url.replace("+psycopg", ""), connect_timeout=5).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return self

    def stop(self) -> None:
        """End it at once, as a crash does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(PATIENCE)
            self._process = None

    def remove(self) -> None:
        """End it for good."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def shared_url() -> str:
    """The address of the server that all tests share: ``TEST_POSTGRES_URL``, else one that starts now.

    Processes of pytest-xdist get it in their environment from the one that starts them.
    """
    if URL not in os.environ:
        server = OwnPostgres().start()
        atexit.register(server.remove)
        os.environ[URL] = server.url
    return os.environ[URL]


def there() -> bool:
    """Whether tests can have a PostgreSQL."""
    return URL in os.environ or programs() is not None
