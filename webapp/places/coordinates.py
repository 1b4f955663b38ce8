"""Coordinates as people type, paste and read them out: "18.54, -72.33", "18°32'N 72°20'W", in any digits."""

import re
import unicodedata

from webapp.errors import Invalid
from webapp.places.geocoder import Point

_MAX_TEXT = 80
_AS_ASCII = str.maketrans(
    {"٫": ".", "،": ",", "؛": ";", "−": "-", "–": "-", "‐": "-", "º": "°", "˚": "°"}
    | dict.fromkeys("’‘′´ʹ`", "'")
    | dict.fromkeys("”“″ʺ", '"')
    # Marks of writing direction that come along when Arabic text is copied.
    | dict.fromkeys("\u200e\u200f\u061c\u2066\u2067\u2068\u2069\u202a\u202b\u202c", "")
)
_GAP = r"\s{0,3}"
_NUMBER = r"\d{1,6}(?:\.\d{1,20})?"
# Where a minute or second mark may be left out: before a letter, a separator, or the end.
_NO_MARK = r"(?=\s*(?:[NSEWO,;/]|$))"


def _angle_pattern(which: int) -> str:
    """Degrees, then minutes and seconds only behind a degree mark."""
    return (
        rf"(?P<sign{which}>[+-]?){_GAP}(?P<degrees{which}>{_NUMBER})"
        rf"(?:{_GAP}°(?:{_GAP}(?P<minutes{which}>{_NUMBER}){_GAP}(?:'|{_NO_MARK})"
        rf"(?:{_GAP}(?P<seconds{which}>{_NUMBER}){_GAP}(?:\"|''|{_NO_MARK}))?)?)?"
    )


# The two ways to write letters: N18 W72, and 18N 72W (where they may be missing).
_LETTERS_FIRST = re.compile(
    rf"(?P<letter1>[NSEWO]){_GAP}{_angle_pattern(1)}(?P<between>{_GAP}[,;/]?{_GAP})"
    rf"(?P<letter2>[NSEWO]){_GAP}{_angle_pattern(2)}",
    re.IGNORECASE,
)
_LETTERS_LAST = re.compile(
    rf"{_angle_pattern(1)}{_GAP}(?P<letter1>[NSEWO]?)(?P<between>{_GAP}[,;/]{_GAP}|\s{{1,3}}|(?<=[NSEWO]))"
    rf"{_angle_pattern(2)}{_GAP}(?P<letter2>[NSEWO]?)",
    re.IGNORECASE,
)
_DECIMAL_COMMAS = re.compile(r"([+-]?\d{1,3}),(\d{1,20})(?:\s{0,3};\s{0,3}|\s{1,3})([+-]?\d{1,3}),(\d{1,20})")
_BASE_SIXTY = 60


class BadCoordinates(Invalid):
    """Text that is coordinates but names no point on Earth; the message says how to write them."""

    name = "BadCoordinates"


def parse(text: str) -> Point | None:
    """The point that a text names, or None when the text is not coordinates. Latitude comes first.

    Raises `BadCoordinates` when it is coordinates out of range or ambiguous.
    """
    plain = _plain(text)
    if len(plain) > _MAX_TEXT:
        return None
    if comma := _DECIMAL_COMMAS.fullmatch(plain):
        plain = f"{comma[1]}.{comma[2]}, {comma[3]}.{comma[4]}"
    match = _LETTERS_FIRST.fullmatch(plain) or _LETTERS_LAST.fullmatch(plain)
    if match is None or not _meant_as_coordinates(match):
        return None
    return _point(_angle(match, 1), _angle(match, 2))


def _plain(text: str) -> str:
    digits = "".join(_ascii_digit(c) for c in text.translate(_AS_ASCII))
    return " ".join(digits.removeprefix("geo:").split())


def _ascii_digit(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _meant_as_coordinates(match: re.Match[str]) -> bool:
    # "12 34" could be a house number; a mark, sign, point, comma or letter makes it a pair of angles.
    return match["between"].strip() != "" or any(c in match[0] for c in "°.+-") or match["letter1"] != ""


def _angle(match: re.Match[str], which: int) -> tuple[float, str]:
    """Degrees and the hemisphere letter ("" when the sign tells)."""
    letter, sign = match[f"letter{which}"].upper(), match[f"sign{which}"]
    if letter == "O":
        raise BadCoordinates("“O” can mean east or west: write E for east or W for west.")
    if letter and sign:
        raise BadCoordinates("Write either a sign or one of N, S, E, W with each number, not both.")
    parts = [float(match[f"{name}{which}"] or 0) for name in ("minutes", "seconds")]
    if max(parts) >= _BASE_SIXTY:
        raise BadCoordinates("Minutes and seconds must be less than 60.")
    degrees = float(match[f"degrees{which}"]) + parts[0] / 60 + parts[1] / 3600
    return (-degrees if sign == "-" or letter in ("S", "W") else degrees), letter


def _point(first: tuple[float, str], second: tuple[float, str]) -> Point:
    if bool(first[1]) != bool(second[1]):
        raise BadCoordinates("Write N or S with the latitude and E or W with the longitude, or neither.")
    if first[1] and (first[1] in "NS") == (second[1] in "NS"):
        raise BadCoordinates("Write one latitude (N or S) and one longitude (E or W).")
    latitude, longitude = (second[0], first[0]) if first[1] and first[1] in "EW" else (first[0], second[0])
    if abs(latitude) > 90:
        raise BadCoordinates(f"The latitude {latitude:g} is not between -90 and 90. Latitude comes first.")
    if abs(longitude) > 180:
        raise BadCoordinates(f"The longitude {longitude:g} is not between -180 and 180.")
    return Point(latitude, longitude)
