"""What the pages about feeds read."""

from collections.abc import Sequence

from sqlalchemy import select

from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.feeds.models import CapFeed, FeedStatus
from webapp.places.distance import distance_km
from webapp.places.middle import middle_of_points

# Kilometres around the events of the response that are proposed.
_AROUND = 50


def every() -> Sequence[CapFeed]:
    """All feeds, in the order they were added."""
    return db.session.execute(select(CapFeed).order_by(CapFeed.id)).scalars().all()


def by_id(feed_id: int) -> CapFeed | None:
    """One feed, if there is such a one."""
    return db.session.get(CapFeed, feed_id)


def failing() -> tuple[int, int]:
    """How many feeds that are on fail, and how many are on."""
    rows = db.session.execute(select(CapFeed.failures).where(CapFeed.status == FeedStatus.ON)).scalars().all()
    return sum(1 for failures in rows if failures), len(rows)


def own_area() -> tuple[float, float, int] | None:
    """Where the response works: the middle of its active events in degrees, and a radius in km around all."""
    places = db.session.execute(
        select(Event.longitude, Event.latitude)
        .where(Event.status == EventStatus.ACTIVE, Event.latitude.is_not(None), Event.longitude.is_not(None))
        .limit(500)
    )
    points = [(x, y) for x, y in places if x is not None and y is not None]
    if not points:
        return None
    longitude, latitude = middle_of_points(points)
    farthest = max(distance_km(latitude, longitude, y, x) for x, y in points)
    return latitude, longitude, int(farthest) + _AROUND
