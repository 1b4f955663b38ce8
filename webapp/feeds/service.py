"""What can be done about feeds: subscribe, change, pause, read, remove; and telling that one fails."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete

from webapp import journal
from webapp.database import utc_now
from webapp.errors import Conflict, Invalid, NotFound
from webapp.events.models import Category, Severity
from webapp.extensions import db
from webapp.feeds.models import CapFeed, CapFeedItem, FeedStatus
from webapp.journal import Actor
from webapp.outgoing import Refused
from webapp.outgoing.addresses import check_url
from webapp.policy import Action, require

MOST = 50
LONGEST_NAME = 120
# Half of the way round the Earth.
LARGEST_RADIUS = 20_000
# Severities that can be asked for; with none all alerts pass.
LEAST = (Severity.MODERATE, Severity.SEVERE, Severity.EXTREME)


@journal.command
def subscribe(
    actor: Actor,
    *,
    url: str,
    name: str,
    latitude: float | None = None,
    longitude: float | None = None,
    radius_km: int | None = None,
    categories: Sequence[str] = (),
    least_severity: str | None = None,
) -> CapFeed:
    """Have an address read every few minutes; see `edit` for the filters.

    Raises `Invalid` for what is no web address, `Conflict`. Where it leads is judged at each reading.
    """
    require(actor, Action.FEEDS)
    try:
        check_url(url)
    except Refused as refused:
        raise Invalid(str(refused), fields={"url": str(refused)}) from None
    known = db.session.execute(db.select(CapFeed.url)).scalars().all()
    if len(known) >= MOST:
        raise Conflict(f"There can be {MOST} feeds. Remove one first.")
    if url in known:
        words = "This feed is subscribed to already."
        raise Invalid(words, fields={"url": words})
    feed = CapFeed(url=url)
    _fill(feed, name, latitude, longitude, radius_km, categories, least_severity)
    db.session.add(feed)
    db.session.flush()
    _say("feed.subscribed", feed)
    return feed


@journal.command
def edit(
    actor: Actor,
    *,
    feed_id: int,
    seen_version: int | None,
    name: str,
    latitude: float | None = None,
    longitude: float | None = None,
    radius_km: int | None = None,
    categories: Sequence[str] = (),
    least_severity: str | None = None,
) -> CapFeed:
    """Change its name and filters: a circle (degrees, km), categories (none: all), the least severity.

    With other filters all that it holds is judged anew. Raises `StaleVersion`, `Invalid`.
    """
    feed = _locked(actor, feed_id)
    journal.require_version(feed, seen_version, CapFeed.editable)
    before = _filters(feed)
    _fill(feed, name, latitude, longitude, radius_km, categories, least_severity)
    if _filters(feed) != before:
        db.session.execute(delete(CapFeedItem).where(CapFeedItem.feed_id == feed.id))
        feed.etag, feed.modified, feed.due_at = "", "", utc_now()
    _say("feed.edited", feed)
    return feed


@journal.command
def switch(actor: Actor, *, feed_id: int, on: bool) -> CapFeed:
    """Pause it, or go on: then it is read at once."""
    feed = _locked(actor, feed_id)
    wanted = FeedStatus.ON if on else FeedStatus.PAUSED
    if feed.status is not wanted:
        feed.status, feed.due_at = wanted, utc_now()
        _say("feed.resumed" if on else "feed.paused", feed)
    return feed


@journal.command
def read_soon(actor: Actor, *, feed_id: int) -> CapFeed:
    """Have it read now, without waiting for its time. Raises `Conflict` while it is paused."""
    feed = _locked(actor, feed_id)
    if feed.status is not FeedStatus.ON:
        raise Conflict("This feed is paused. Go on with it first.")
    feed.due_at = utc_now()
    _say("feed.asked", feed)
    return feed


@journal.command
def remove(actor: Actor, *, feed_id: int) -> None:
    """End the subscription. The events that came of it stay."""
    feed = _locked(actor, feed_id)
    db.session.execute(delete(CapFeedItem).where(CapFeedItem.feed_id == feed.id))
    db.session.delete(feed)
    _say("feed.removed", feed)


@journal.command
def tell_failing(_reader: Actor, *, feed_id: int, reason: str) -> None:
    """Say that it fails, the first time."""
    feed = db.session.get(CapFeed, feed_id)
    if feed is not None:
        _say("feed.failed", feed, reason=reason)


@journal.command
def tell_recovered(_reader: Actor, *, feed_id: int) -> None:
    """Say that it can be read again."""
    feed = db.session.get(CapFeed, feed_id)
    if feed is not None:
        _say("feed.recovered", feed)


def _locked(actor: Actor, feed_id: int) -> CapFeed:
    require(actor, Action.FEEDS)
    feed = db.session.get(CapFeed, feed_id, with_for_update=True)
    if feed is None:
        raise NotFound("There is no such feed.")
    return feed


def _filters(feed: CapFeed) -> tuple[Any, ...]:
    return (feed.latitude, feed.longitude, feed.radius_km, feed.categories, feed.least_severity)


def _fill(
    feed: CapFeed,
    name: str,
    latitude: float | None,
    longitude: float | None,
    radius_km: int | None,
    categories: Sequence[str],
    least_severity: str | None,
) -> None:
    wrong: dict[str, str] = {}
    if not name or len(name) > LONGEST_NAME:
        wrong["name"] = f"Write a name of at most {LONGEST_NAME} characters."
    area = {"latitude": latitude, "longitude": longitude, "radius_km": radius_km}
    if any(value is not None for value in area.values()):
        wrong |= {
            field: "An area needs latitude, longitude and radius. Empty all three for everywhere."
            for field, value in area.items()
            if value is None
        }
    if latitude is not None and not -90 <= latitude <= 90:
        wrong["latitude"] = "Latitude is from −90 to 90."
    if longitude is not None and not -180 <= longitude <= 180:
        wrong["longitude"] = "Longitude is from −180 to 180."
    if radius_km is not None and not 1 <= radius_km <= LARGEST_RADIUS:
        wrong["radius_km"] = f"Write whole kilometres from 1 to {LARGEST_RADIUS}."
    if not all(category in list(Category) for category in categories):
        wrong["categories"] = "Choose categories of the list."
    if least_severity and least_severity not in LEAST:
        wrong["least_severity"] = "Choose a severity of the list."
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)
    feed.name, feed.latitude, feed.longitude, feed.radius_km = name, latitude, longitude, radius_km
    feed.categories = sorted(set(categories))
    feed.least_severity = Severity(least_severity) if least_severity else None


def _say(verb: str, feed: CapFeed, **facts: Any) -> None:
    journal.append(verb, feed, name=feed.name, **facts)
