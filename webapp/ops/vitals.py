"""What a server needs to serve: its database and schema, its folder and disk, its live wire, Redis."""

import os
import re
import shutil
from functools import cache

from flask import Flask, current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp.extensions import db
from webapp.live.wire import Wire
from webapp.ops.checks import Finding, State, register
from webapp.ops.schema import MIGRATIONS
from webapp.redis_line import redis_client
from webapp.refused_writes import full_lately
from webapp.settings import Settings

MB = 1_048_576
_AT_HEAD = "schema_at_head"
_REVISION = re.compile(r"""^(down_)?revision\b[^=\n]*=\s*["'](\w+)["']""", re.MULTILINE)


def init_app(app: Flask) -> None:
    """Register the checks that every installation has."""
    register("database", database)
    register("migrations", migrations)
    register("disk", disk)
    register("live", live, vital=False)
    register("redis", redis, vital=False)


def _settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found


def database() -> Finding:
    """One small statement: whether it answers, and would take what is written.

    On SQLite one that reads the file: ``SELECT 1`` would not.
    """
    asked = "SELECT current_setting('transaction_read_only')"
    try:
        with db.engine.connect() as connection:
            if _settings().is_sqlite:
                connection.execute(text("PRAGMA schema_version"))
            elif connection.execute(text(asked)).scalar_one() == "on":
                connection.invalidate()  # its session would say so for ever
                return Finding(State.DOWN, "The database only lets itself be read: nothing can be saved.")
    except SQLAlchemyError as error:
        return Finding(State.DOWN, f"The database does not answer ({type(error).__name__}).")
    if full_lately(db.engine):
        return Finding(State.DOWN, "The database has no room to write: nothing can be saved.")
    return Finding()


def migrations() -> Finding:
    """Whether the schema is the one this code knows; once true it is not asked again."""
    if current_app.extensions.get(_AT_HEAD):
        return Finding()
    try:
        with db.engine.connect() as connection:
            present = set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
    except SQLAlchemyError as error:
        return Finding(State.DOWN, f"The schema cannot be read ({type(error).__name__}).")
    if present != heads():
        return Finding(State.DOWN, f"The schema is not at {', '.join(heads())}: mayday db upgrade")
    current_app.extensions[_AT_HEAD] = True
    return Finding()


@cache
def heads() -> frozenset[str]:
    """The newest revisions of the migrations, read from the files: Alembic takes long to import."""
    found = [_REVISION.findall(path.read_text()) for path in (MIGRATIONS / "versions").glob("*.py")]
    names = {name for file in found for down, name in file if not down}
    return frozenset(names - {name for file in found for down, name in file if down})


def disk() -> Finding:
    """Whether the data folder can be written, and how much room it has."""
    settings = _settings()
    probe = settings.data_dir / f".probe-{os.getpid()}"
    try:
        probe.write_bytes(b"mayday")
        probe.unlink()
        free = shutil.disk_usage(settings.data_dir).free // MB
    except OSError as error:
        return Finding(State.DOWN, f"The data folder cannot be written: {error.strerror}.")
    if free < settings.disk_full_mb:
        return Finding(State.DOWN, "The disk is full.", {"free_mb": free})
    if free < settings.disk_low_mb:
        return Finding(State.DEGRADED, "The disk is nearly full.", {"free_mb": free})
    return Finding(facts={"free_mb": free})


def live() -> Finding:
    """Whether open pages are kept live. The hub starts with the first page that wants it."""
    wire: Wire = current_app.extensions["live"]
    if not wire.started:
        return Finding(note="No page has asked for it yet.")
    if not wire.running:
        return Finding(State.DEGRADED, "The live hub or its reader has ended: pages reload, not follow.")
    return Finding(facts={"sockets": wire.stats().sockets})


def redis() -> Finding:
    """Whether Redis answers and takes writes, where it is set.

    Without it limits count per process, wake-ups are slow, and jobs wait.
    """
    address = _settings().redis_url
    if not address:
        return Finding(note="Not used.")
    from redis import RedisError, ResponseError

    client = redis_client(address)
    try:
        client.set(f"mayday.probe.{os.getpid()}", "", ex=10)
    except ResponseError as error:
        # A full disk, no room in memory, a copy that may only be read.
        return Finding(State.DEGRADED, f"Redis refuses writes: {str(error)[:120]}")
    except (RedisError, OSError) as error:
        return Finding(State.DEGRADED, f"Redis does not answer ({type(error).__name__}).")
    finally:
        client.close()
    return Finding()
