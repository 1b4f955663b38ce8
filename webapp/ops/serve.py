"""``mayday serve``: check, migrate, say where to go, and run the HTTP workers."""

import contextlib
import errno
import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo
from gunicorn.app.base import BaseApplication
from sqlalchemy.exc import DatabaseError, OperationalError

from webapp import data_folder
from webapp.database import utc_now
from webapp.extensions import db
from webapp.jobs import nodes
from webapp.ops import gunicorn_conf, logs, meters
from webapp.ops.awaiting import wait_for
from webapp.ops.restore import SERVING_LOCK
from webapp.ops.schema import known, revisions, upgrade
from webapp.settings import Settings, load

_NOBODY = "Nobody is in charge yet. Open this within 24 hours to become the first authority"
# A server that died lets go of its port a moment later.
PORT_SECONDS = 3.0


class Server(BaseApplication):
    """gunicorn with the app that is loaded already, so that nothing is imported twice."""

    def __init__(self, app: Flask, settings: Settings, options: dict[str, Any]) -> None:
        self.app = app
        self.settings = settings
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Take the shared configuration and what this start chose."""
        for name, value in gunicorn_conf.options().items():
            self.cfg.set(name, value)
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application; each worker opens its own database connections."""
        return self.app


@click.command("serve")
@click.option("--host", help="Address to listen on (default: MAYDAY_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (default: MAYDAY_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), help="HTTP processes (default: MAYDAY_WORKERS).")
@click.option("--migrate/--no-migrate", default=None, help="Migrate first (default: with SQLite only).")
def serve(host: str | None, port: int | None, workers: int | None, migrate: bool | None) -> None:
    """Check the installation, print where to go, and serve until stopped."""
    settings = load()
    logs.configure(settings)
    host, port = host or settings.host, settings.port if port is None else port
    # Before the application is made: it opens files in the folder.
    check_folder(settings.data_dir)
    check_port(host, port)
    # Before anything is counted, and this command itself counts.
    meters.share(settings.run_dir / "metrics", workers or settings.workers)
    app = click.get_current_context().ensure_object(ScriptInfo).load_app()
    with serving(settings), app.app_context():
        prepare_database(app, migrate=settings.is_sqlite if migrate is None else migrate)
        announce(app, settings, host, port)
        close_connections(app)
        chosen = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers or settings.workers,
            "threads": settings.threads,
        }
        Server(app, settings, chosen).run()


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """Hold the data folder as one of its servers: a restore waits until the last of them has ended."""
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    with (settings.run_dir / SERVING_LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(
                f"A backup is being restored into {settings.data_dir}. Start when it is done."
            ) from None
        yield


def check_folder(folder: Path) -> None:
    """Refuse to start where data cannot be written, or where writing it would lock its owner out."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        reason = "it is a file" if folder.is_file() else error.strerror
        raise click.ClickException(
            f"Cannot write to the data folder {folder}: {reason}. "
            "Give this user the right to write there, or set MAYDAY_DATA_DIR to another folder."
        ) from None
    check_owner(folder)
    data_folder.close(folder)


def check_owner(folder: Path) -> None:
    """Refuse files that this user cannot write, and to leave root's files in another user's folder."""
    if os.geteuid() == 0 and (owner := folder.stat().st_uid) != 0:
        raise click.ClickException(
            f"The data folder {folder} belongs to user {owner}, and this is root: what root writes now, "
            f"that user cannot write later. Run: sudo -u '#{owner}' mayday serve"
        )
    if (owner := folder.stat().st_uid) != os.geteuid():
        raise click.ClickException(
            f"The data folder {folder} belongs to user {owner}, who could read all that is written there. "
            f"Run: sudo chown -R {os.geteuid()} {folder}"
        )
    for name in ("mayday.db", "mayday.db-wal", "mayday.db-shm", "mayday.db.lock", "secret_key"):
        if (file := folder / name).exists() and not os.access(file, os.R_OK | os.W_OK):
            raise click.ClickException(
                f"This user may not write {file}, which belongs to user {file.stat().st_uid}. "
                f"Run: sudo chown -R {os.geteuid()} {folder}"
            )


def check_port(host: str, port: int) -> None:
    """Refuse to start on a port that another program has, and goes on to have."""
    until = time.monotonic() + PORT_SECONDS
    while (error := port_error(host, port)) is not None:
        if error.errno != errno.EADDRINUSE:
            raise click.ClickException(f"Cannot listen on {host}, port {port}: {error.strerror}.")
        if time.monotonic() > until:
            raise click.ClickException(
                f"Port {port} is taken by another program. Choose another: PORT={port + 1} make run"
            )
        time.sleep(0.1)


def port_error(host: str, port: int) -> OSError | None:
    """Why nobody can listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def prepare_database(app: Flask, *, migrate: bool) -> None:
    """Bring the database to the newest schema, or refuse to start on another one. Waits for a server that is
    away."""
    try:
        wait_for(db.engine)
        with db.engine.connect() as connection:
            present, newest = revisions(connection)
    except OperationalError as error:
        raise click.ClickException(
            f"The database does not answer: {str(error.orig).splitlines()[0]}"
        ) from None
    except DatabaseError as error:
        raise click.ClickException(
            f"The database cannot be read: {str(error.orig).splitlines()[0]}. "
            "Bring back the last backup: mayday restore FILE --replace"
        ) from None
    if present == newest:
        require_agreement(app)
        return
    if not known(present):
        raise click.ClickException(
            f"The database is at schema {present}, which this version does not know: it is newer. "
            "Start the newer version, or restore the backup made before the upgrade."
        )
    if not migrate:
        raise click.ClickException("The database schema is not up to date. Run: mayday db upgrade")
    upgrade(app)


def require_agreement(app: Flask) -> None:
    """Refuse to start beside a node of this installation that has another signing key or place of files."""
    settings: Settings = app.config["SETTINGS"]
    if settings.is_sqlite:
        return  # one machine
    differs = nodes.difference(nodes.own_prints(), nodes.place_of(settings))
    if differs:
        own = "" if settings.secret_key.get_secret_value() else " MAYDAY_SECRET_KEY is not set here."
        raise click.ClickException(differs + own)


def announce(app: Flask, settings: Settings, host: str, port: int) -> None:
    """Say where to go, and how the first authority gets in: to a person at a terminal in words, else as lines
    of the log. The link is said although it lets somebody in: there is no other way to the first one."""
    from webapp.accounts.first import first_authority_link

    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    address = settings.public_url or f"http://{shown}:{port}"
    link = first_authority_link(app, address)
    if not sys.stdout.isatty() and settings.env == "production":
        _say("Mayday is at", address=address)
        if link:
            _say(_NOBODY, link=link)
        return
    click.echo(f"\n  Mayday is at  {address}")
    if link:
        click.echo(f"\n  {_NOBODY}:")
        click.echo(f"  {link}")
    click.echo("\n  Stop with Ctrl+C.\n")


def _say(event: str, **facts: str) -> None:
    line = {"event": event, "level": "info", "timestamp": utc_now().isoformat(), **facts}
    click.echo(json.dumps(line))


def close_connections(app: Flask) -> None:
    """Close what this process opened: forked workers must not share it."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()
