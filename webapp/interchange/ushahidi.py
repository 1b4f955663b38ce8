"""Ushahidi's CSV export: which columns it has, and what a row says as an event."""

import hashlib
import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from webapp.database import utc_now
from webapp.errors import Invalid
from webapp.events.models import Certainty, Source, Urgency
from webapp.events.values import checked
from webapp.interchange import moments
from webapp.interchange.categories import meaning_of
from webapp.interchange.degrees import parse_degrees
from webapp.interchange.files import Unreadable
from webapp.interchange.moments import NotPlain, Said
from webapp.interchange.rows import Record
from webapp.web.forms import clean, clean_line

COLUMNS = (
    "Serial",
    "INCIDENT TITLE",
    "INCIDENT DATE",
    "LOCATION",
    "DESCRIPTION",
    "CATEGORY",
    "LATITUDE",
    "LONGITUDE",
    "APPROVED",
    "VERIFIED",
)
# Which of our values comes from which column, for messages.
_COLUMN_OF = {
    "title": "INCIDENT TITLE",
    "description": "DESCRIPTION",
    "place_name": "LOCATION",
    "address": "LOCATION",
    "latitude": "LATITUDE",
    "longitude": "LONGITUDE",
}
_LONGEST_PLACE = 160
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(days=1)


def row_start(delimiter: str) -> re.Pattern[str]:
    """What the beginning of a row looks like: its number in the first column."""
    return re.compile(rf'"?\d{{1,18}}"?{re.escape(delimiter)}')


class Rejected(Exception):
    """A row that cannot become an event: which column, and why."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(f"{column}: {why}")


@dataclass(frozen=True, slots=True)
class Report:
    """A row as an event: checked values, its reference, and what is said about how it was read."""

    line: int
    source_ref: str
    values: dict[str, Any]
    notes: tuple[str, ...]


class Heading:
    """The heading of one file: where each column is, and what its references begin with.

    Raises `Unreadable` that names the columns which are missing.
    """

    def __init__(self, names: list[str], source: str = "") -> None:
        known = [name.strip().casefold() for name in names]
        missing = [name for name in COLUMNS if name.casefold() not in known]
        if missing:
            raise Unreadable(f"The heading has no column {', '.join(missing)}. Is this an Ushahidi export?")
        self._at = {name: known.index(name.casefold()) for name in COLUMNS}
        kind = hashlib.sha256(",".join(known).encode()).hexdigest()[:8]
        self._prefix = f"ushahidi:{source or kind}:"

    def report(self, record: Record, zone: ZoneInfo) -> Report:
        """What the row says. Times are read in ``zone``. Raises `Rejected`."""
        row = {name: html.unescape(record.fields[index]) for name, index in self._at.items()}
        serial = row["Serial"].strip()
        if not (serial.isascii() and serial.isdigit() and len(serial) <= 18):
            raise Rejected("Serial", "is not a whole number.")
        position, notes = _position(row)
        reference = f"{self._prefix}{int(serial)}"
        values = {**_words(row), **position, "source": Source.IMPORT, "source_ref": reference}
        try:
            good = checked(values)
        except Invalid as error:
            name, why = next(iter(error.fields.items()))
            raise Rejected(_COLUMN_OF.get(name, name), why) from None
        said = _moment(row["INCIDENT DATE"], zone)
        if said.note:
            notes.append(f"INCIDENT DATE: {said.note}")
        return Report(record.line, reference, good | {"reported_at": said.moment}, tuple(notes))


def _words(row: dict[str, str]) -> dict[str, Any]:
    categories = [word for part in row["CATEGORY"].split(",") if (word := clean_line(part))]
    meaning = meaning_of(categories)
    place = clean_line(row["LOCATION"]) or ""
    verified = row["VERIFIED"].strip().upper() == "YES"
    unapproved = row["APPROVED"].strip().upper() == "NO"
    return {
        "title": clean_line(row["INCIDENT TITLE"]),
        "description": clean(row["DESCRIPTION"]),
        "place_name": place if len(place) <= _LONGEST_PLACE else f"{place[: _LONGEST_PLACE - 1]}…",
        "address": "" if len(place) <= _LONGEST_PLACE else place,
        "category": meaning.category,
        "kind": meaning.kind,
        "priority": meaning.priority,
        "urgency": Urgency.IMMEDIATE if meaning.priority == 1 else Urgency.UNKNOWN,
        "certainty": Certainty.OBSERVED if verified else Certainty.UNKNOWN,
        "tags": [*dict.fromkeys(categories), *(["not approved by the sender"] if unapproved else [])],
    }


def _moment(text: str, zone: ZoneInfo) -> Said:
    """``17/01/2010 13:05`` in the zone; day before month, as the export writes it, where both can be."""
    shown = f"“{text.strip()[:40]}”"
    try:
        said = moments.read(clean_line(text) or "", zone, day_first=True)
    except NotPlain:
        said = None
    if said is None or not said.has_time:
        raise Rejected("INCIDENT DATE", f"{shown} is not day/month/year hour:minute.")
    if not _EARLIEST <= said.moment <= utc_now() + _CLOCKS_DIFFER:
        raise Rejected("INCIDENT DATE", f"{shown} lies before 1970 or in the future.")
    return said


def _position(row: dict[str, str]) -> tuple[dict[str, float], list[str]]:
    """Latitude and longitude; none where the sender knew none (both empty, or both exactly zero)."""
    texts = {name: row[name.upper()].strip() for name in ("latitude", "longitude")}
    if not any(texts.values()):
        return {}, ["no position given; imported without one"]
    found = {name: _degrees(name, text) for name, text in texts.items()}
    if not any(found.values()):
        return {}, ["position 0, 0 stands for unknown; imported without one"]
    return found, []


def _degrees(name: str, text: str) -> float:
    try:
        return parse_degrees(text)
    except ValueError:
        raise Rejected(name.upper(), f"“{text[:40]}” is not a number of degrees.") from None
