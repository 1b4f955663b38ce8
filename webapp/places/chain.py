"""The geocoder people get: coordinates, own places, the address service if any, and the gazetteer."""

import logging
from collections.abc import Callable
from typing import TypeVar

from webapp.places import coordinates
from webapp.places.folding import fold
from webapp.places.geocoder import MAX_TEXT, Geocoder, GeocoderUnavailable, Place, Point, merged
from webapp.places.precision import LocationPrecision

log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


class Chain:
    """Asks one after the other. It never raises `GeocoderUnavailable`: at worst nothing is found."""

    def __init__(
        self, offline: Geocoder, *, remote: Geocoder | None = None, own: Geocoder | None = None
    ) -> None:
        self._offline, self._remote, self._own = offline, remote, own

    def search(self, text: str, *, near: Point | None = None, limit: int = 5) -> list[Place]:
        """Places for what a person typed: coordinates, an address or a name.

        Raises `webapp.places.coordinates.BadCoordinates` (an `Invalid`, for the form) for coordinates that
        are out of range or ambiguous; it says how to write them.
        """
        if limit < 1:
            return []
        if point := coordinates.parse(text):
            return [self._at(point)]
        own = _ask(self._own, lambda asked: asked.search(text, near=near, limit=limit)) or []
        # An own place leads when its whole name is in the text; a half match must not hide a real address.
        typed = f" {fold(text[:MAX_TEXT])} "
        leading = [place for place in own if f" {fold(place.name)} " in typed]
        return merged(leading, self._public(text, near, limit), own, limit=limit)

    def reverse(self, point: Point) -> Place | None:
        """What is at or near a point, or None."""
        for geocoder in (self._remote, self._offline):
            if found := _ask(geocoder, lambda asked: asked.reverse(point)):
                return found
        return None

    def _public(self, text: str, near: Point | None, limit: int) -> list[Place]:
        """From the address service; from the gazetteer when that is missing, down, or knows nothing."""
        for geocoder in (self._remote, self._offline):
            if found := _ask(geocoder, lambda asked: asked.search(text, near=near, limit=limit)):
                return found
        return []

    def _at(self, point: Point) -> Place:
        name = f"{point.latitude:.5f}, {point.longitude:.5f}"
        # The gazetteer is enough to say which town is close, and answers at once.
        town = _ask(self._offline, lambda asked: asked.reverse(point))
        label = f"{name} ({town.label})" if town else name
        country, credit = (town.country_code, town.attribution) if town else ("", "")
        return Place(
            name,
            label,
            point.latitude,
            point.longitude,
            "coordinates",
            country,
            "coordinates",
            credit,
            LocationPrecision.EXACT,
        )


def _ask(geocoder: Geocoder | None, question: Callable[[Geocoder], _Answer]) -> _Answer | None:
    if geocoder is None:
        return None
    try:
        return question(geocoder)
    except GeocoderUnavailable as error:
        # Without the words that were looked up: an address can say where somebody lives.
        log.warning("geocoder.unavailable", extra={"reason": error.message})
        return None
