"""``mayday restore``: put a backup back, every part checked before anything is moved."""

import fcntl
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
from sqlalchemy import create_engine, func, inspect, select, table, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from webapp.database import utc_now
from webapp.ops.archive import DATABASE, FILES, KEY, Damaged, Manifest, read_archive, sync_folder
from webapp.ops.backup import client, engine, first_line, run_client, sqlite_complaint, sqlite_path
from webapp.ops.schema import journal_head, known, newest_revision, present_revision
from webapp.settings import Settings, load

# Held shared by every server on a data folder for as long as it runs; a restore takes it alone.
SERVING_LOCK = "serving.lock"
# What a restore counts, so that a person can see at a glance whether it is the right backup.
_SHOWN = ("user", "event", "need", "offer", "allocation", "assignment", "journal_entry")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder to restore into (default: MAYDAY_DATA_DIR). With SQLite the database goes there too.",
)
@click.option("--database", help="PostgreSQL: restore into this database of the same server.")
@click.option("--replace", is_flag=True, help="Move the data that is there aside first.")
def restore(file: Path, folder: Path | None, database: str | None, replace: bool) -> None:
    """Put a backup back, every part checked. Ends with 1 when refused, with 3 when the file is damaged."""
    settings = load()
    if folder:
        settings = settings.model_copy(update={"data_dir": folder})
    if database:
        settings = _beside(settings, database)
    try:
        with _no_server(settings), _staging(settings.data_dir) as staged:
            manifest = read_archive(file, staged)
            if folder and manifest.database == "sqlite":
                settings = settings.model_copy(update={"database_url": ""})
            aside = put_back(settings, staged, manifest, replace=replace)
            _report(settings, manifest, aside)
    except OSError as error:
        raise click.ClickException(f"Cannot restore into {settings.data_dir}: {error.strerror}.") from None
    except DBAPIError as error:
        raise click.ClickException(f"The database does not answer: {first_line(error.orig)}") from None


def _beside(settings: Settings, database: str) -> Settings:
    """The same installation on another database of its server."""
    if settings.is_sqlite:
        raise click.ClickException("--database is for PostgreSQL. For SQLite say where with --to.")
    url = make_url(settings.sqlalchemy_url).set(database=database)
    return settings.model_copy(update={"database_url": url.render_as_string(hide_password=False)})


def _report(settings: Settings, manifest: Manifest, aside: list[str]) -> None:
    click.echo(f"Restored the backup of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, checked and whole:")
    with engine(settings).connect() as connection:
        there = set(inspect(connection).get_table_names())
        for name in (name for name in _SHOWN if name in there):
            # Counted once, while nothing else runs.
            rows = connection.execute(select(func.count()).select_from(table(name))).scalar_one()
            click.echo(f"  {rows:>8}  {name.replace('_', ' ')}")
    for place in aside:
        click.echo(f"What was there before is in {place}")
    if manifest.schema_revision != newest_revision():
        click.echo("It was made by an older version. Before you start: mayday db upgrade")
    if not any(part.name == KEY for part in manifest.parts):
        click.echo("The signing key was not in it: with another key everybody signs in again.")


