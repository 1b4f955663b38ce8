"""``mayday import``: files of other systems. Works while the server runs. Tables: see `tables.cli`."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from webapp.interchange.alerts import import_alert, import_alert_at
from webapp.interchange.commands import (
    actor_named,
    as_option,
    encoding_option,
    file_argument,
    run,
    source_option,
    zone_named,
    zone_option,
)
from webapp.interchange.reports import BATCH, import_reports
from webapp.settings import Settings

imports = AppGroup(
    "import",
    help="""Import files of other systems. Run again, it changes nothing that is here already.

    Exit code 0: everything is imported. 1: some rows were rejected, a line on stderr for each.
    2: the file cannot be imported; nothing was changed.""",
)


@imports.command("reports")
@file_argument
@as_option
@click.option(
    "--batch", type=click.IntRange(1, 2000), default=BATCH, show_default=True, help="Reports per transaction."
)
@encoding_option
@zone_option
@source_option
def reports(
    file: Path, who: str | None, batch: int, encoding: str, time_zone: str | None, source: str
) -> None:
    """Import reports from an Ushahidi CSV export as pending events."""
    settings: Settings = current_app.config["SETTINGS"]
    zone = zone_named(time_zone or settings.time_zone)
    run(
        "report",
        lambda: import_reports(
            actor_named(who), file, zone=zone, encoding=encoding, batch=batch, source=source.strip()
        ),
    )


@imports.command("cap")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--url", help="Take the alert from this address instead of a file.")
@as_option
def cap(file: Path | None, url: str | None, who: str | None) -> None:
    """Import a CAP 1.2 alert as a pending event; later messages of the same alert update or cancel it."""
    if file is not None and url is None:
        run("alert", lambda: import_alert(actor_named(who), file))
    elif url is not None and file is None:
        run("alert", lambda: import_alert_at(actor_named(who), url))
    else:
        raise click.UsageError("Name a file, or an address with --url.")
