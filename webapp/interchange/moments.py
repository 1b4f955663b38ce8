"""Days and times as people and programs write them, where there is one way to read them."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import get_month_names

# Their names of months mean the same month wherever two of them have the same name.
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "da", "nb", "sv")
_LONGEST = 120
_SHORTER = {"mär": 3, "mrz": 3, "sept": 9}
_BASIC = re.compile(r"\d{8}(?:T\d{4}(?:\d{2})?.*)?|\d{4}-W\d{2}.*")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([-./])\s*(\d{1,2})\s*\2\s*(\d{4})(?!\d)")
_SHORT_YEAR = re.compile(r"\d{1,2}\s*([-./])\s*\d{1,2}\s*\1\s*\d{2}(?!\d)")
_WORDY = (
    re.compile(r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th|º|er)?[\s-]*(?:de\s+)?(?P<month>[^\W\d_]+)\.?,?[\s-]*(?:de\s+)?(?P<year>\d{4})(?!\d)"),
    re.compile(r"(?P<month>[^\W\d_]+)\.?\s*(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})"),
)  # fmt: skip
_WEEKDAY = re.compile(r"[^\W\d_]{2,}\.?,?\s+(?=\d)")
_TIME = re.compile(
    r"(?:\s*,\s*|\s*(?P<iso>T)\s*|\s+(?:(?:at|um|à|a las|kl\.?|om)\s+)?)"
    r"(?P<hour>\d{1,2})(?:\s*[:.h]\s*(?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d+))?)?)?"
    r"(?:\s*(?P<half>[ap])\.?\s?m\.?)?(?:\s*(?:uhr|h))?"
    r"\s*(?P<offset>z|utc|gmt|(?:utc|gmt)?[+-]\d{2}(?::?\d{2})?)?",
    re.IGNORECASE,
)
_PLAIN_SIGNS = {"−": "-", "–": "-", "／": "/", "．": ".", "：": ":"}


class NotPlain(ValueError):
    """A day or time that is none, or could be two; the message says how to write it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A moment in UTC, and what is to be said about how it was read, if anything."""

    moment: datetime
    note: str = ""
    has_time: bool = True


def read(text: str, zone: ZoneInfo, *, day_first: bool = False) -> Said:
    """The moment that a text means; without an offset in ``zone``, without a time at its midnight.

    ``day_first`` is for files whose format says that the day comes before the month. Otherwise 03/04 could be
    two days, so it is not guessed. Raises `NotPlain`.
    """
    if len(text) > _LONGEST:
        raise _none(text)
    plain = "".join(_plain(sign) for sign in text.strip())
    day, rest = _day(plain, day_first)
    try:
        naive, offset = _time(day, rest)
        if offset is not None:
            return Said((naive - offset).replace(tzinfo=UTC))
        return replace(in_zone(naive, zone), has_time=bool(rest.strip()))
    except (ValueError, OverflowError):
        raise _none(text) from None


def in_zone(naive: datetime, zone: ZoneInfo) -> Said:
    """A time of the clocks in a zone. One that a clock change skips is read as if they had not been changed;
    of one that comes twice it is the first. Both are said."""
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    moment = first.astimezone(UTC)
    if first.utcoffset() == second.utcoffset():
        return Said(moment)
    shown = f"{naive:%Y-%m-%d %H:%M}"
    there = moment.astimezone(zone)
    if there.replace(tzinfo=None) != naive.replace(tzinfo=None):
        return Said(moment, f"{shown} is skipped by the clocks of {zone.key}; taken as {there:%H:%M}")
    return Said(
        moment, f"{shown} comes twice by the clocks of {zone.key}; taken as the first, {moment:%H:%M} UTC"
    )


def _plain(sign: str) -> str:
    if unicodedata.category(sign) == "Nd":
        return str(unicodedata.digit(sign))
    return " " if sign.isspace() else _PLAIN_SIGNS.get(sign, sign)


def _day(text: str, day_first: bool) -> tuple[date, str]:
    """The day that the text begins with, and the rest of it."""
    if _BASIC.fullmatch(text):
        return _iso(text)
    if match := _YEAR_FIRST.match(text):
        return _date(text, int(match[1]), int(match[2]), int(match[3])), text[match.end() :]
    if match := _YEAR_LAST.match(text):
        return _ordered(text, match, day_first), text[match.end() :]
    if _SHORT_YEAR.match(text):
        raise NotPlain(f"“{text[:40]}” is no date and time: write the year with four digits, as 2026-11-21.")
    bare = _WEEKDAY.sub("", text, count=1) if _WEEKDAY.match(text) else text
    for pattern, said in ((pattern, said) for said in (text, bare) for pattern in _WORDY):
        match = pattern.match(said)
        if match and (month := _months().get(match["month"].casefold())):
            return _date(text, int(match["year"]), month, int(match["day"])), said[match.end() :]
    raise _none(text)


def _iso(text: str) -> tuple[date, str]:
    """ISO 8601 without hyphens, or by weeks."""
    head, sign, rest = text.partition("T")
    try:
        found = date.fromisoformat(head)
    except ValueError:
        raise _none(text) from None
    digits = re.match(r"(\d{2})(\d{2})(\d{2})?", rest)
    if digits:
        rest = ":".join(part for part in digits.groups() if part) + rest[digits.end() :]
    return found, sign + rest


def _ordered(text: str, match: re.Match[str], day_first: bool) -> date:
    """A day whose year comes last: plain where one number is no month, or both are the same."""
    one, other, year = int(match[1]), int(match[3]), int(match[4])
    if one > 12 or one == other or (day_first and other <= 12):
        return _date(text, year, other, one)
    if other > 12:
        return _date(text, year, one, other)
    raise NotPlain(
        f"“{text[:40]}” is no date and time that can be read in one way only. "
        f"Write it as {year:04}-{other:02}-{one:02} or {year:04}-{one:02}-{other:02}."
    )


def _date(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise _none(text) from None


def _time(day: date, text: str) -> tuple[datetime, timedelta | None]:
    """The time behind a day and its offset; 24:00 ends the day, and a leap second the minute.

    Raises `ValueError` for what is no time.
    """
    if not text.strip():
        return datetime.combine(day, time()), None
    match = _TIME.fullmatch(text.rstrip())
    if match is None or not (match["minute"] or match["half"] or match["iso"]):
        raise ValueError(text)
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if match["half"].casefold() == "p" else 0)
    whole_day = hour == 24 and minute == second == 0
    if not (whole_day or hour < 24) or minute > 59 or second > 60:
        raise ValueError(text)
    part = int(f"{match['part'] or 0:0<6}"[:6])
    since = timedelta(hours=hour, minutes=minute, seconds=second, microseconds=part)
    return datetime.combine(day, time()) + since, _offset(match["offset"])


def _offset(text: str | None) -> timedelta | None:
    if not text:
        return None
    digits = re.sub(r"[^\d]", "", text)
    if not digits:
        return timedelta()
    found = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    if found >= timedelta(days=1):
        raise ValueError(text)
    return -found if "-" in text else found


@cache
def _months() -> dict[str, int]:
    """The names of months; one that is another month elsewhere is left out."""
    found: dict[str, set[int]] = {}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=Locale.parse(language)).items():
                found.setdefault(name.rstrip(".").casefold(), set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1} | _SHORTER


def _none(text: str) -> NotPlain:
    return NotPlain(f"“{text[:40]}” is no date and time. Write it as 2026-11-21 14:30.")
