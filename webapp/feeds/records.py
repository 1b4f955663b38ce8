"""Bookkeeping of readings: whose turn it is, how it went, which entries were met. No events."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, delete, insert, select, update

from webapp.database import utc_now
from webapp.extensions import db
from webapp.feeds.models import CapFeed, CapFeedItem, FeedStatus
from webapp.jobs.records import writing

EVERY = timedelta(minutes=3)
# The longest pause between tries of a feed that fails.
LONGEST_PAUSE = timedelta(hours=1)
# A reading that was cut off is begun anew after so long; it takes a fraction of it.
CLAIM = timedelta(minutes=5)
# An alert that cannot be fetched is asked for in so many readings.
TRIES = 5
# How long after an entry left its feed it is remembered.
REMEMBERED = timedelta(days=7)

_feeds: Table = CapFeed.__table__  # type: ignore[assignment]
_items: Table = CapFeedItem.__table__  # type: ignore[assignment]


def due() -> list[int]:
    """The feeds whose time has come, those that wait longest first."""
    statement = (
        select(_feeds.c.id)
        .where(_feeds.c.status == FeedStatus.ON, _feeds.c.due_at <= utc_now())
        .order_by(_feeds.c.due_at)
    )
    with db.engine.connect() as connection:
        return list(connection.execute(statement).scalars())


def claim(feed_id: int, *, only_due: bool = True) -> CapFeed | None:
    """The feed, if it is to be read and nobody else begins to: of several that ask, one."""
    now = utc_now()
    mine = update(_feeds).where(_feeds.c.id == feed_id).values(due_at=now + CLAIM, tried_at=now)
    if only_due:
        mine = mine.where(_feeds.c.status == FeedStatus.ON, _feeds.c.due_at <= now)
    with writing() as connection:
        if connection.execute(mine).rowcount != 1:
            return None
    db.session.expire_all()
    return db.session.get(CapFeed, feed_id)


def pause_after(failures: int) -> timedelta:
    """How long until the next try after so many failures: doubled by each, up to an hour."""
    return min(LONGEST_PAUSE, EVERY * (1 << min(failures - 1, 10)))


def note(feed_id: int, **values: Any) -> None:
    """Write down how a reading went."""
    with writing() as connection:
        connection.execute(update(_feeds).where(_feeds.c.id == feed_id).values(values))


def met(feed_id: int, keys: Collection[str]) -> dict[str, tuple[bool, int]]:
    """Of these entries those that were met before: whether they are done with, and how often tried."""
    found: dict[str, tuple[bool, int]] = {}
    wanted = list(keys)
    with db.engine.connect() as connection:
        for start in range(0, len(wanted), 500):
            statement = select(_items.c.key, _items.c.is_done, _items.c.tries).where(
                _items.c.feed_id == feed_id, _items.c.key.in_(wanted[start : start + 500])
            )
            found |= {key: (done, tries) for key, done, tries in connection.execute(statement)}
    return found


def remember(feed_id: int, key: str, *, is_done: bool, tries: int) -> None:
    """An entry was met, and whether it is done with."""
    here = (_items.c.feed_id == feed_id) & (_items.c.key == key)
    values = {"is_done": is_done, "tries": tries, "seen_at": utc_now()}
    with writing() as connection:
        if connection.execute(select(_feeds.c.id).where(_feeds.c.id == feed_id)).first() is None:
            return  # it was removed meanwhile
        if connection.execute(update(_items).where(here).values(values)).rowcount == 0:
            connection.execute(insert(_items).values(feed_id=feed_id, key=key, **values))


def keep_only(feed_id: int, keys: Collection[str]) -> None:
    """After a whole reading: forget entries that left the feed long ago."""
    now, wanted = utc_now(), list(keys)
    with writing() as connection:
        for start in range(0, len(wanted), 500):
            here = (_items.c.feed_id == feed_id) & _items.c.key.in_(wanted[start : start + 500])
            connection.execute(update(_items).where(here).values(seen_at=now))
        old = (_items.c.feed_id == feed_id) & (_items.c.seen_at < now - REMEMBERED)
        connection.execute(delete(_items).where(old))
