"""What a geocoder is: from words to places and back, whoever answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from webapp.errors import Problem
from webapp.places.precision import LocationPrecision

# Longest text that is looked up; an address is shorter, and a lookup costs with its length.
MAX_TEXT = 200
# Most places one search gives.
MAX_LIMIT = 40


class GeocoderUnavailable(Problem):
    """The service cannot answer now. The person types the place or the coordinates and goes on."""

    status = 503
    name = "GeocoderUnavailable"


@dataclass(frozen=True, slots=True)
class Point:
    """A position in WGS 84 degrees. Raises `ValueError` outside ±90 latitude or ±180 longitude."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        for name, value, bound in (("latitude", self.latitude, 90), ("longitude", self.longitude, 180)):
            if not math.isfinite(value) or abs(value) > bound:
                raise ValueError(f"{name} must be between -{bound} and {bound} degrees")


@dataclass(frozen=True, slots=True)
class Place:
    """One answer: a name, the full address line to show, WGS 84 degrees, how exact, and whom to credit."""

    name: str
    label: str
    latitude: float
    longitude: float
    kind: str
    country_code: str
    source: str
    attribution: str
    precision: LocationPrecision

    @property
    def point(self) -> Point:
        """Where it is."""
        return Point(self.latitude, self.longitude)


class Geocoder(Protocol):
    """Finds places. Raises `GeocoderUnavailable` when it cannot answer; no match is an empty answer."""

    def search(self, text: str, *, near: Point | None = None, limit: int = 5) -> list[Place]:
        """The best matches first; those close to ``near`` are preferred, others are not left out."""
        ...

    def reverse(self, point: Point) -> Place | None:
        """The place at or closest to a point, or None far from everything."""
        ...


def merged(*answers: Sequence[Place], limit: int) -> list[Place]:
    """Several answers as one, in their order, each place once, at most ``limit``."""
    seen: dict[tuple[str, int, int], Place] = {}
    for answer in answers:
        for place in answer:
            # The same label about a kilometre away is the same place; farther away it is a namesake.
            where = round(place.latitude * 100), round(place.longitude * 100)
            seen.setdefault((place.label.casefold(), *where), place)
    return list(seen.values())[: max(0, min(limit, MAX_LIMIT))]
