"""Which alerts of a feed count here: by where they are, what they are about, how bad it is.

What an alert does not say does not keep it out: one whose areas have no shape (codes and words alone) passes
the area, as a warning that is looked at in vain is better than one that nobody sees.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from webapp.cap import schema
from webapp.cap.schema import Alert
from webapp.events.models import Severity
from webapp.feeds.models import CapFeed
from webapp.places.distance import EARTH_RADIUS_KM, distance_km

# From the least on. An unknown severity counts as a moderate one, as it does for an event's priority.
_RANK = {
    Severity.MINOR: 0,
    Severity.UNKNOWN: 1,
    Severity.MODERATE: 1,
    Severity.SEVERE: 2,
    Severity.EXTREME: 3,
}
_KM_A_DEGREE = math.radians(1) * EARTH_RADIUS_KM


class Circle(NamedTuple):
    """A place in degrees and a radius in km."""

    latitude: float
    longitude: float
    km: float


def passes(feed: CapFeed, alert: Alert) -> bool:
    """Whether one of the alert's info blocks passes all filters; they all are the same in other languages."""
    area = None
    if feed.latitude is not None and feed.longitude is not None and feed.radius_km is not None:
        area = Circle(feed.latitude, feed.longitude, feed.radius_km)
    if area is None and not feed.categories and feed.least_severity is None:
        return True
    return any(
        (not feed.categories or bool(set(info["category"]) & set(feed.categories)))
        and (feed.least_severity is None or _RANK[info["severity"]] >= _RANK[feed.least_severity])
        and (area is None or _touches(info, area))
        for info in alert.get("info", [])
    )


def _touches(info: Alert, around: Circle) -> bool:
    shapes = 0
    for area in info.get("area", []):
        for text in area.get("circle", []):
            shapes += 1
            latitude, longitude, km = schema.circle(text)
            if distance_km(latitude, longitude, around.latitude, around.longitude) <= km + around.km:
                return True
        for text in area.get("polygon", []):
            shapes += 1
            if _polygon_touches(schema.numbers(text), around):
                return True
    return not shapes


def _polygon_touches(corners: list[tuple[float, float]], around: Circle) -> bool:
    """Whether the polygon holds the centre, or a corner or side of it comes within the radius.

    Sides are straight on a map of latitudes and longitudes, as most systems draw them.
    """
    flat = list(_flat(corners, around))
    sides = list(pairwise(flat))
    near = any(distance_km(*corner, around.latitude, around.longitude) <= around.km for corner in corners)
    holds = sum(_crosses(a, b) for a, b in sides) % 2 == 1
    return near or holds or any(_nearest(a, b) <= around.km for a, b in sides)


def _flat(corners: list[tuple[float, float]], around: Circle) -> Iterator[tuple[float, float]]:
    """East and north of the centre in km; sides take the short way over the date line."""
    km_east = _KM_A_DEGREE * math.cos(math.radians(around.latitude))
    before = around.longitude
    for latitude, longitude in corners:
        before += (longitude - before + 180) % 360 - 180
        yield (before - around.longitude) * km_east, (latitude - around.latitude) * _KM_A_DEGREE


def _crosses(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether the side crosses the ray that goes east from the centre."""
    if (a[1] > 0) == (b[1] > 0):
        return False
    return a[0] + (0 - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) > 0


def _nearest(a: tuple[float, float], b: tuple[float, float]) -> float:
    """How near the side comes to the centre, km."""
    along = (b[0] - a[0], b[1] - a[1])
    length = along[0] ** 2 + along[1] ** 2
    share = 0.0 if length == 0 else max(0.0, min(1.0, -(a[0] * along[0] + a[1] * along[1]) / length))
    return math.hypot(a[0] + share * along[0], a[1] + share * along[1])
