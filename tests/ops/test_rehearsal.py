"""Upgrade, upgrade again, roll back, restore and drill: the very lines of the document, on a PostgreSQL that
asks for a password.

Folders of the system lie below one of the test's own. What needs a whole machine stands in with as little as
it takes: `sudo` runs what follows, `systemctl` starts and stops a real server and says what runs,
`make install` copies a release. The releases are this code, the first two without its newest migration.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests import own_postgres
from tests.conftest import postgres_database
from tests.servers import free_port

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.shell, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]
DEPLOYMENT = (ROOT / "docs" / "deployment.md").read_text()
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
OWNER_PASSWORD = "an owner-s p%40ssw0rd/#"

SUDO = """#!/bin/sh
test "$1" != -u || shift 2
echo "$* | $(ls @ROOT@/running | tr '\\n' ' ')" >>@ROOT@/said
exec "$@"
"""
SYSTEMCTL = """#!/bin/sh
cd @ROOT@/running
what=$1; shift
case $what in
list-unit-files)
  for unit in ../enabled/*; do echo "${unit##*/} enabled enabled"; done ;;
stop)
  for pattern; do
    case $pattern in *.*|*'*') ;; *) pattern=$pattern.service ;; esac
    for unit in $pattern; do
      test -e "$unit" || continue
      process=$(cat "$unit")
      test -z "$process" || { kill "$process"; while kill -0 "$process" 2>/dev/null; do sleep 0.05; done; }
      rm "$unit"
    done
  done ;;
start)
  for unit; do
    case $unit in *.*) ;; *) unit=$unit.service ;; esac
    case $unit in mayday.service) command=serve ;; *) command= ;; esac
    if test "$command"; then
      (set -a; . @ROOT@/etc/mayday/mayday.env; cd @ROOT@/opt/mayday
       exec .venv/bin/mayday $command >>@ROOT@/log 2>&1) & echo $! >"$unit"
    else
      : >"$unit"
    fi
    test "$command" != serve || for try in $(seq 300); do
      curl -sf -H 'Host: help.example' http://127.0.0.1:@PORT@/health/live >/dev/null && break; sleep 0.1
    done
  done ;;
esac
"""
MAKE = """#!/bin/sh
test "$1" = install || exit 2
mkdir -p "${2#TO=}" && cp -a . "${2#TO=}"
"""
PROGRAM = """#!/bin/sh
exec @PYTHON@ -m webapp.ops.cli "$@"
"""


def block(page: str, heading: str, number: int = 0) -> str:
    """The lines of a document's command block below a heading."""
    below = re.split(r"(?m)^#{2,3} ", page.split(f"# {heading}\n", 1)[1])[0]
    found: list[str] = re.findall(r"(?ms)^```sh\n(.*?)^```", below)
    return found[number]


