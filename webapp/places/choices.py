"""Found places as radio buttons of a form: how one travels to the page and comes back."""

import re
from typing import NamedTuple

from wtforms.fields.choices import SelectChoice

from webapp.places.geocoder import Place
from webapp.places.precision import LocationPrecision, not_exact
from webapp.web.forms import clean_line

_SEPARATOR = "|"
_LONGEST = 800
_DEGREES = re.compile(r"-?[0-9]{1,3}\.[0-9]{6}")


class Chosen(NamedTuple):
    """A place that a person chose: WGS 84 degrees, how exact they are, its name and its whole address."""

    latitude: float
    longitude: float
    precision: LocationPrecision
    name: str
    label: str

    @property
    def words(self) -> str:
        """What stands beside its radio button."""
        return _words(self.label or self.name, self.precision)


def as_choice(place: Place) -> SelectChoice:
    """A place as the value and the words of its radio button."""
    name, label = (text.replace(_SEPARATOR, " ") for text in (place.name, place.label))
    degrees = f"{place.latitude:.6f}", f"{place.longitude:.6f}"
    value = _SEPARATOR.join((*degrees, place.precision, name, label))
    return SelectChoice(value[:_LONGEST], _words(place.label, place.precision))


def chosen(value: str | None) -> Chosen | None:
    """The place of a radio button's value; None for anything else."""
    parts = (value or "").split(_SEPARATOR)
    if len(value or "") > _LONGEST or len(parts) != 5 or not all(map(_DEGREES.fullmatch, parts[:2])):
        return None
    latitude, longitude = float(parts[0]), float(parts[1])
    if abs(latitude) > 90 or abs(longitude) > 180 or parts[2] not in set(LocationPrecision):
        return None
    name, label = (clean_line(part) or "" for part in parts[3:])
    return Chosen(latitude, longitude, LocationPrecision(parts[2]), name, label)


def _words(label: str, precision: LocationPrecision) -> str:
    warning = not_exact(precision)
    return f"{label} ({warning})" if warning else label
