"""A JSON body that anybody may have made, read strictly: an object, no NaN, no deep nest, no name twice."""

import json
import re
from typing import Any

from flask import request

from webapp.errors import Problem
from webapp.invisible import visible_in

DEEPEST = 32  # levels
# Taken as they came; other texts without what nobody sees.
_SECRET = frozenset({"password", "present"})
# A text that does not end is passed over to the end, once: looked for again from each of its quotes it would
# take hours of one small body.
_TEXT_DEPTH = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class Malformed(Problem):
    """The body is not what is taken here."""

    status = 400
    name = "Malformed"


class UnsupportedType(Problem):
    """The body is of another type than JSON."""

    status = 415
    name = "UnsupportedMediaType"


def body() -> dict[str, Any]:
    """The object in the body of the present request. Raises `Malformed`, `UnsupportedType`."""
    if request.mimetype != "application/json":
        raise UnsupportedType("Send JSON, with Content-Type: application/json.")
    raw = request.get_data(cache=True)
    if _depth(raw) > DEEPEST:
        raise Malformed(f"The body is nested deeper than {DEEPEST} levels.")
    try:
        found = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The body is not JSON: {error}"[:200]) from None
    if not isinstance(found, dict):
        raise Malformed("The body must be one JSON object.")
    clean: dict[str, Any] = visible_in(found, _SECRET)
    return clean


def _depth(raw: bytes) -> int:
    """How deep lists and objects are nested, before anything is built of them."""
    depth = deepest = 0
    for found in _TEXT_DEPTH.finditer(raw):
        sign = found[0]
        if sign in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in b"]}":
            depth -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")
