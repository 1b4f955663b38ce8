"""``mayday demo``: fill a small believable response, and print who one can be in it."""

import click
from flask import current_app
from flask.cli import with_appcontext

from webapp.accounts.first import server_address
from webapp.accounts.models import User
from webapp.extensions import db
from webapp.interchange.progress import Progress
from webapp.ops.demo import people
from webapp.ops.demo.doors import doors
from webapp.ops.demo.play import deeds, is_there, play
from webapp.ops.serve import prepare_database
from webapp.settings import Settings


@click.command("demo")
@click.option("--anyway", is_flag=True, help="Also where real people are registered.")
@with_appcontext
def demo(anyway: bool) -> None:
    """Fill a small believable response to look around in, and print one sign-in link per role.

    Run again it changes nothing; links that were used are made anew. Exit code 1: refused.
    """
    settings: Settings = current_app.config["SETTINGS"]
    prepare_database(current_app._get_current_object(), migrate=settings.is_sqlite)  # type: ignore[attr-defined]
    if is_there():
        click.echo("The demo is here already. Nothing was changed.")
    else:
        if not anyway:
            _require_no_real_people()
        _fill()
    click.echo("\nSign in as (each link works once, within 24 hours):")
    for user, token in doors():
        click.echo(f"  {user.role.value:<9}  {user.name:<10}  {server_address(settings)}/sign-in/{token}")
    click.echo("\nServe it: mayday serve (or make run)")


def _require_no_real_people() -> None:
    real = db.select(User.id).where(
        User.erased_at.is_(None), ~db.func.coalesce(User.email, "").endswith(f"@{people.DOMAIN}")
    )
    if db.session.execute(real.limit(1)).first() is not None:
        raise click.ClickException(
            "Real people are registered here: the demo would mix invented people and events with theirs. "
            "Give the demo its own folder (MAYDAY_DATA_DIR=demo), or add --anyway."
        )
    db.session.rollback()


def _fill() -> None:
    with Progress("Making the demo", len(deeds())) as progress:
        play(progress.advance)
    click.echo("Sønderhavn after the storm: events, needs, offers and people are there.")
