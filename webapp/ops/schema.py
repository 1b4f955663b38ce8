"""The database schema: where its migrations are, and whether the database is at their head."""

from pathlib import Path

from flask import Flask
from sqlalchemy import inspect, text
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


def downgrade(app: Flask, revision: str = "-1") -> None:
    """Take the database back to a revision, by default by one step."""
    import flask_migrate

    bind_migrations(app)
    with app.app_context():
        flask_migrate.downgrade(directory=str(MIGRATIONS), revision=revision)


def revisions(connection: Connection) -> tuple[str | None, str | None]:
    """The database's present revision, and the newest that this code knows."""
    return present_revision(connection), newest_revision()


def present_revision(connection: Connection) -> str | None:
    """The revision that the database is at; ``None`` before the first migration."""
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """The newest revision that this code knows."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def known_revisions() -> list[str]:
    """All revisions of this code, the first one first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]


def known(revision: str | None) -> bool:
    """Whether this code's migrations include the revision; a newer version's are unknown."""
    return revision is None or revision in known_revisions()


def journal_head(connection: Connection) -> int:
    """The newest seq of the journal, also of a database that no application is bound to."""
    if "journal_entry" not in inspect(connection).get_table_names():
        return 0
    return int(connection.execute(text("SELECT coalesce(max(seq), 0) FROM journal_entry")).scalar_one())
