"""Found places as radio buttons of a form: how one travels to the page and comes back."""

import re

from wtforms.fields.choices import SelectChoice

from webapp.places.geocoder import Place
from webapp.web.forms import clean_line

_SEPARATOR = "|"
_LONGEST = 800
_DEGREES = re.compile(r"-?[0-9]{1,3}\.[0-9]{6}")


def as_choice(place: Place) -> SelectChoice:
    """A place as the value and the words of its radio button."""
    name, label = (text.replace(_SEPARATOR, " ") for text in (place.name, place.label))
    value = _SEPARATOR.join((f"{place.latitude:.6f}", f"{place.longitude:.6f}", name, label))
    return SelectChoice(value[:_LONGEST], place.label)


def chosen(value: str | None) -> tuple[float, float, str, str] | None:
    """Latitude, longitude, name and address of a radio button's value; None for anything else."""
    parts = (value or "").split(_SEPARATOR)
    if len(value or "") > _LONGEST or len(parts) != 4 or not all(map(_DEGREES.fullmatch, parts[:2])):
        return None
    latitude, longitude = float(parts[0]), float(parts[1])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return latitude, longitude, clean_line(parts[2]) or "", clean_line(parts[3]) or ""
