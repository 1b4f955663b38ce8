"""Cells as an export writes them and an import reads them: formulas made harmless, lists, moments, numbers.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return (OWASP, CSV
injection). Such a cell gets an apostrophe in front, unless it is a number; an import takes it off again.
"""

import enum
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from webapp.resources.amounts import written
from webapp.web.numbers import degrees

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
# Spreadsheets read the wide signs as the narrow ones. An apostrophe that stands before such a sign already
# gets another one, so that taking one off always gives back what was there.
_RISKY = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_SHIELDED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")
_WORD = re.compile(r"(?:\\[\\;]|[^;])+")

Value = str | int | float | bool | Decimal | datetime | enum.StrEnum | list[str] | None


def shielded(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    return f"'{text}" if _RISKY.match(text) and not _NUMBER.fullmatch(text) else text


def unshielded(text: str) -> str:
    """The text that a cell stands for."""
    return text[1:] if _SHIELDED.match(text) else text


def cell(value: Value) -> str:
    """A value as the text of a cell. Moments are ISO 8601 in UTC, lists have semicolons between."""
    if isinstance(value, str):  # also names of statuses
        return shielded(str(value))
    if isinstance(value, list):
        return shielded(joined(value))
    if isinstance(value, Decimal):
        return written(value)
    plain = json_value(value)
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(plain, float):
        return degrees(plain)
    return "" if plain is None else str(plain)


def json_value(value: Value) -> str | int | float | bool | list[str] | None:
    """A value as JSON has it: an amount stays a number, a moment is ISO 8601 in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value) if isinstance(value, str) else value


def joined(words: Iterable[str]) -> str:
    """Several words in one cell."""
    return "; ".join(word.replace("\\", "\\\\").replace(";", "\\;") for word in words)


def parted(text: str) -> list[str]:
    """The words of a cell."""
    words = (re.sub(r"\\([\\;])", r"\1", word).strip() for word in _WORD.findall(text))
    return [word for word in words if word]
