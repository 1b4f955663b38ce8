"""``mayday import``: reports and needs from files of other systems. Works while the server runs."""

import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import AppGroup

from webapp.accounts import contact
from webapp.accounts.models import User
from webapp.errors import Problem
from webapp.extensions import db
from webapp.interchange.alerts import import_alert, import_alert_at
from webapp.interchange.files import Unreadable
from webapp.interchange.needs import import_needs
from webapp.interchange.reports import BATCH, Outcome, import_reports
from webapp.journal import SYSTEM, Actor
from webapp.journal.actor import ActorKind
from webapp.ops.serve import prepare_database
from webapp.settings import Settings

CANNOT = 2  # exit code: the file cannot be read, or the person may not

imports = AppGroup(
    "import",
    help="""Import files of other systems. Run again, it changes nothing that is here already.

    Exit code 0: everything is imported. 1: some rows were rejected, a line on stderr for each.
    2: the file cannot be imported; nothing was changed.""",
)

_as = click.option(
    "--as", "who", metavar="CONTACT", help="Phone or e-mail of who imports (default: the system)."
)
_file = click.argument("file", type=click.Path(path_type=Path))


@imports.command("reports")
@_file
@_as
@click.option(
    "--batch", type=click.IntRange(1, 2000), default=BATCH, show_default=True, help="Reports per transaction."
)
@click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the file.")
@click.option("--time-zone", help="Zone of the times in the file (default: MAYDAY_TIME_ZONE).")
@click.option("--source", default="", metavar="NAME", help="Name of the sender, if several send files.")
def reports(
    file: Path, who: str | None, batch: int, encoding: str, time_zone: str | None, source: str
) -> None:
    """Import reports from an Ushahidi CSV export as pending events."""
    settings: Settings = current_app.config["SETTINGS"]
    zone = _zone(time_zone or settings.time_zone)
    _run(
        "report",
        lambda: import_reports(
            _actor(who), file, zone=zone, encoding=encoding, batch=batch, source=source.strip()
        ),
    )


@imports.command("needs")
@_file
@_as
def needs(file: Path, who: str | None) -> None:
    """Import places and what they need from a JSON file (Harvey Needs API) as active events."""
    _run("place", lambda: import_needs(_actor(who), file))


@imports.command("cap")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--url", help="Take the alert from this address instead of a file.")
@_as
def cap(file: Path | None, url: str | None, who: str | None) -> None:
    """Import a CAP 1.2 alert as a pending event; later messages of the same alert update or cancel it."""
    if file is not None and url is None:
        _run("alert", lambda: import_alert(_actor(who), file))
    elif url is not None and file is None:
        _run("alert", lambda: import_alert_at(_actor(who), url))
    else:
        raise click.UsageError("Name a file, or an address with --url.")


def _run(thing: str, work: Callable[[], Outcome]) -> None:
    """Do it, say how it went, and end with the exit code that tells."""
    settings: Settings = current_app.config["SETTINGS"]
    prepare_database(current_app._get_current_object(), migrate=settings.is_sqlite)  # type: ignore[attr-defined]
    try:
        outcome = work()
    except (Unreadable, Problem) as error:
        click.echo(f"Nothing was imported. {error}", err=True)
        sys.exit(CANNOT)
    click.echo(outcome.said(thing))
    sys.exit(1 if outcome.rejected else 0)


def _actor(who: str | None) -> Actor:
    """The system, or the person with this contact. Raises `Unreadable` when there is none."""
    if who is None:
        return SYSTEM
    settings: Settings = current_app.config["SETTINGS"]
    found = contact.parse(who, settings.phone_region)
    user = db.session.execute(db.select(User).where(found.matches())).scalar_one_or_none()
    if user is None or not user.active:
        raise Unreadable("There is nobody with this phone or e-mail who may sign in.")
    return Actor(ActorKind.USER, user.id, user.role, user.name)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise click.BadParameter(
            f"{name} is not an IANA time zone name such as America/Port-au-Prince.", param_hint="--time-zone"
        ) from None
