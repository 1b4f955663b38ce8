"""The database schema: where its migrations are, and whether the database is at their head."""

from pathlib import Path

from flask import Flask
from sqlalchemy.engine import Connection

from webapp.extensions import db

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def bind_migrations(app: Flask) -> None:
    """Bind Flask-Migrate; called by the command line only, as importing Alembic is slow."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)


def upgrade(app: Flask, revision: str = "head") -> None:
    """Bring the database to a revision; harmless when it is there already."""
    import flask_migrate

    bind_migrations(app)
    with app.app_context():
        flask_migrate.upgrade(directory=str(MIGRATIONS), revision=revision)


def revisions(connection: Connection) -> tuple[str | None, str | None]:
    """The database's present revision, and the newest that this code knows."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    present = MigrationContext.configure(connection).get_current_revision()
    return present, ScriptDirectory(str(MIGRATIONS)).get_current_head()
