"""What an event may be made of: every plain value checked once, with words for the person who typed it."""

import enum
import math
from collections.abc import Mapping
from typing import TypeVar

from webapp.errors import Invalid
from webapp.events.models import Category, Certainty, Event, Severity, Source, Urgency, Visibility
from webapp.extensions import db
from webapp.places import precision

# Longest texts in characters; those with a column length are equal to it.
LONGEST = {
    "title": 200,
    "description": 10_000,
    "kind": 80,
    "address": 300,
    "place_name": 160,
    "found_name": 160,
    "source_ref": 200,
}
LONGEST_NOTE = 500
MOST_TAGS = 20
LONGEST_TAG = 80
# Six decimals of a degree are about 0.1 m: finer than any address, and the same when written and read.
_DECIMALS = 6
NO_PARENT = "There is no such event to belong to."
# A chain of parents longer than this is a mistake.
_DEEPEST = 12

_ENUMS: dict[str, type[enum.StrEnum]] = {
    "category": Category,
    "severity": Severity,
    "urgency": Urgency,
    "certainty": Certainty,
    "visibility": Visibility,
    "source": Source,
}
E = TypeVar("E", bound=enum.StrEnum)


def checked(values: Mapping[str, object], event: Event | None = None) -> dict[str, object]:
    """The values as they are stored; ``event`` is the present row when it is edited.

    Raises `Invalid` that names every field with a wrong value.
    """
    wrong: dict[str, str] = {}
    good = {name: _one(name, value, wrong) for name, value in values.items()}
    _position(good, event, wrong)
    precision.settle(good, event, wrong)
    _parent(good.get("parent_id"), event, wrong)
    if wrong:
        raise Invalid(" ".join(dict.fromkeys(wrong.values())), fields=wrong)
    return good


def written(text: str, field: str, missing: str) -> str:
    """A note or reason that must be there. Raises `Invalid` when it is empty or too long."""
    text = text.strip()
    if not text:
        raise Invalid(missing, fields={field: missing})
    if len(text) > LONGEST_NOTE:
        message = f"Use at most {LONGEST_NOTE} characters; this has {len(text)}."
        raise Invalid(message, fields={field: message})
    return text


def _one(name: str, value: object, wrong: dict[str, str]) -> object:
    if name in LONGEST:
        return _text(name, value, wrong)
    if name in _ENUMS:
        return _choice(name, value, wrong)
    if name == "priority":
        return _priority(value, wrong)
    if name == "tags":
        return _tags(value)
    return value


def _text(name: str, value: object, wrong: dict[str, str]) -> str | None:
    if value is None and name in ("source_ref", "found_name"):
        return None
    text = str(value or "").strip()
    if name == "title" and not text:
        wrong[name] = "Write a title: what has happened, and where."
    elif len(text) > LONGEST[name]:
        wrong[name] = f"Use at most {LONGEST[name]} characters; this has {len(text)}."
    return text


def _choice(name: str, value: object, wrong: dict[str, str]) -> object:
    try:
        return _ENUMS[name](str(value))
    except ValueError:
        wrong[name] = f"Choose a {name} from the list."
        return value


def _priority(value: object, wrong: dict[str, str]) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 5:
        wrong["priority"] = "Choose a priority from 1 (highest) to 5."
    return value


def _tags(value: object) -> list[str]:
    words = value if isinstance(value, list | tuple) else []
    return [str(word)[:LONGEST_TAG] for word in words[:MOST_TAGS]]


def _position(good: dict[str, object], event: Event | None, wrong: dict[str, str]) -> None:
    """Both or none, finite, in range: WGS 84 degrees."""
    for name, bound in (("latitude", 90), ("longitude", 180)):
        value = good.get(name)
        if value is None:
            continue
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            wrong[name] = f"Write the {name} as a number of degrees, such as 12.5."
        elif abs(value) > bound:
            wrong[name] = f"A {name} is from −{bound} to {bound} degrees."
        else:
            good[name] = round(float(value), _DECIMALS)
    both = [good.get(name, getattr(event, name, None)) for name in ("latitude", "longitude")]
    if (both[0] is None) != (both[1] is None):
        missing = "latitude" if both[0] is None else "longitude"
        wrong.setdefault(missing, "Write both the latitude and the longitude, or neither.")


def _parent(parent_id: object, event: Event | None, wrong: dict[str, str]) -> None:
    """The larger event must exist and may not be this one or a part of it.

    A new parent's whole line is locked: two events that are put into each other at once take turns.
    """
    moves = event is not None and parent_id != event.parent_id
    step = parent_id
    for _depth in range(_DEEPEST):
        if step is None:
            return
        if event is not None and step == event.id:
            wrong["parent_id"] = "An event cannot belong to itself or to a part of itself."
            return
        parent = db.session.get(Event, step, with_for_update=moves or None)
        if parent is None:
            wrong["parent_id"] = NO_PARENT
            return
        step = parent.parent_id
    wrong["parent_id"] = "Events are nested too deeply here. Choose the larger event itself."
