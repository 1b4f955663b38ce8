"""What is wrong with a field, in words for the person who wrote the program, or who typed the value."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from webapp.api.schemas import MOMENT

Context = Mapping[str, Any]

_WORDS: dict[str, Callable[[Context], str]] = {
    "missing": lambda _c: "This is needed.",
    "extra_forbidden": lambda _c: "There is no such field here. See /api/docs.",
    "string_type": lambda _c: "This must be a text.",
    "string_too_short": lambda c: (
        "Write something here." if c["min_length"] == 1 else f"Use at least {c['min_length']} characters."
    ),
    "string_too_long": lambda c: f"Use at most {c['max_length']} characters.",
    "string_unicode": lambda _c: "This is no text that can be kept: it has half a character.",
    "string_pattern_mismatch": lambda _c: "This is not in the form that is documented.",
    "too_short": lambda c: f"Give at least {c['min_length']}.",
    "too_long": lambda c: f"Give at most {c['max_length']}.",
    "list_type": lambda _c: "This must be a list.",
    "bool_type": lambda _c: "This must be true or false.",
    "bool_parsing": lambda _c: "This must be true or false.",
    "greater_than": lambda c: f"This must be more than {c['gt']}.",
    "greater_than_equal": lambda c: f"This must be at least {c['ge']}.",
    "less_than": lambda c: f"This must be less than {c['lt']}.",
    "less_than_equal": lambda c: f"This must be at most {c['le']}.",
    "int_type": lambda _c: "This must be a whole number.",
    "int_parsing": lambda _c: "This must be a whole number.",
    "int_parsing_size": lambda _c: "This number is too large.",
    "int_from_float": lambda _c: "This must be a whole number.",
    "float_type": lambda _c: "This must be a number.",
    "float_parsing": lambda _c: "This must be a number.",
    "finite_number": lambda _c: "This must be a number that ends.",
    "decimal_type": lambda _c: "This must be a number.",
    "decimal_parsing": lambda _c: "This must be a number.",
    "decimal_max_digits": lambda c: f"Use at most {c['max_digits']} digits.",
    "decimal_max_places": lambda c: f"Use at most {c['decimal_places']} digits after the point.",
    "decimal_whole_digits": lambda c: f"Use at most {c['whole_digits']} digits before the point.",
    "enum": lambda c: f"This must be one of: {_listed(c['expected'])}.",
    "literal_error": lambda c: f"This must be one of: {_listed(c['expected'])}.",
    "uuid_type": lambda _c: "This must be a UUID.",
    "uuid_parsing": lambda _c: "This must be a UUID.",
    "timezone_aware": lambda _c: "Say the zone, as in 2026-11-21T03:12:45Z.",
    "value_error": lambda c: _sentence(str(c["error"])),
}
# Every other complaint about a day, about an object, and about anything else.
_DAY = "This must be a day, as 2026-11-21."
_OBJECT = "This must be an object, with names and values."
_OTHERWISE = "This is not what is documented. See /api/docs."


def words_for(error: ErrorDetails) -> str:
    """What is wrong, and what would be right."""
    kind = error["type"]
    if kind in ("too_short", "too_long") and isinstance(error["input"], str):
        kind = f"string_{kind}"  # a text that another rule was about first
    made = _WORDS.get(kind)
    if made is not None:
        return made(error.get("ctx", {}))
    if kind.startswith("datetime_"):
        return _sentence(MOMENT)
    if kind.startswith("date_"):
        return _DAY
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return _OBJECT
    return _OTHERWISE


def _listed(expected: str) -> str:
    """pydantic's “'a', 'b' or 'c'” without its quotes."""
    return expected.replace(" or ", ", ").replace("'", "")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."
