"""JSON from somebody else's file, bounded before it is believed: size, depth, numbers, double names."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from webapp.interchange.files import Unreadable, open_file

LARGEST = 50 * 1024 * 1024  # bytes
DEEPEST = 32
# More digits than any count, position or time needs; longer ones cost much to convert.
MOST_DIGITS = 25


def load(path: Path) -> Any:
    """What the file says. Raises `Unreadable` with the place of what is wrong."""
    stream, size = open_file(path)
    with stream:
        if size > LARGEST:
            raise Unreadable(f"{path} is larger than {LARGEST // 1024**2} MB. Split it into smaller files.")
        raw = stream.read(LARGEST + 1)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not UTF-8: byte {error.start} does not fit. Save it as UTF-8.") from None
    try:
        found = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(f"{path} is not JSON: {error.msg} ({where}).") from None
    except RecursionError:
        raise Unreadable(_too_deep()) from None
    _require_shallow(found)
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        double = counts.most_common(1)[0][0]
        raise Unreadable(
            f"The name “{double[:60]}” stands twice in one object. Which one counts is not said."
        )
    return found


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise Unreadable(f"A number with {len(digits)} digits ({digits[:10]}…) cannot be meant.")
    return int(digits)


def _decimal(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Unreadable(f"The number {digits[:20]} is larger than can be kept.")
    return number


def _no_number(word: str) -> float:
    raise Unreadable(f"{word} is not a number in JSON.")


def _require_shallow(found: object) -> None:
    """Walk in rings from the outside in; one ring too many is refused."""
    ring = [found]
    for _depth in range(DEEPEST + 1):
        ring = [item for part in ring for item in _parts(part)]
        if not ring:
            return
    raise Unreadable(_too_deep())


def _parts(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _too_deep() -> str:
    return f"The file is nested more than {DEEPEST} levels deep. That is no list of places."
