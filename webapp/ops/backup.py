"""``mayday backup``: the whole installation in one checked file, made while the server runs."""

import fcntl
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

import click
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from webapp.database import utc_now
from webapp.ops.archive import DATABASE, FILES, KEY, Manifest, sync_folder, write_archive
from webapp.ops.schema import journal_head, present_revision
from webapp.settings import Settings, load

_NAME = re.compile(r"mayday-\d{8}T\d{6}Z\.tar\.gz")


@click.command("backup")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the file (default: backups/ in the data folder).",
)
@click.option("--keep", type=click.IntRange(min=1), help="Keep this many of the newest, remove older ones.")
@click.option("--with-secrets", is_flag=True, help="Put the signing key in as well: guard such a file.")
def backup(folder: Path | None, keep: int | None, with_secrets: bool) -> None:
    """Write one file with everything, while the server runs. Ends with 1 when it could not."""
    settings = load()
    folder = folder or settings.data_dir / "backups"
    try:
        path, manifest = make_backup(settings, folder, with_secrets=with_secrets)
        removed = remove_older(folder, keep) if keep else 0
    except OSError as error:
        raise click.ClickException(f"Cannot write the backup to {folder}: {error.strerror}.") from None
    except DBAPIError as error:
        raise click.ClickException(f"The database does not answer: {first_line(error.orig)}") from None
    click.echo(f"{path}")
    click.echo(
        f"  {path.stat().st_size} bytes, schema {manifest.schema_revision}, "
        f"journal to {manifest.journal_head}" + (f", {removed} older removed" if removed else "")
    )
    if not with_secrets:
        click.echo("  without the signing key: after a restore elsewhere everybody signs in again")


def make_backup(settings: Settings, folder: Path, *, with_secrets: bool = False) -> tuple[Path, Manifest]:
    """Write the file and give its path; writes may go on, what was acknowledged before is in it.

    The database comes first and the files second: a file exists before a row tells of it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(folder), tempfile.TemporaryDirectory(prefix=".mayday-", dir=folder) as scratch:
        started = utc_now()
        revision, head = _copy_database(settings, Path(scratch))
        manifest = Manifest(
            made_at=started,
            app_version=metadata.version("mayday"),
            database="sqlite" if settings.is_sqlite else "postgresql",
            schema_revision=revision,
            journal_head=head,
            parts=[],
        )
        partial = Path(scratch) / "partial"
        write_archive(partial, manifest, _parts(settings, Path(scratch), manifest, with_secrets))
        path = _free_name(folder, started)
        partial.replace(path)
        sync_folder(folder)
    _leave_mark(settings, path, manifest, (utc_now() - started).total_seconds())
    return path, manifest


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup at a time in a folder; what a killed one left behind goes."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(f"Another backup to {folder} is being made.") from None
        for left in folder.glob(".mayday-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _copy_database(settings: Settings, scratch: Path) -> tuple[str, int]:
    """Copy the database as it is at one moment; gives the copy's schema revision and journal head."""
    if not settings.is_sqlite:
        return _dump_postgres(settings, scratch / DATABASE["postgresql"])
    copy = scratch / DATABASE["sqlite"]
    _copy_sqlite(sqlite_path(settings), copy)
    with create_engine(f"sqlite:///{copy}", poolclass=NullPool).connect() as connection:
        return _facts(connection)


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise click.ClickException(f"There is no database at {source} yet: there is nothing to back up.")
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True, timeout=10)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            # All pages in one step: in WAL mode that is one snapshot, and no writer waits for it.
            live.backup(copy)
            # One file that holds everything, without a log beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        raise click.ClickException(f"Cannot copy the database {source}: {error}.") from None
    complaint = sqlite_complaint(target)
    if complaint:
        raise click.ClickException(f"The database {source} is damaged: {complaint}. See docs/runbook.md.")


def _dump_postgres(settings: Settings, target: Path) -> tuple[str, int]:
    """Dump the snapshot whose journal head the manifest tells."""
    tool = client("pg_dump")
    with engine(settings).connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        facts = _facts(connection)
        options = ["--format=custom", "--schema=public", "--lock-wait-timeout=60s", f"--file={target}"]
        run_client(settings, tool, *options, f"--snapshot={snapshot}")
    return facts


