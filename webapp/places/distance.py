"""Distances on the globe and the boxes that bound them, right at the poles and across the 180° meridian."""

import math
from typing import NamedTuple

# Mean radius of the Earth, km (IUGG). The sphere is at most 0.56% off the ellipsoid.
EARTH_RADIUS_KM = 6371.0088
# Degrees added to each side of a box, so that rounding cannot leave out a point on its edge (about 1 mm).
_SLACK = 1e-8


class Box(NamedTuple):
    """A range of latitudes and longitudes in degrees; ``west`` is never greater than ``east``."""

    south: float
    west: float
    north: float
    east: float

    def contains(self, latitude: float, longitude: float) -> bool:
        """Whether a point is inside or on the edge."""
        return self.south <= latitude <= self.north and self.west <= longitude <= self.east


def distance_km(a_lat: float, a_lon: float, b_lat: float, b_lon: float) -> float:
    """Great-circle distance in km between two points in degrees (haversine formula)."""
    a_phi, b_phi = math.radians(a_lat), math.radians(b_lat)
    half_lat = math.sin((b_phi - a_phi) / 2) ** 2
    half_lon = math.sin(math.radians(b_lon - a_lon) / 2) ** 2
    chord = half_lat + math.cos(a_phi) * math.cos(b_phi) * half_lon
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def bounding_box(latitude: float, longitude: float, km: float) -> list[Box]:
    """One box, or two across the 180° meridian, that hold every point within ``km`` of a point.

    They hold some points farther away too: use them to narrow a query, then `distance_km` to decide.
    A circle around a pole takes every longitude. Raises `ValueError` for a negative distance.
    """
    if not km >= 0:
        raise ValueError("the distance must be 0 km or more")
    radius = min(km / EARTH_RADIUS_KM, math.pi)
    reach = math.degrees(radius) + _SLACK
    south, north = latitude - reach, latitude + reach
    if south <= -90 or north >= 90:
        return [Box(max(south, -90.0), -180.0, min(north, 90.0), 180.0)]
    # The circle's widest longitude is where a meridian touches it, north or south of its centre.
    widest = math.sin(radius) / math.cos(math.radians(latitude))
    sideways = math.degrees(math.asin(min(1.0, widest))) + _SLACK
    return _around(south, north, longitude - sideways, longitude + sideways)


def _around(south: float, north: float, west: float, east: float) -> list[Box]:
    if east - west >= 360:
        return [Box(south, -180.0, north, 180.0)]
    if west < -180:
        return [Box(south, west + 360, north, 180.0), Box(south, -180.0, north, east)]
    if east > 180:
        return [Box(south, west, north, 180.0), Box(south, -180.0, north, east - 360)]
    return [Box(south, west, north, east)]
