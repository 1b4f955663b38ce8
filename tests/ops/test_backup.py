"""A backup is one whole file, also while people write; and it says plainly when it cannot be made."""

import fcntl
import json
import os
import stat
import subprocess
import sys
import tarfile
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from tests.conftest import both_databases, postgres_database, settings_for
from tests.people import Cast
from tests.servers import environment
from webapp.accounts.models import User
from webapp.database import utc_now
from webapp.events.models import Event
from webapp.events.service import open_event
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.ops.backup import run_client
from webapp.ops.cli import mayday
from webapp.resources import allocating
from webapp.resources import service as resources
from webapp.resources.models import ResourceType
from webapp.settings import Settings
from webapp.volunteers import service as volunteers

ROOT = Path(__file__).resolve().parents[2]


def command(settings: Settings, *arguments: str, **more: str) -> Result:
    """What `mayday …` does with these settings, and how it ends."""
    return CliRunner().invoke(mayday, arguments, env=environment(settings) | more)


def real_command(settings: Settings, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The same as a process of its own, as a person or a timer starts it."""
    return subprocess.run(
        [sys.executable, "-m", "webapp.ops.cli", *arguments],
        env=environment(settings) | more,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def backups(folder: Path) -> list[Path]:
    """The backups in a folder, the oldest first."""
    return sorted(folder.glob("mayday-*.tar.gz"))


def respond(app: Flask, cast: Cast) -> None:
    """A small response made through the services: an event, a need, an offer, a promise, a helper."""
    ada = cast.ada.actor
    with app.app_context():
        kind = db.session.execute(
            select(ResourceType.id).where(ResourceType.code == "supplies.sandbag")
        ).scalar_one()
        sandbags: dict[str, Any] = {"resource_type_id": kind, "name": "Sandbags", "unit": "sandbags"}
        event = open_event(ada, title="Cellar flooded", latitude=55.67, longitude=12.55).id
        need = resources.add_need(ada, event_id=event, quantity=40, **sandbags).id
        offer = resources.make_offer(cast.sam.actor, quantity=100, **sandbags).id
        allocating.allocate(ada, need_id=need, offer_id=offer, quantity=30)
        volunteers.assign(ada, user_id=cast.sue.id, event_id=event, task="Fill sandbags")


class Storm:
    """People who open events without pause; it remembers which ones were acknowledged, and when."""

    def __init__(self, app: Flask, cast: Cast, writers: int = 4) -> None:
        self.app, self.actor = app, cast.ada.actor
        self.acknowledged: list[tuple[datetime, int]] = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.write) for _ in range(writers)]

    def write(self) -> None:
        while not self.over.is_set():
            with self.app.app_context():
                made = open_event(self.actor, title="Storm").id
                self.acknowledged.append((utc_now(), made))

    def wait_for(self, number: int) -> None:
        """Let it rage until so many events are acknowledged."""
        while len(self.acknowledged) < number and any(thread.is_alive() for thread in self.threads):
            self.over.wait(0.01)

    def before(self, moment: datetime) -> set[int]:
        """The events that were acknowledged before a moment."""
        return {made for at, made in self.acknowledged if at < moment}

    def __enter__(self) -> "Storm":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()


@pytest.mark.slow
@both_databases
def test_everything_acknowledged_before_a_backup_began_is_in_it_though_people_go_on_writing(
    app: Flask, settings: Settings, cast: Cast, tmp_path: Path
) -> None:
    with Storm(app, cast) as storm:
        storm.wait_for(30)
        made = real_command(settings, "backup")
        storm.wait_for(len(storm.acknowledged) + 1)
    assert made.returncode == 0, made.stderr
    mark = json.loads((settings.data_dir / "backups" / "last.json").read_text())
    before = storm.before(datetime.fromisoformat(mark["made_at"]))
    assert 30 <= len(before) < len(storm.acknowledged), "people wrote before and during the backup"
    (file,) = backups(settings.data_dir / "backups")
    with elsewhere(settings, tmp_path) as other:
        restored = real_command(other, "restore", str(file))
        assert restored.returncode == 0, restored.stderr
        there, heads, told = read_back(other)
    assert before <= there
    assert heads == sorted(set(heads)), "an entry is there twice"
    assert len(told) == len(there), "an event without its entry, or an entry without its event"


class elsewhere:  # noqa: N801 - used as a function that is a context
    """Settings of another, empty installation on the same kind of database."""

    def __init__(self, settings: Settings, tmp_path: Path) -> None:
        self.folder = tmp_path / "elsewhere"
        self.database = (
            None if settings.is_sqlite else postgres_database(f"mayday_else_{os.urandom(5).hex()}")
        )

    def __enter__(self) -> Settings:
        url = self.database.__enter__() if self.database else ""
        return settings_for(self.folder, database_url=url)

    def __exit__(self, *_error: object) -> None:
        if self.database:
            self.database.__exit__()


def read_back(settings: Settings) -> tuple[set[int], list[int], set[int]]:
    """The events there, the journal's numbers, and the events whose opening the journal tells."""
    from tests.conftest import dispose
    from webapp import create_app

    app = create_app(settings)
    with app.app_context():
        events = set(db.session.execute(select(Event.id)).scalars())
        heads = list(db.session.execute(select(JournalEntry.seq).order_by(JournalEntry.seq)).scalars())
        told = set(
            db.session.execute(
                select(JournalEntry.subject_id).where(JournalEntry.verb == "event.opened")
            ).scalars()
        )
    dispose(app)
    return events, heads, told


def test_a_backup_says_where_it_is_and_leaves_a_mark_for_monitoring(settings: Settings, app: Flask) -> None:
    made = command(settings, "backup")
    assert made.exit_code == 0, made.output
    (file,) = backups(settings.data_dir / "backups")
    assert str(file) in made.output
    mark = json.loads((settings.data_dir / "backups" / "last.json").read_text())
    assert mark["file"] == str(file)
    assert mark["bytes"] == file.stat().st_size
    assert mark["made_at"]


def test_only_its_owner_can_read_a_backup(settings: Settings, app: Flask) -> None:
    command(settings, "backup")
    (file,) = backups(settings.data_dir / "backups")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(("option", "there"), [([], False), (["--with-secrets"], True)])
def test_the_signing_key_is_left_out_unless_asked_for(
    settings: Settings, app: Flask, option: list[str], there: bool
) -> None:
    command(settings, "backup", *option)
    (file,) = backups(settings.data_dir / "backups")
    with tarfile.open(file) as tar:
        assert ("secret_key" in tar.getnames()) is there
        everything = b"".join(tar.extractfile(member).read() for member in tar)  # type: ignore[union-attr]
    assert (settings.secret_key.get_secret_value().encode() in everything) is there


def test_the_files_that_people_sent_are_in_it(settings: Settings, app: Flask) -> None:
    photo = settings.data_dir / "files" / "ab" / "cellar.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"wet")
    command(settings, "backup")
    with tarfile.open(backups(settings.data_dir / "backups")[0]) as tar:
        assert tar.extractfile("files/ab/cellar.jpg").read() == b"wet"  # type: ignore[union-attr]


def test_only_the_newest_are_kept_when_asked_and_other_files_stay(
    settings: Settings, app: Flask, tmp_path: Path
) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    (folder / "mayday-notes.txt").write_text("mine")
    for _ in range(3):
        assert command(settings, "backup", "--to", str(folder)).exit_code == 0
    newest = backups(folder)[-1]
    assert command(settings, "backup", "--to", str(folder), "--keep", "2").exit_code == 0
    assert len(backups(folder)) == 2
    assert backups(folder)[0] == newest
    assert (folder / "mayday-notes.txt").exists()


def test_keeping_none_is_refused(settings: Settings, app: Flask) -> None:
    assert command(settings, "backup", "--keep", "0").exit_code == 2


def test_two_backups_to_one_folder_at_once_are_one(settings: Settings, app: Flask) -> None:
    folder = settings.data_dir / "backups"
    folder.mkdir()
    with (folder / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = command(settings, "backup")
    assert refused.exit_code == 1
    assert "Another backup" in refused.output
    assert backups(folder) == []


def test_what_a_killed_backup_left_behind_goes_with_the_next(settings: Settings, app: Flask) -> None:
    left = settings.data_dir / "backups" / ".mayday-killed"
    left.mkdir(parents=True)
    (left / "partial").write_bytes(b"half")
    command(settings, "backup")
    assert not left.exists()


def test_a_folder_that_cannot_be_written_is_said(settings: Settings, app: Flask, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    refused = command(settings, "backup", "--to", str(tmp_path / "taken" / "below"))
    assert refused.exit_code == 1
    assert "Cannot write the backup" in refused.output
    assert not (settings.data_dir / "backups" / "last.json").exists()


def test_a_full_disk_is_said_and_leaves_no_half_backup(settings: Settings, app: Flask, cast: Cast) -> None:
    limited = subprocess.run(
        ["bash", "-c", f"ulimit -f 64; trap '' XFSZ; exec {sys.executable} -m webapp.ops.cli backup"],
        env=environment(settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert limited.returncode == 1, limited.stderr
    assert "Traceback" not in limited.stderr
    folder = settings.data_dir / "backups"
    assert backups(folder) == []
    assert list(folder.glob(".mayday-*")) == []


def test_without_a_database_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    refused = command(settings_for(tmp_path / "empty"), "backup")
    assert refused.exit_code == 1
    assert "nothing to back up" in refused.output


def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(settings: Settings, data_dir: Path) -> None:
    file = data_dir / "mayday.db"
    whole = file.read_bytes()
    page = 4096
    file.write_bytes(whole[: 2 * page] + b"\xa5" * (4 * page) + whole[6 * page :])
    refused = command(settings, "backup")
    assert refused.exit_code == 1
    assert backups(data_dir / "backups") == []


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_without_the_postgresql_client_it_says_what_to_install(
    settings: Settings, app: Flask, tmp_path: Path
) -> None:
    refused = command(settings, "backup", PATH=str(tmp_path))
    assert refused.exit_code == 1
    assert "pg_dump is not installed here" in refused.output
    assert "postgresql-client" in refused.output


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_the_databases_password_is_not_in_the_process_list(
    settings: Settings, app: Flask, tmp_path: Path
) -> None:
    spy = tmp_path / "pg_dump"
    spy.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/seen\nexit 1\n')
    spy.chmod(0o755)
    url = settings.database_url.replace("postgres@", "postgres:hunter2@")
    other = settings.model_copy(update={"database_url": url})
    refused = command(other, "backup", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert refused.exit_code == 1
    assert "--format=custom" in (tmp_path / "seen").read_text()
    assert "hunter2" not in (tmp_path / "seen").read_text() + refused.output


def test_a_database_that_does_not_answer_is_said(tmp_path: Path) -> None:
    gone = settings_for(tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none")
    refused = command(gone, "backup")
    assert refused.exit_code == 1
    assert "does not answer" in refused.output
    assert "Traceback" not in refused.output


def test_the_people_are_in_it(app: Flask, settings: Settings, cast: Cast, tmp_path: Path) -> None:
    respond(app, cast)
    command(settings, "backup")
    (file,) = backups(settings.data_dir / "backups")
    told = command(settings_for(tmp_path / "there"), "restore", str(file))
    with app.app_context():
        people = len(db.session.execute(select(User.id)).all())
    assert f"{people}  user" in told.output


@pytest.mark.parametrize(
    ("given", "address", "password"),
    [
        ("postgresql://mayday:p%40s%2Fs@h:5433/db", "postgresql://mayday@h:5433/db", "p@s/s"),
        ("postgresql://mayday:***@h/db", "postgresql://mayday@h/db", "***"),
        ("postgres://mayday@h/db?sslmode=require", "postgresql://mayday@h/db?sslmode=require", None),
        (
            "postgresql:///db?host=/run/postgresql&password=s3cret",
            "postgresql:///db?host=%2Frun%2Fpostgresql",
            "s3cret",
        ),
    ],
)
def test_postgresqls_programs_get_the_password_where_no_list_of_processes_shows_it(
    tmp_path: Path, given: str, address: str, password: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "pg_dump"
    tool.write_text('#!/bin/sh\nprintf "%s\\n" "${PGPASSWORD-none}" "$@" > "$(dirname "$0")/told"\n')
    tool.chmod(0o700)
    monkeypatch.delenv("PGPASSWORD", raising=False)
    run_client(settings_for(tmp_path, database_url=given), str(tool), "--format=custom")
    secret, *arguments = (tmp_path / "told").read_text().splitlines()
    assert secret == (password or "none")
    assert f"--dbname={address}" in arguments
    assert not password or not any(password in argument for argument in arguments)
