"""A JSON body that anybody may have made, read strictly: an object, no NaN, no deep nest, no name twice.

A batch is read leniently where each of its items is judged by itself: what one of them holds must not hide
the others.
"""

import json
import math
import re
from typing import Any

from flask import request

from webapp.errors import Problem
from webapp.invisible import visible_in

DEEPEST = 32  # levels
# Taken as they came; other texts without what nobody sees.
_SECRET = frozenset({"password", "present"})
_DEEPEST_ITEM = 200  # of a lenient body; the parser itself goes no deeper than some 900
_LONGEST_NUMBER = 300  # digits of a whole number in a lenient body; a longer one is none
# A text that does not end is passed over to the end, once: looked for again from each of its quotes it would
# take hours of one small body.
_TEXT_DEPTH = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class Malformed(Problem):
    """The body is not what is taken here."""

    status = 400
    name = "Malformed"


class Doubled(dict[str, Any]):
    """An object of a lenient body in which a name stands twice: nobody knows which was meant."""


class UnsupportedType(Problem):
    """The body is of another type than JSON."""

    status = 415
    name = "UnsupportedMediaType"


def body(*, lenient: bool = False) -> dict[str, Any]:
    """The object in the body of the present request. Raises `Malformed`, `UnsupportedType`.

    ``lenient``: NaN is read as such, an endless number as infinity, a name that stands twice makes a
    `Doubled`, and bytes that are no text become U+FFFD; whoever reads the values refuses them one by one.
    """
    if request.mimetype != "application/json":
        raise UnsupportedType("Send JSON, with Content-Type: application/json.")
    raw = request.get_data(cache=True)
    deepest = _DEEPEST_ITEM if lenient else DEEPEST
    if _depth(raw) > deepest:
        raise Malformed(f"The body is nested deeper than {deepest} levels.")
    try:
        found = _leniently(raw) if lenient else _strictly(raw)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The body is not JSON: {error}"[:200]) from None
    if not isinstance(found, dict):
        raise Malformed("The body must be one JSON object.")
    clean: dict[str, Any] = visible_in(found, _SECRET)
    return clean


def _strictly(raw: bytes) -> Any:
    return json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)


def _leniently(raw: bytes) -> Any:
    text = raw.decode(json.detect_encoding(raw), "replace")
    return json.loads(text, strict=False, object_pairs_hook=_marked, parse_int=_whole)


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


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Doubled(found)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else math.inf
