"""How exact a position is, from the geocoder or the person that gave it to the page that shows it."""

import enum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l


class LocationPrecision(enum.StrEnum):
    """What a position is the position of; no value stands for not known."""

    EXACT = "exact"  # a house, or a point that somebody measured or tapped
    STREET = "street"
    DISTRICT = "district"
    TOWN = "town"
    AREA = "area"  # anything larger, and the middle of a shape


WORDS = {
    LocationPrecision.STREET: _l("street, not the house"),
    LocationPrecision.DISTRICT: _l("middle of the district, not exact"),
    LocationPrecision.TOWN: _l("town centre, not exact"),
    LocationPrecision.AREA: _l("middle of an area, not exact"),
}
_POSITION = ("latitude", "longitude")


def not_exact(precision: LocationPrecision | None) -> str:
    """The warning to show beside a position; nothing for exact ones and where it is not known."""
    return str(WORDS[precision]) if precision in WORDS else ""


def settle(good: dict[str, object], row: object | None, wrong: dict[str, str]) -> None:
    """Let ``location_precision`` follow the position among checked values; ``row`` is what is edited.

    What is said of the position counts. A position that is new, with nothing said, was typed, tapped or
    measured: it is exact. One that stays keeps what was known of it; without one there is nothing to know.
    """
    if wrong:
        return
    was = [getattr(row, name, None) for name in _POSITION]
    now = [good.get(name, before) for name, before in zip(_POSITION, was, strict=True)]
    said = good.pop("location_precision", None)
    if said is not None:
        _say(good, said, now[0] is not None, wrong)
    elif now != was:
        good["location_precision"] = None if now[0] is None else LocationPrecision.EXACT
    elif row is None and _POSITION[0] in good:
        good["location_precision"] = None


def _say(good: dict[str, object], said: object, placed: bool, wrong: dict[str, str]) -> None:
    try:
        good["location_precision"] = LocationPrecision(str(said))
    except ValueError:
        known = ", ".join(LocationPrecision)
        wrong["location_precision"] = _("How exact a position is, is one of: %(known)s.", known=known)
        return
    if not placed:
        wrong["location_precision"] = _("Say how exact it is with a latitude and a longitude.")
