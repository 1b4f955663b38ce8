"""What a need and an offer may be made of: every plain value checked once, with words for who typed it."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from flask_babel import gettext as _

from webapp.database import utc_now
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.places import precision
from webapp.resources.amounts import check_amount
from webapp.resources.models import Need, Offer, ResourceType

# Longest texts in characters; those with a column length are equal to it.
LONGEST = {"name": 200, "description": 10_000, "place_name": 160, "condition": 80, "source_ref": 200}
LONGEST_REASON = 300
# A moment beyond these is a slip of the finger.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_FARTHEST = timedelta(days=3660)
_MOMENTS = ("needed_by", "available_from", "available_until")
# Six decimals of a degree are about 0.1 m.
_DECIMALS = 6


def checked(values: Mapping[str, object], row: Need | Offer | None = None) -> dict[str, object]:
    """The values as they are stored; ``row`` is the present one when it is edited.

    Raises `Invalid` that names every field with a wrong value.
    """
    wrong: dict[str, str] = {}
    good = dict(values)
    for name in LONGEST.keys() & values.keys():
        good[name] = _text(name, values[name], wrong)
    for name in set(_MOMENTS) & values.keys():
        _moment(name, values[name], wrong)
    _priority(good, wrong)
    _window(good, row, wrong)
    _position(good, row, wrong)
    precision.settle(good, row, wrong)
    _kind_and_unit(good, row, wrong)
    _quantity(good, row, wrong)
    if wrong:
        raise Invalid(" ".join(dict.fromkeys(wrong.values())), fields=wrong)
    return good


def reason_given(text: str) -> str:
    """A reason that must be there. Raises `Invalid` when it is empty or too long."""
    text = text.strip()
    message = None
    if not text:
        message = _("Write why: the people on the event will read this.")
    elif len(text) > LONGEST_REASON:
        message = _("Use at most %(most)s characters; this has %(has)s.", most=LONGEST_REASON, has=len(text))
    if message is not None:
        raise Invalid(message, fields={"reason": message})
    return text


def _text(name: str, value: object, wrong: dict[str, str]) -> str | None:
    if value is None and name == "source_ref":
        return None
    text = str(value or "").strip()
    if name == "name" and not text:
        wrong[name] = _("Write what it is, such as sandbags or a generator with fuel.")
    elif len(text) > LONGEST[name]:
        wrong[name] = _(
            "Use at most %(most)s characters; this has %(has)s.", most=LONGEST[name], has=len(text)
        )
    return text


def _moment(name: str, value: object, wrong: dict[str, str]) -> None:
    if value is None:
        return
    if not isinstance(value, datetime) or value.tzinfo is None:
        wrong[name] = _("Write a date and a time.")
    elif not _EARLIEST <= value.astimezone(UTC) <= utc_now() + _FARTHEST:
        wrong[name] = _("Write a time between the year 2000 and ten years from now.")


def _priority(good: dict[str, object], wrong: dict[str, str]) -> None:
    value = good.get("priority", 3)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 5:
        wrong["priority"] = _("Choose a priority from 1 (highest) to 5.")


def _window(good: dict[str, object], row: Need | Offer | None, wrong: dict[str, str]) -> None:
    start, end = (good.get(name, getattr(row, name, None)) for name in ("available_from", "available_until"))
    if isinstance(start, datetime) and isinstance(end, datetime) and not wrong and end <= start:
        wrong["available_until"] = _("The end must be after the beginning.")


def _position(good: dict[str, object], row: Need | Offer | None, wrong: dict[str, str]) -> None:
    """Both or none, finite, in range: WGS 84 degrees."""
    for name, bound in (("latitude", 90), ("longitude", 180)):
        value = good.get(name)
        if value is None:
            continue
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            wrong[name] = _("Write degrees as a number, such as 12.5.")
        elif abs(value) > bound:
            wrong[name] = _("Write degrees from −%(bound)s to %(bound)s.", bound=bound)
        else:
            good[name] = round(float(value), _DECIMALS)
    latitude, longitude = (good.get(name, getattr(row, name, None)) for name in ("latitude", "longitude"))
    if (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        wrong.setdefault(missing, _("Write both the latitude and the longitude, or neither."))


def _kind_and_unit(good: dict[str, object], row: Need | Offer | None, wrong: dict[str, str]) -> None:
    """The type must exist (and not be retired, unless it stays), the unit must be one of its units."""
    kind_id = good.get("resource_type_id", getattr(row, "resource_type_id", None))
    kind = db.session.get(ResourceType, kind_id) if isinstance(kind_id, int) else None
    stays = row is not None and row.resource_type_id == kind_id
    if kind is None or (kind.retired and not stays):
        wrong["resource_type_id"] = _("Choose a type from the list.")
        return
    unit = good.get("unit", getattr(row, "unit", None))
    if unit not in kind.units and not (stays and row is not None and unit == row.unit):
        wrong["unit"] = _("%(kind)s are given in %(units)s.", kind=kind.name, units=", ".join(kind.units))


def _quantity(good: dict[str, object], row: Need | Offer | None, wrong: dict[str, str]) -> None:
    """An amount in the unit, and never below what is promised already."""
    if "quantity" not in good and "unit" not in good:
        return
    quantity, unit = (good.get(name, getattr(row, name, None)) for name in ("quantity", "unit"))
    if not isinstance(quantity, Decimal | int):
        wrong["quantity"] = _("Write an amount as a number, such as 40 or 2.5.")
        return
    try:
        good["quantity"] = check_amount(quantity, str(unit) if "unit" not in wrong else None)
    except Invalid as error:
        wrong.update(error.fields)
