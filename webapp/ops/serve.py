"""``mayday serve``: check, migrate, say where to go, and run the HTTP workers."""

import errno
import os
import socket
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from gunicorn.app.base import BaseApplication
from sqlalchemy.exc import OperationalError

from webapp.extensions import db
from webapp.ops import gunicorn_conf, logs
from webapp.ops.schema import revisions, upgrade
from webapp.settings import Settings


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
@with_appcontext
def serve(host: str | None, port: int | None, workers: int | None, migrate: bool | None) -> None:
    """Check the installation, print where to go, and serve until stopped."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    settings: Settings = app.config["SETTINGS"]
    host, port = host or settings.host, settings.port if port is None else port
    check_folder(settings.data_dir)
    check_port(host, port)
    prepare_database(app, migrate=settings.is_sqlite if migrate is None else migrate)
    announce(app, settings, host, port)
    close_connections(app)
    logs.configure(settings)
    Server(
        app,
        settings,
        {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers or settings.workers,
            "threads": settings.threads,
        },
    ).run()


def check_folder(folder: Path) -> None:
    """Refuse to start where data cannot be written."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise click.ClickException(
            f"Cannot write to the data folder {folder}: {error.strerror}. "
            "Give this user the right to write there, or set MAYDAY_DATA_DIR to another folder."
        ) from None


def check_port(host: str, port: int) -> None:
    """Refuse to start on a port that another program has."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                reason = f"Port {port} is taken by another program. Choose another: PORT={port + 1} make run"
            else:
                reason = f"Cannot listen on {host}, port {port}: {error.strerror}."
            raise click.ClickException(reason) from None


def prepare_database(app: Flask, *, migrate: bool) -> None:
    """Bring the database to the newest schema, or refuse to start on another one."""
    try:
        with db.engine.connect() as connection:
            present, newest = revisions(connection)
    except OperationalError as error:
        raise click.ClickException(
            f"The database does not answer: {str(error.orig).splitlines()[0]}"
        ) from None
    if present == newest:
        return
    if not known(present):
        raise click.ClickException(
            f"The database is at schema {present}, which this version does not know: it is newer. "
            "Start the newer version, or restore the backup made before the upgrade."
        )
    if not migrate:
        raise click.ClickException("The database schema is not up to date. Run: mayday db upgrade")
    upgrade(app)


def known(revision: str | None) -> bool:
    """Whether this code's migrations include the revision."""
    from alembic.script import ScriptDirectory

    from webapp.ops.schema import MIGRATIONS

    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return revision is None or revision in {script.revision for script in scripts}


def announce(app: Flask, settings: Settings, host: str, port: int) -> None:
    """Say where to go, and how the first authority gets in."""
    from webapp.accounts.first import first_authority_link

    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    address = settings.public_url or f"http://{shown}:{port}"
    click.echo(f"\n  Mayday is at  {address}")
    link = first_authority_link(app, address)
    if link:
        click.echo("\n  Nobody is in charge yet. Open this within 24 hours to become the first authority:")
        click.echo(f"  {link}")
    click.echo("\n  Stop with Ctrl+C.\n")


def close_connections(app: Flask) -> None:
    """Close what this process opened: forked workers must not share it."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()
