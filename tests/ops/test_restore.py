"""A restore brings back what the backup held, all of it or nothing, and never over somebody's data."""

import gzip
import hashlib
import io
import json
import random
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import MetaData, create_engine, select, text
from sqlalchemy.pool import NullPool

from tests.conftest import both_databases, dispose, settings_for
from tests.ops.test_backup import backups, command, elsewhere, respond
from tests.people import Cast
from webapp import create_app
from webapp.ops.restore import SERVING_LOCK
from webapp.settings import Settings

postgres = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def contents(settings: Settings) -> dict[str, list[str]]:
    """Every row of every table."""
    with create_engine(settings.sqlalchemy_url, poolclass=NullPool).connect() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in metadata.tables.values()
        }


@pytest.fixture
def backup(app: Flask, settings: Settings, cast: Cast) -> Path:
    """A backup of a small response, with its signing key and a photo."""
    respond(app, cast)
    photo = settings.data_dir / "files" / "ab" / "cellar.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"wet")
    made = command(settings, "backup", "--with-secrets")
    assert made.exit_code == 0, made.output
    return backups(settings.data_dir / "backups")[0]


@pytest.fixture
def empty(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Another, empty installation on the same kind of database."""
    with elsewhere(settings, tmp_path) as other:
        yield other


@pytest.fixture
def forged(backup: Path, tmp_path: Path) -> Callable[..., Path]:
    """Makes a backup whose parts or manifest somebody changed, packed again without a trace."""

    def forge(
        parts: Callable[[dict[str, bytes]], object] = lambda _: None, hashes: bool = False, **manifest: Any
    ) -> Path:
        with tarfile.open(backup) as tar:
            held = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
        told = json.loads(held.pop("manifest.json"))
        parts(held)
        if hashes:
            told["parts"] = [
                {"name": name, "bytes": len(part), "sha256": hashlib.sha256(part).hexdigest()}
                for name, part in held.items()
            ]
        held["manifest.json"] = json.dumps(told | manifest).encode()
        path = tmp_path / "forged.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for name, part in held.items():
                member = tarfile.TarInfo(name)
                member.size = len(part)
                tar.addfile(member, io.BytesIO(part))
        return path

    return forge


def nothing_there(settings: Settings) -> bool:
    """Whether a refused restore left no data behind."""
    return [
        path for path in settings.data_dir.rglob("*") if path.is_file() and path.name != SERVING_LOCK
    ] == []


@both_databases
def test_everything_is_back_and_the_command_says_what(
    backup: Path, settings: Settings, empty: Settings
) -> None:
    restored = command(empty, "restore", str(backup))
    assert restored.exit_code == 0, restored.output
    assert contents(empty) == contents(settings)
    assert (empty.data_dir / "files" / "ab" / "cellar.jpg").read_bytes() == b"wet"
    for line in ("1  event", "1  need", "1  offer", "1  allocation", "1  assignment"):
        assert line in restored.output


def test_with_the_signing_key_people_stay_signed_in(backup: Path, cast: Cast, empty: Settings) -> None:
    assert command(empty, "restore", str(backup)).exit_code == 0
    key = empty.data_dir / "secret_key"
    assert key.stat().st_mode & 0o077 == 0
    app = create_app(settings_for(empty.data_dir, secret_key=""))
    browser = app.test_client()
    cookie = cast.sam.client.get_cookie("mayday")
    assert cookie is not None
    browser.set_cookie("mayday", cookie.value)
    assert cast.sam.name in browser.get("/me").get_data(as_text=True)
    dispose(app)


@both_databases
def test_life_goes_on_after_a_restore(backup: Path, cast: Cast, empty: Settings) -> None:
    command(empty, "restore", str(backup))
    app = create_app(empty)
    try:
        from tests.events.making import opened, stored

        event = opened(app, cast.ada, title="After the restore")
        assert stored(app, event).title == "After the restore"
    finally:
        dispose(app)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.9, 0.99, 1.0])
def test_a_file_that_was_cut_short_is_refused(backup: Path, empty: Settings, share: float) -> None:
    whole = backup.read_bytes()
    backup.write_bytes(whole[: min(int(len(whole) * share), len(whole) - 1)])
    refused = command(empty, "restore", str(backup))
    assert refused.exit_code == 3, refused.output
    assert nothing_there(empty)


def test_one_altered_byte_anywhere_is_found(backup: Path, empty: Settings) -> None:
    whole = backup.read_bytes()
    # The first ten bytes are gzip's own header; its time stamp carries nothing of ours.
    for place in [10, *random.Random(7).sample(range(10, len(whole)), 40), len(whole) - 1]:
        altered = bytearray(whole)
        altered[place] ^= 0x10
        backup.write_bytes(altered)
        refused = command(empty, "restore", str(backup))
        assert refused.exit_code == 3, f"byte {place}: {refused.output}"
    assert nothing_there(empty)


def test_a_part_that_was_exchanged_is_found(forged: Callable[..., Path], empty: Settings) -> None:
    file = forged(lambda held: held.update({"files/ab/cellar.jpg": b"dry"}))
    refused = command(empty, "restore", str(file))
    assert refused.exit_code == 3
    assert "cellar.jpg" in refused.output
    assert nothing_there(empty)


def test_a_missing_part_is_found(forged: Callable[..., Path], empty: Settings) -> None:
    refused = command(empty, "restore", str(forged(lambda held: held.pop("files/ab/cellar.jpg"))))
    assert refused.exit_code == 3
    assert "cellar.jpg" in refused.output


def test_a_part_that_the_manifest_does_not_name_is_found(
    forged: Callable[..., Path], empty: Settings
) -> None:
    refused = command(empty, "restore", str(forged(lambda held: held.update({"files/extra": b"x"}))))
    assert refused.exit_code == 3
    assert "files/extra" in refused.output


@pytest.mark.parametrize("name", ["../outside", "files/../../outside", "/tmp/mayday-outside"])
def test_no_part_is_written_outside_the_data_folder(
    forged: Callable[..., Path], empty: Settings, name: str
) -> None:
    Path("/tmp/mayday-outside").unlink(missing_ok=True)
    refused = command(empty, "restore", str(forged(lambda held: held.update({name: b"x"}), hashes=True)))
    assert refused.exit_code == 3
    assert not (empty.data_dir.parent / "outside").exists()
    assert not Path("/tmp/mayday-outside").exists()


def test_a_link_in_place_of_a_part_is_refused(backup: Path, empty: Settings, tmp_path: Path) -> None:
    linked = tmp_path / "linked.tar.gz"
    with tarfile.open(linked, "w:gz") as tar:
        member = tarfile.TarInfo("database.sqlite")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    assert command(empty, "restore", str(linked)).exit_code == 3


@pytest.mark.parametrize("content", [b"", b"not a backup", gzip.compress(b"not a tar", mtime=0)])
def test_another_file_is_refused_as_no_backup(empty: Settings, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    assert command(empty, "restore", str(tmp_path / "other")).exit_code == 3


def test_a_file_that_is_not_there_is_a_wrong_command(empty: Settings, tmp_path: Path) -> None:
    assert command(empty, "restore", str(tmp_path / "none")).exit_code == 2


def test_a_newer_schema_is_refused_with_the_version_to_install(
    forged: Callable[..., Path], empty: Settings
) -> None:
    refused = command(empty, "restore", str(forged(schema_revision="9999", app_version="7.5.0")))
    assert refused.exit_code == 1
    assert "newer" in refused.output
    assert "7.5.0" in refused.output
    assert nothing_there(empty)


def test_a_journal_shorter_than_promised_is_refused(forged: Callable[..., Path], empty: Settings) -> None:
    refused = command(empty, "restore", str(forged(journal_head=10_000)))
    assert refused.exit_code == 3
    assert nothing_there(empty)


def test_a_damaged_database_inside_a_whole_file_is_refused(
    forged: Callable[..., Path], empty: Settings
) -> None:
    def damage(held: dict[str, bytes]) -> None:
        whole = held["database.sqlite"]
        held["database.sqlite"] = whole[:8192] + b"\xa5" * 16384 + whole[24576:]

    refused = command(empty, "restore", str(forged(damage, hashes=True)))
    assert refused.exit_code in (1, 3)
    assert nothing_there(empty)


@both_databases
def test_a_database_that_is_not_empty_is_left_alone(backup: Path, app: Flask, settings: Settings) -> None:
    before = contents(settings)
    dispose(app)
    refused = command(settings, "restore", str(backup))
    assert refused.exit_code == 1
    assert "--replace" in refused.output
    assert contents(settings) == before


def test_files_that_are_there_are_left_alone(backup: Path, empty: Settings) -> None:
    (empty.data_dir / "files").mkdir(parents=True)
    (empty.data_dir / "files" / "mine").write_text("mine")
    assert command(empty, "restore", str(backup)).exit_code == 1
    assert (empty.data_dir / "files" / "mine").read_text() == "mine"
    assert not (empty.data_dir / "mayday.db").exists()


@both_databases
def test_with_replace_what_was_there_is_moved_aside_whole(
    backup: Path, app: Flask, settings: Settings, cast: Cast
) -> None:
    at_backup = contents(settings)
    respond(app, cast)
    later = contents(settings)
    dispose(app)
    replaced = command(settings, "restore", "--replace", str(backup))
    assert replaced.exit_code == 0, replaced.output
    assert contents(settings) == at_backup
    assert aside(settings) == len(later["journal_entry"])


def aside(settings: Settings) -> int:
    """How many journal entries the database has that was moved aside."""
    if settings.is_sqlite:
        (old,) = [
            p for p in settings.data_dir.glob("mayday.db.before-*") if p.suffix not in (".lock", ".turn")
        ]
        with closing(sqlite3.connect(old)) as connection:
            counted: int = connection.execute("SELECT count(*) FROM journal_entry").fetchone()[0]
            return counted
    with create_engine(settings.sqlalchemy_url, poolclass=NullPool).connect() as connection:
        (schema,) = connection.execute(
            text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before_%'")
        ).scalars()
        entries = connection.execute(text(f"SELECT count(*) FROM {schema}.journal_entry"))
        return int(entries.scalar_one())


def test_a_database_beyond_repair_can_be_replaced(backup: Path, app: Flask, settings: Settings) -> None:
    before = contents(settings)
    dispose(app)
    (settings.data_dir / "mayday.db").write_bytes(b"\xa5" * 40_000)
    replaced = command(settings, "restore", "--replace", str(backup))
    assert replaced.exit_code == 0, replaced.output
    assert contents(settings) == before


def test_a_database_that_a_program_has_open_is_not_taken_away(
    backup: Path, app: Flask, settings: Settings
) -> None:
    before = contents(settings)
    with app.app_context():
        from webapp.extensions import db

        db.session.execute(text("SELECT 1 FROM event"))
        refused = command(settings, "restore", "--replace", str(backup))
    assert refused.exit_code == 1
    assert "using" in refused.output
    assert contents(settings) == before


@postgres
def test_a_postgresql_database_that_programs_use_is_not_taken_away(
    backup: Path, app: Flask, settings: Settings
) -> None:
    with app.app_context():
        from webapp.extensions import db

        db.session.execute(text("SELECT 1"))
        refused = command(settings, "restore", "--replace", str(backup))
    assert refused.exit_code == 1
    assert "connected" in refused.output


@postgres
def test_a_postgresql_restore_that_fails_midway_leaves_what_was_there(
    forged: Callable[..., Path], app: Flask, settings: Settings
) -> None:
    before = contents(settings)
    dispose(app)

    def damage(held: dict[str, bytes]) -> None:
        held["database.pgdump"] = held["database.pgdump"][:-2000]

    refused = command(settings, "restore", "--replace", str(forged(damage, hashes=True)))
    assert refused.exit_code == 1
    assert "pg_restore failed" in refused.output
    assert contents(settings) == before


def test_a_backup_of_the_other_kind_of_database_is_refused(
    backup: Path, empty: Settings, tmp_path: Path
) -> None:
    other = settings_for(tmp_path / "pg", database_url="postgresql://nobody@127.0.0.1:1/none")
    refused = command(other, "restore", str(backup))
    assert refused.exit_code == 1
    assert "SQLite" in refused.output


def test_to_another_folder_leaves_the_installation_alone(
    backup: Path, settings: Settings, tmp_path: Path
) -> None:
    before = contents(settings)
    restored = command(settings, "restore", "--to", str(tmp_path / "drill"), str(backup))
    assert restored.exit_code == 0, restored.output
    assert contents(settings_for(tmp_path / "drill")) == before
    assert contents(settings) == before
