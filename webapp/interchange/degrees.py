"""Degrees of latitude and longitude as files have them: with a point or a comma, and signs of any kind."""

import math

_SIGNS = str.maketrans({"−": "-", "–": "-", "٫": ".", "°": None, "\u00a0": None})


def parse_degrees(text: str) -> float:
    """The number of degrees. Raises `ValueError` for what is no finite number."""
    plain = text.strip().translate(_SIGNS)
    if "_" in plain:
        raise ValueError(text)
    number = float(plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
