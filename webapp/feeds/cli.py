"""``mayday feeds``: subscribe to feeds of alerts and read them from the command line, as the system."""

import sys

import click
from flask.cli import AppGroup

from webapp.errors import Problem
from webapp.events.models import Category
from webapp.feeds import queries, reading, service
from webapp.feeds.models import CapFeed, FeedStatus
from webapp.interchange.commands import prepare
from webapp.journal import SYSTEM

feeds = AppGroup(
    "feeds",
    help="""Feeds of CAP alerts. Ends with 1 when something is refused or a feed cannot be read.

    The job worker reads them every few minutes; `read` reads at once, here.""",
)


@feeds.command("list")
def list_() -> None:
    """List feeds: id, state, last success, next try, name, and why one cannot be read."""
    prepare()
    for feed in queries.every():
        read_at = feed.read_at.isoformat(timespec="seconds") if feed.read_at else "never"
        next_at = feed.due_at.isoformat(timespec="seconds") if feed.status is FeedStatus.ON else "-"
        click.echo("\t".join((str(feed.id), _state(feed), read_at, next_at, feed.name, feed.reason)).rstrip())


@feeds.command("add")
@click.argument("url")
@click.option("--name", required=True, help="What it is called here.")
@click.option(
    "--area",
    type=(float, float, int),
    metavar="LAT LON KM",
    help="Only alerts that come within so many km of this point, in degrees.",
)
@click.option(
    "--category", "categories", multiple=True, type=click.Choice(list(Category), case_sensitive=False)
)
@click.option(
    "--severity", type=click.Choice(list(service.LEAST), case_sensitive=False), help="The least severity."
)
def add(
    url: str,
    name: str,
    area: tuple[float, float, int] | None,
    categories: tuple[str, ...],
    severity: str | None,
) -> None:
    """Subscribe to the feed at this address."""
    prepare()
    latitude, longitude, radius_km = area or (None, None, None)
    try:
        feed = service.subscribe(
            SYSTEM,
            url=url,
            name=name,
            latitude=latitude,
            longitude=longitude,
            radius_km=radius_km,
            categories=categories,
            least_severity=severity,
        )
    except Problem as problem:
        raise click.ClickException(problem.message) from None
    click.echo(f"Feed {feed.id} is read every few minutes by the job worker.")


@feeds.command("remove")
@click.argument("feed_id", type=int)
def remove(feed_id: int) -> None:
    """End a subscription. The events that came of it stay."""
    prepare()
    try:
        service.remove(SYSTEM, feed_id=feed_id)
    except Problem as problem:
        raise click.ClickException(problem.message) from None
    click.echo("Removed.")


@feeds.command("read")
@click.argument("feed_id", type=int, required=False)
def read(feed_id: int | None) -> None:
    """Read one feed now, or all that are not paused, and say what came of it."""
    prepare()
    found = [(feed.id, feed.name) for feed in queries.every() if feed_id in (feed.id, None)]
    if feed_id is not None and not found:
        raise click.ClickException("There is no such feed.")
    failed = False
    for id_, name in found:
        feed = queries.by_id(id_)
        if feed is None or (feed_id is None and feed.status is FeedStatus.PAUSED):
            continue
        outcome = reading.read(id_, only_due=False)
        if outcome is None:
            continue
        click.echo(f"{name}: {outcome.said()}", err=bool(outcome.reason))
        for words in outcome.refused:
            click.echo(f"{name}: {words}", err=True)
        failed = failed or bool(outcome.reason)
    sys.exit(1 if failed else 0)


def _state(feed: CapFeed) -> str:
    if feed.status is FeedStatus.PAUSED:
        return "paused"
    return "failing" if feed.failures else "on"
