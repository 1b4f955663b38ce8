"""The list's filters as they stand in the address: read, checked, and written back as links."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from flask import url_for
from flask_babel import gettext as _

from webapp import searching
from webapp.errors import Invalid
from webapp.events import words
from webapp.events.models import Category, EventStatus
from webapp.events.queries import Filters, Near
from webapp.places import GeocoderUnavailable, Point, current_geocoder
from webapp.web.forms import clean_line

KNOWN = ("status", "priority", "category", "q", "place", "lat", "lon", "km")
USUAL_KM = 10.0
MOST_KM = 1000.0
# Characters of any of them; of a longer one that much is read.
_LONGEST = 200
T = TypeVar("T")


class Search:
    """What the address asks for. A value that cannot be is left out, and ``problems`` says so."""

    def __init__(self, args: Mapping[str, str]) -> None:
        self.given = {name: (clean_line(args.get(name)) or "")[:_LONGEST] for name in KNOWN}
        self.after = args.get("after") or None
        self.problems: dict[str, str] = {}
        self.place_label = ""
        self.filters = Filters(
            status=self._read("status", EventStatus, _("There is no such status.")),
            priority=self._read("priority", _priority, _("A priority is from 1 to 5.")),
            category=self._read("category", Category, _("There is no such category.")),
            text=self._text(),
            near=self._near(),
        )

    def url(self, **changed: object) -> str:
        """The address of this search with some values changed; an empty one leaves."""
        return url_for("events.index", **self.query(**changed))

    def query(self, **changed: object) -> dict[str, Any]:
        """The values of that address."""
        kept = {name: value for name, value in self.given.items() if value and name not in self.problems}
        kept |= {name: str(value or "") for name, value in changed.items()}
        return {name: value for name, value in kept.items() if value}

    def status_links(self) -> list[tuple[str, Any, bool]]:
        """Statuses as filter links: address, word, chosen."""
        return self._links("status", words.STATUS.items(), self.filters.status)

    def priority_links(self) -> list[tuple[str, Any, bool]]:
        """Priorities as filter links."""
        return self._links("priority", words.PRIORITY_SHORT.items(), self.filters.priority)

    def _links(
        self, name: str, choices: Iterable[tuple[Any, Any]], present: object
    ) -> list[tuple[str, Any, bool]]:
        """A chosen one leads back to all."""
        return [
            (self.url(**{name: "" if value == present else value}), word, value == present)
            for value, word in choices
        ]

    def _read(self, name: str, kind: Callable[[str], T], problem: str) -> T | None:
        if not self.given[name]:
            return None
        try:
            return kind(self.given[name])
        except ValueError:
            self.problems[name] = problem
            return None

    def _text(self) -> str:
        try:
            searching.words(self.given["q"])
        except Invalid as error:
            self.problems["q"] = error.message
            return ""
        return self.given["q"]

    def _near(self) -> Near | None:
        km = self._read("km", _km, _("A distance is from 0.1 to %(most)d km.", most=MOST_KM)) or USUAL_KM
        point = self._point()
        return Near(point, km) if point is not None and "km" not in self.problems else None

    def _point(self) -> Point | None:
        """The typed coordinates, or else what the typed place means first."""
        if self.given["lat"] or self.given["lon"]:
            try:
                return Point(float(self.given["lat"]), float(self.given["lon"]))
            except ValueError:
                self.problems["lat"] = _("Write a latitude from −90 to 90 and a longitude from −180 to 180.")
                return None
        return self._place() if self.given["place"] else None

    def _place(self) -> Point | None:
        try:
            found = current_geocoder().search(self.given["place"], limit=1)
        except (Invalid, GeocoderUnavailable) as error:
            self.problems["place"] = error.message
            return None
        if not found:
            self.problems["place"] = _("This place was not found. Try another name, or coordinates.")
            return None
        self.place_label = found[0].label
        return found[0].point


def _priority(text: str) -> int:
    if text not in ("1", "2", "3", "4", "5"):
        raise ValueError
    return int(text)


def _km(text: str) -> float:
    km = float(text.replace(",", "."))
    if not (math.isfinite(km) and 0.1 <= km <= MOST_KM):
        raise ValueError
    return km