class Machine:
    """A machine of somebody who follows the document."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.root, self.port, self.database_url = folder, free_port(), database_url
        self.owner = make_url(database_url).username
        for name in (
            *("bin", "running", "enabled", "releases", "etc/mayday", "etc/systemd/system", "tmp"),
            *("var/lib/mayday", "var/lib/mayday-backups"),
        ):
            (folder / name).mkdir(parents=True)
        for name, script in {"sudo": SUDO, "systemctl": SYSTEMCTL, "make": MAKE}.items():
            self._script(folder / "bin" / name, script)
        self.run(block(DEPLOYMENT, "Install", 1) + block(DEPLOYMENT, "Install", 2))
        with (folder / "etc/mayday/mayday.env").open("a") as settings:
            settings.write(f"MAYDAY_DATABASE_URL={shlex.quote(database_url)}\nMAYDAY_PORT={self.port}\n")
            settings.write("MAYDAY_JOBS=outside\nMAYDAY_WORKERS=1\nMAYDAY_THREADS=4\n")

    def _script(self, path: Path, script: str) -> None:
        values = {"@ROOT@": str(self.root), "@PORT@": str(self.port), "@PYTHON@": sys.executable}
        for name, value in values.items():
            script = script.replace(name, value)
        path.write_text(script)
        path.chmod(0o755)

    def release(self, name: str, *, migrations_left_out: int = 0) -> Path:
        """An unpacked release."""
        folder = self.root / "releases" / name
        for part in ("webapp", "migrations", "deploy"):
            shutil.copytree(ROOT / part, folder / part)
        shutil.copy2(ROOT / "wsgi.py", folder)
        (folder / ".venv/bin").mkdir(parents=True)
        (folder / ".venv/installed").touch()
        self._script(folder / ".venv/bin/mayday", PROGRAM)
        scripts = sorted((folder / "migrations/versions").glob("[0-9]*.py"))
        for path in scripts[len(scripts) - migrations_left_out :]:
            path.unlink()
        (folder / "release").write_text(name)
        return folder

    def run(self, lines: str, within: Path | None = None) -> str:
        """Run lines as a shell does that stops at the first failure; gives what they printed."""
        for place in ("/opt/mayday", "/var/lib/mayday", "/etc/", "/usr/local/bin", "/tmp/mayday"):
            new = {"/usr/local/bin": "/bin"}.get(place, place)
            lines = re.sub(rf"(?<![\w.*]){re.escape(place)}", f"{self.root}{new}", lines)
        lines = lines.replace(":8000", f":{self.port}").replace("mayday_drill", f"{self.owner}_drill")
        lines = lines.replace("--owner=mayday", f"--owner={self.owner}")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MAYDAY_")}
        server = make_url(own_postgres.shared_url())
        clean |= {
            "PATH": f"{self.root}/bin:{os.environ['PATH']}",
            "PGHOST": str(server.host),
            "PGPORT": str(server.port),
            "PGUSER": str(server.username),
            "PGPASSWORD": str(server.password),
        }
        ran = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", lines],
            cwd=within or self.root,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        log = self.root / "log"
        assert ran.returncode == 0, ran.stdout + ran.stderr + (log.read_text() if log.exists() else "")
        return ran.stdout

    def enable(self, *units: str) -> None:
        """Have units, and have them running."""
        for unit in units:
            shutil.copy(ROOT / "deploy/systemd" / unit, self.root / "etc/systemd/system")
            (self.root / "enabled" / unit).touch()
        self.run(f"systemctl start {' '.join(units)}")

    @property
    def running(self) -> list[str]:
        """The units that run."""
        return sorted(path.name for path in (self.root / "running").iterdir())

    @property
    def said(self) -> list[tuple[str, str]]:
        """What was run with `sudo`, and which units ran at that moment."""
        lines = (self.root / "said").read_text().splitlines()
        return [(line.rpartition(" | ")[0], line.rpartition(" | ")[2].strip()) for line in lines]

    @property
    def installed(self) -> str:
        """The release that is in place."""
        return (self.root / "opt/mayday/release").read_text()

    def head(self) -> tuple[str, int]:
        """The schema, and the newest entry of the journal."""
        bound = create_engine(
            self.database_url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool
        )
        with bound.connect() as connection:
            schema = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            return schema, connection.execute(text("SELECT max(seq) FROM journal_entry")).scalar_one()

    def notes(self) -> set[str]:
        """For whom invitations were made: what these tests write."""
        address = self.database_url.replace("postgresql:", "postgresql+psycopg:")
        with create_engine(address, poolclass=NullPool).connect() as connection:
            return set(connection.execute(text("SELECT note FROM invitation")).scalars())

    def serves(self) -> bool:
        """Whether the server answers that it is ready."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/health/ready", headers={"Host": "help.example"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return bool(answer.status == 200)


UNITS = ("mayday.service", "mayday-jobs.service", "mayday-backup.timer")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine with a PostgreSQL as the document makes it: a role with a password owns one database."""
    name, server = f"mayday_{uuid.uuid4().hex[:10]}", make_url(own_postgres.shared_url())
    admin = create_engine(own_postgres.shared_url(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{OWNER_PASSWORD}'"))
    with postgres_database(name):
        with admin.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {name} OWNER TO {name}"))
        url = server.set(drivername="postgresql", username=name, password=OWNER_PASSWORD, database=name)
        made = Machine(tmp_path, url.render_as_string(hide_password=False))
        try:
            yield made
        finally:
            made.run("systemctl stop 'mayday*'")
    with admin.connect() as connection:
        connection.execute(text(f"DROP ROLE {name}"))


def in_place(machine: Machine, command: str) -> list[str]:
    """Which units ran whenever this command did."""
    found = [running for said, running in machine.said if command in said]
    assert found, machine.said
    return found


def test_upgrade_upgrade_and_roll_back_as_the_document_says(machine: Machine) -> None:
    (first, second), third = (
        (machine.release(n, migrations_left_out=1) for n in ("one", "two")),
        machine.release("three"),
    )
    machine.run(f"make install TO={machine.root}/opt/mayday", first)
    machine.run("mayday db upgrade")
    machine.enable(*UNITS)
    machine.run("mayday users invite --note before")
    old_schema, _ = machine.head()

    machine.run(block(DEPLOYMENT, "Upgrade"), second)
    assert (machine.installed, machine.head()[0]) == ("two", old_schema)
    ready = machine.run(block(DEPLOYMENT, "Upgrade"), third)
    assert '"status":"' in ready.replace(" ", "")
    assert machine.installed == "three"
    assert machine.head()[0] != old_schema
    assert (machine.root / "opt/mayday.previous/release").read_text() == "two"
    assert not (machine.root / "opt/mayday.previous/mayday").exists()
    assert machine.running == sorted(UNITS)
    machine.run("mayday users invite --note between")
    _, written = machine.head()

    machine.run(block(DEPLOYMENT, "Roll back"))
    assert machine.installed == "two"
    assert machine.head()[0] == old_schema
    assert machine.head()[1] >= written, "what was written since is kept"
    assert machine.running == sorted(UNITS)
    assert machine.serves()
    for command in (
        ".venv/bin/mayday db upgrade",
        "db downgrade",
        "mv --no-target-directory",
        "make install",
    ):
        assert set(
            in_place(machine, command.removeprefix(".venv/bin/mayday "))[1 if "upgrade" in command else 0 :]
        ) == {""}


def test_an_upgrade_that_failed_is_begun_again_without_losing_the_way_back(machine: Machine) -> None:
    machine.run(f"make install TO={machine.root}/opt/mayday", machine.release("one"))
    lines = re.findall(r"(?m)^sudo (?:test|mv|make) .*\n", block(DEPLOYMENT, "Upgrade"))
    assert len(lines) == 3
    broken = machine.release("broken")
    (broken / ".venv/installed").unlink()
    machine.run("".join(lines), broken)
    with pytest.raises(AssertionError, match="Directory not empty"):
        machine.run("".join(lines), machine.release("two"))
    assert (machine.root / "opt/mayday.previous/release").read_text() == "one"


def test_the_restore_and_the_drills_work_on_postgresql_as_written(machine: Machine) -> None:
    machine.run(f"make install TO={machine.root}/opt/mayday", machine.release("one"))
    machine.run("mayday db upgrade")
    machine.enable(*UNITS)
    machine.run("mayday users invite --note kept")
    (start,) = re.findall(
        r"(?m)^ExecStart=\S+(.*)$", (ROOT / "deploy/systemd/mayday-backup.service").read_text()
    )
    machine.run(f"mayday {start}")
    _, entries = machine.head()
    machine.run("mayday users invite --note later")

    drill = machine.run(block(DEPLOYMENT, "A drill, once a month", 1))
    assert "checked and whole" in drill
    assert f"{entries}  journal entry" in drill
    assert machine.running == sorted(UNITS), "people go on working"
    assert "later" in machine.notes()
    assert not list((machine.root / "tmp").iterdir())

    (newest,) = (machine.root / "var/lib/mayday-backups").glob("*.tar.gz")
    lines = re.sub(r"mayday-\d{8}T\d{6}Z\.tar\.gz", newest.name, block(DEPLOYMENT, "Restore"))
    for restored in (lines, block(RUNBOOK, "The database is damaged")):
        machine.run(restored)
        assert "kept" in machine.notes()
        assert "later" not in machine.notes()
        assert machine.running == sorted(UNITS)
        assert machine.serves()
        machine.run("mayday users invite --note later")
    assert set(in_place(machine, "restore --replace")) == {""}
