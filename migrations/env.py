"""How Alembic reaches the database: through the application's own engine and metadata."""

import logging

from alembic import context
from flask import current_app
from sqlalchemy import text

from webapp.database import WRITE
from webapp.extensions import db

logging.getLogger("alembic").setLevel(logging.WARNING)


def render_item(kind: str, item: object, autogen_context: object) -> str | bool:
    """Write our column types as plain SQLAlchemy ones: a migration never imports the application."""
    if kind == "type":
        name = type(item).__name__
        if name == "UtcDateTime":
            return "sa.DateTime(timezone=True)"
        if name == "Quantity":
            return "sa.BigInteger()"
        if name == "Enum":
            return f"sa.String(length={item.length})"
    return False


def run() -> None:
    """Run the migrations in one transaction."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect().execution_options(**{WRITE: True}) as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=render_item,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            if engine.dialect.name == "postgresql":
                # A migration takes as long as it takes; the bound is for pages.
                connection.execute(text("SET LOCAL statement_timeout = 0"))
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Mayday migrates a live database only.")
run()
