"""``mayday files``: what a person on duty does with the store."""

import click
from flask import current_app
from flask.cli import AppGroup

from webapp.attachments import service
from webapp.attachments.store import StoreAway
from webapp.ops.serve import prepare_database
from webapp.settings import Settings

files = AppGroup("files", help="Look after the photos and documents that people added.")


@files.command("sweep")
def sweep() -> None:
    """Remove bytes older than a day that no file tells of. Ends with 1 when the store does not answer."""
    settings: Settings = current_app.config["SETTINGS"]
    prepare_database(current_app._get_current_object(), migrate=settings.is_sqlite)  # type: ignore[attr-defined]
    try:
        removed = service.sweep()
    except (StoreAway, OSError):
        raise click.ClickException("The place where files are kept does not answer.") from None
    click.echo(f"{removed} removed.")
