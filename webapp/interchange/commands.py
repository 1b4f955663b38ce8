"""What the commands of imports and exports share: who acts, which zone is meant, how it went."""

import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask import current_app

from webapp.accounts import contact
from webapp.accounts.models import User
from webapp.errors import Problem
from webapp.extensions import db
from webapp.interchange.files import Unreadable
from webapp.interchange.reports import Outcome
from webapp.journal import SYSTEM, Actor
from webapp.journal.actor import ActorKind
from webapp.ops.serve import prepare_database
from webapp.settings import Settings

CANNOT = 2  # exit code: the file cannot be read, or the person may not

as_option = click.option(
    "--as", "who", metavar="CONTACT", help="Phone or e-mail of who does it (default: the system)."
)
file_argument = click.argument("file", type=click.Path(path_type=Path))
encoding_option = click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the file.")
zone_option = click.option("--time-zone", help="Zone of the times in the file (default: MAYDAY_TIME_ZONE).")
source_option = click.option(
    "--source", default="", metavar="NAME", help="Name of the sender, if several send files."
)


def run(thing: str, work: Callable[[], Outcome]) -> None:
    """Do it, say how it went, and end with the exit code that tells."""
    prepare()
    try:
        outcome = work()
    except (Unreadable, Problem) as error:
        click.echo(f"Nothing was imported. {error}", err=True)
        sys.exit(CANNOT)
    click.echo(outcome.said(thing))
    sys.exit(1 if outcome.rejected else 0)


def actor_named(who: str | None) -> Actor:
    """The system, or the person with this contact. Raises `Unreadable` when there is none."""
    if who is None:
        return SYSTEM
    settings: Settings = current_app.config["SETTINGS"]
    found = contact.parse(who, settings.phone_region)
    user = db.session.execute(db.select(User).where(found.matches())).scalar_one_or_none()
    if user is None or not user.active:
        raise Unreadable("There is nobody with this phone or e-mail who may sign in.")
    return Actor(ActorKind.USER, user.id, user.role, user.name)


def zone_named(name: str) -> ZoneInfo:
    """The time zone. Raises `click.BadParameter` for a name that is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise click.BadParameter(
            f"{name} is not an IANA time zone name such as America/Port-au-Prince.", param_hint="--time-zone"
        ) from None


def prepare() -> None:
    """Bring the database up to date where that is this process's to do."""
    settings: Settings = current_app.config["SETTINGS"]
    prepare_database(current_app._get_current_object(), migrate=settings.is_sqlite)  # type: ignore[attr-defined]