def _facts(connection: Connection) -> tuple[str, int]:
    revision = present_revision(connection)
    if revision is None:
        raise click.ClickException("The database has no schema yet: there is nothing to back up.")
    return revision, journal_head(connection)


def _parts(
    settings: Settings, scratch: Path, manifest: Manifest, with_secrets: bool
) -> Iterator[tuple[str, Path]]:
    """The name and place of everything that goes into the file."""
    name = DATABASE[manifest.database]
    yield name, scratch / name
    for path in sorted((settings.data_dir / FILES).rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(settings.data_dir).as_posix(), path
    if with_secrets:
        key = scratch / KEY
        own = settings.secret_key.get_secret_value() or (settings.data_dir / KEY).read_text()
        key.write_text(own)
        yield KEY, key


def _free_name(folder: Path, moment: datetime) -> Path:
    """``mayday-<utc>.tar.gz``, a second later if the name is taken."""
    while (path := folder / f"mayday-{moment:%Y%m%dT%H%M%SZ}.tar.gz").exists():
        moment += timedelta(seconds=1)
    return path


def _leave_mark(settings: Settings, path: Path, manifest: Manifest, seconds: float) -> None:
    """Say where monitoring looks (`backups/last.json` in the data folder) that a backup was made."""
    folder = settings.data_dir / "backups"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    told = manifest.model_dump(mode="json", include={"made_at", "schema_revision", "journal_head"})
    told |= {"file": str(path.resolve()), "bytes": path.stat().st_size, "seconds": round(seconds, 3)}
    partial = folder / f".last-{os.getpid()}"
    partial.write_text(json.dumps(told) + "\n")
    partial.replace(folder / "last.json")


def remove_older(folder: Path, keep: int) -> int:
    """Remove all backups in a folder but the newest ``keep``; gives how many went."""
    older = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))[:-keep]
    for path in older:
        path.unlink()
    return len(older)


def sqlite_complaint(path: Path) -> str | None:
    """What SQLite's own check finds wrong in a database file; ``None`` for a whole one."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found: str = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == "ok" else found


def sqlite_path(settings: Settings) -> Path:
    """Where the embedded database is."""
    return Path(make_url(settings.sqlalchemy_url).database or "")


def engine(settings: Settings) -> Engine:
    """An engine of our own: neither command needs the application."""
    return create_engine(settings.sqlalchemy_url, poolclass=NullPool)


def client(name: str) -> str:
    """Where PostgreSQL's own program is."""
    found = shutil.which(name)
    if found is None:
        raise click.ClickException(
            f"{name} is not installed here. Install PostgreSQL's client programs "
            "(package postgresql-client), not older than the server, and try again."
        )
    return found


def run_client(settings: Settings, tool: str, *options: str) -> None:
    """Run PostgreSQL's program on our database; its password does not appear in the process list."""
    address, secret = libpq_address(make_url(settings.sqlalchemy_url))
    command = [tool, "--no-owner", "--no-privileges", "--no-password", f"--dbname={address}", *options]
    ran = subprocess.run(command, env={**os.environ, **secret}, capture_output=True, text=True, check=False)  # noqa: S603
    if ran.returncode:
        raise click.ClickException(f"{Path(tool).name} failed: {first_line(ran.stderr)}")


def libpq_address(url: URL) -> tuple[str, dict[str, str]]:
    """The database's address as PostgreSQL's programs read it, and what stays out of it: the password, as
    environment variables."""
    # `URL.set` takes None for "leave it as it is", and a hidden password is drawn as ***.
    bare = url._replace(drivername="postgresql", password=None).difference_update_query(["password"])
    asked = url.query.get("password")
    password = url.password or (asked if isinstance(asked, str) else None)
    return bare.render_as_string(hide_password=False), {"PGPASSWORD": password} if password else {}


def first_line(told: object) -> str:
    """The first line of an error, fit for one sentence."""
    return (str(told).strip().splitlines() or ["no reason given"])[0]