@contextmanager
def _no_server(settings: Settings) -> Iterator[None]:
    """Refuse while a server runs on the data folder, and keep servers from starting meanwhile."""
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    with (settings.run_dir / SERVING_LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(
                f"A server is running on {settings.data_dir}. Stop it first; restore; start it again."
            ) from None
        yield


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as scratch:
        yield Path(scratch)


def put_back(settings: Settings, staged: Path, manifest: Manifest, *, replace: bool) -> list[str]:
    """Put checked parts where they belong; gives the places that hold what was there before.

    Everything that could be refused is refused before anything is moved.
    """
    if (manifest.database == "sqlite") != settings.is_sqlite:
        other = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[manifest.database]
        raise click.ClickException(
            f"This is a backup of a {other} database. Set MAYDAY_DATABASE_URL to one of that kind."
        )
    if not known(manifest.schema_revision):
        raise click.ClickException(
            f"The backup is at schema {manifest.schema_revision}, which this version does not know: it is "
            f"newer. Install Mayday {manifest.app_version} or later, then restore."
        )
    files = settings.data_dir / FILES
    if not replace and files.is_dir() and any(files.iterdir()):
        raise click.ClickException(f"{files} is not empty. To move it aside first: --replace")
    stamp = f"before-{utc_now():%Y%m%dT%H%M%SZ}"
    place = _place_sqlite if settings.is_sqlite else _place_postgres
    aside = place(settings, staged / DATABASE[manifest.database], manifest, stamp, replace)
    for name in (FILES, KEY):
        if (staged / name).exists():
            aside += _place(staged / name, settings.data_dir / name, stamp)
    sync_folder(settings.data_dir)
    return aside


def _place(staged: Path, target: Path, stamp: str) -> list[str]:
    """Move a file or folder into place, and what was there aside."""
    aside = []
    if target.exists():
        target.rename(old := target.with_name(f"{target.name}.{stamp}"))
        aside = [str(old)]
    staged.rename(target)
    return aside


def _place_sqlite(
    settings: Settings, staged: Path, manifest: Manifest, stamp: str, replace: bool
) -> list[str]:
    with create_engine(f"sqlite:///{staged}", poolclass=NullPool).connect() as connection:
        _check(sqlite_complaint(staged), connection, manifest)
    target = sqlite_path(settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    if _holds_tables(target) and not replace:
        raise _not_empty(str(target))
    _require_unused(target)
    near = target.with_name(f".{target.name}.{stamp}")
    shutil.move(staged, near)  # the database may be on another disk than the data folder
    aside = [str(target.with_name(f"{target.name}.{stamp}"))] if target.exists() else []
    for tail in ("", "-wal", "-shm"):
        if (old := Path(f"{target}{tail}")).exists():
            old.rename(f"{target}.{stamp}{tail}")
    near.rename(target)
    sync_folder(target.parent)
    return aside


def _holds_tables(path: Path) -> bool:
    """Whether a database with anything in it is there; a damaged one counts as such."""
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None
    except sqlite3.DatabaseError:
        return True


def _require_unused(path: Path) -> None:
    """Refuse while any program has the database open: what it wrote from then on would be lost."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=1)) as connection:
            # Leaving WAL needs the database for oneself alone, and takes the log into the file.
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise click.ClickException(f"A program is using {path}. Stop it first.") from None
        raise click.ClickException(f"Cannot open {path}: {error}.") from None
    except sqlite3.DatabaseError:
        return  # damaged: that may be why somebody restores; it is moved aside as it is


def _place_postgres(
    settings: Settings, staged: Path, manifest: Manifest, stamp: str, replace: bool
) -> list[str]:
    program = client("pg_restore")
    old = stamp.replace("-", "_").lower()
    bound = engine(settings)
    with bound.begin() as connection:
        holds = bool(inspect(connection).get_table_names())
        if holds and not replace:
            raise _not_empty(f"The database {bound.url.database}")
        if holds:
            _require_no_others(connection)
            connection.execute(text(f"ALTER SCHEMA public RENAME TO {old}"))
            connection.execute(text("CREATE SCHEMA public"))
    try:
        options = ["--schema=public", "--single-transaction", "--exit-on-error"]
        run_client(settings, program, *options, str(staged))
        with bound.connect() as connection:
            _check(None, connection, manifest)
    except click.ClickException:
        _take_out_again(bound, old if holds else None)
        raise
    return [f"the database's schema {old}"] if holds else []


def _require_no_others(connection: Connection) -> None:
    others = connection.execute(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    ).scalar_one()
    if others:
        raise click.ClickException(f"{others} other programs are connected to the database. Stop them first.")


def _take_out_again(bound: Engine, old: str | None) -> None:
    """After a restore that failed: the database as it was."""
    with bound.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text(f"ALTER SCHEMA {old} RENAME TO public" if old else "CREATE SCHEMA public"))


def _check(complaint: str | None, connection: Connection, manifest: Manifest) -> None:
    """The restored database is whole, and as far as the manifest says."""
    revision, head = present_revision(connection), journal_head(connection)
    if complaint or revision != manifest.schema_revision or head < manifest.journal_head:
        found = complaint or f"schema {revision}, journal to {head}"
        raise Damaged(f"The database in the backup is not what its manifest says: {found}.")


def _not_empty(what: str) -> click.ClickException:
    return click.ClickException(f"{what} is not empty. To move what is there aside first: --replace")
