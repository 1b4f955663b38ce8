"""What a row says, cell by cell: read once, with the file's own heading in what is said about it."""

import enum
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from webapp.errors import Invalid
from webapp.interchange import moments
from webapp.interchange.degrees import parse_degrees
from webapp.interchange.tables.cells import parted
from webapp.interchange.tables.reading import Row
from webapp.interchange.ushahidi import Rejected
from webapp.places import coordinates
from webapp.places.precision import LocationPrecision
from webapp.resources.amounts import parse_amount
from webapp.web.forms import clean, clean_line

LONGEST_REF = 200
_LONGEST_POSITION = 100
_YES = frozenset({"yes", "y", "true", "1", "on", "ja", "oui", "si", "sí"})
_PRIORITIES = {
    "critical": 1, "highest": 1, "immediate": 1, "urgent": 1, "very high": 1,
    "high": 2, "medium": 3, "normal": 3, "moderate": 3, "low": 4, "minimal": 5, "lowest": 5, "minor": 5,
}  # fmt: skip
_BEFORE_YEARS = 1970
_SHOWN = (
    "category", "kind", "event_ref", "event_id", "event", "quantity", "unit", "priority", "status",
    "place_name", "latitude", "longitude", "reported_at", "needed_by", "email", "phone", "skills", "tags",
)  # fmt: skip
E = TypeVar("E", bound=enum.StrEnum)


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a row from all others. ``whole`` includes the columns that are not ours; ``older`` are the
    references that it was given before by other rules."""

    ref: str
    numbered: bool = False
    whole: str = ""
    older: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A row that makes sense: checked values, what else its table wants, and what was left out of it."""

    where: str
    ref: str
    values: dict[str, Any]
    more: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    identity: Identity | None = None

    @property
    def shown(self) -> list[str]:
        """Its values in a few words, for whoever looks before they are written."""
        kept = {**self.values, **self.more}
        return [f"{name.replace('_', ' ')}: {_short(kept[name])}" for name in _SHOWN if kept.get(name)]


def _short(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


class Ask:
    """Asks a row for its values. ``zone`` is that of times without one; ``prefix`` tells whose numbers."""

    def __init__(self, row: Row, zone: ZoneInfo, prefix: str) -> None:
        self.row = row
        self.notes: list[str] = []
        self._zone = zone
        self._prefix = prefix

    def text(self, name: str) -> str:
        """Several lines of text; empty where there is none."""
        return clean(self.row.cells.get(name)) or ""

    def line(self, name: str) -> str:
        """One line of text."""
        return clean_line(self.row.cells.get(name)) or ""

    def reject(self, name: str, why: str) -> Rejected:
        """The refusal of a cell, under the file's own heading."""
        return Rejected(self.row.labels.get(name, name), why)

    def refuse(self, error: Invalid) -> Rejected:
        """A refusal of checked values as that of the cell it is about."""
        name, why = next(iter(error.fields.items()), ("row", error.message))
        return self.reject({"resource_type_id": "type"}.get(name, name), why)

    def words(self, name: str) -> list[str]:
        """Words with semicolons between."""
        return [word for part in parted(self.text(name)) if (word := clean_line(part))]

    def extra(self) -> list[str]:
        """The cells of columns that are not ours, each with its heading."""
        return [f"{name}: {clean_line(value)}" for name, value in self.row.extra.items()]

    def yes(self, name: str) -> bool:
        """Whether it says yes; anything else is no."""
        return self.line(name).casefold() in _YES

    def choice(self, name: str, kind: type[E]) -> E | None:
        """One of a list of words, however capitalised; none where the cell is empty."""
        said = self.line(name)
        if not said:
            return None
        found = next((one for one in kind if one.value.casefold() == said.casefold()), None)
        if found is None:
            known = ", ".join(one.value for one in kind)
            raise self.reject(name, f"“{said[:40]}” is none of {known}.")
        return found

    def priority(self) -> int:
        """1 to 5, as a number or a word; 3 where nothing is said."""
        said = self.line("priority").casefold()
        if not said:
            return 3
        number = said.split(".")[0] if re.fullmatch(r"[1-5](\.0+)?", said) else ""
        found = int(number) if number else _PRIORITIES.get(said)
        if found is None:
            raise self.reject("priority", f"“{said[:40]}” is no priority from 1 (highest) to 5.")
        return found

    def moment(self, name: str) -> datetime | None:
        """A day and time that can be read in one way; without a zone in the file's."""
        said = self.line(name)
        if not said:
            return None
        try:
            found = moments.read(said, self._zone)
        except moments.NotPlain as error:
            raise self.reject(name, str(error)) from None
        if found.moment.year < _BEFORE_YEARS:
            raise self.reject(name, f"“{said[:40]}” lies before {_BEFORE_YEARS}.")
        if found.note:
            self.notes.append(f"{self.row.labels.get(name, name)}: {found.note}")
        return found.moment

    def amount(self, name: str) -> Decimal | None:
        """An amount as people write it; none where the cell is empty."""
        said = self.line(name)
        try:
            return parse_amount(said) if said else None
        except Invalid as error:
            raise self.reject(name, f"“{said[:40]}”: {error.message}") from None

    def position(self) -> dict[str, Any]:
        """Latitude and longitude, WGS 84, and how exact they are, where the file says it.

        None where both are empty, or both zero. Where a file has both in the cell of a place, that is the
        position.
        """
        found: dict[str, Any] = {**self._degrees_said()}
        precision = self.choice("location_precision", LocationPrecision)
        return found | ({"location_precision": precision} if found and precision else {})

    def _degrees_said(self) -> dict[str, float]:
        said = {name: self.line(name) for name in ("latitude", "longitude")}
        if not any(said.values()):
            return self._position_as_place()
        found = {name: self._degrees(name, text) for name, text in said.items()}
        latitude, longitude = found["latitude"], found["longitude"]
        if not latitude and not longitude:
            self.notes.append("position 0, 0 stands for unknown; imported without one")
            return {}
        if abs(latitude) > 90 and abs(latitude) <= 180 and abs(longitude) <= 90:
            raise self.reject(
                "latitude",
                f"{latitude:g} is above 90 degrees, {longitude:g} is not: "
                "latitude and longitude seem to be swapped.",
            )
        return found

    def _position_as_place(self) -> dict[str, float]:
        for name in ("place_name", "address"):
            said = self.line(name)[:_LONGEST_POSITION]
            if not re.search(r"\d[.,٫°]\s*\d.*\d[.,٫°]\s*\d", said):
                continue
            try:
                point = coordinates.parse(said)
            except Invalid as error:
                raise self.reject(name, error.message) from None
            if point is not None:
                return {"latitude": point.latitude, "longitude": point.longitude}
        return {}

    def _degrees(self, name: str, said: str) -> float:
        try:
            return parse_degrees(said)
        except ValueError:
            raise self.reject(name, f"“{said[:40]}” is not a number of degrees.") from None

    def identity(self, kind: str) -> Identity:
        """What tells this row from all others: its reference, its number in such files, or its words."""
        given = self.line("ref")
        if len(given) > LONGEST_REF:
            raise self.reject("ref", f"Use at most {LONGEST_REF} characters; this has {len(given)}.")
        if given:
            return Identity(given)
        number = self.line("id")
        if number:
            return Identity(f"{kind}:{_digest(self._prefix)[:8]}:{number}"[:LONGEST_REF], numbered=True)
        cells, extra = self.row.cells, self.row.extra
        whole = f"{kind}:{_digest(said(cells, extra))}"
        return Identity(
            ref=f"{kind}:{_digest(said(_normal(cells), {}))}",
            whole=whole,
            older=(whole, f"{kind}:{_digest(said(cells, {}))}"),
        )


def said(cells: Mapping[str, str], extra: Mapping[str, str]) -> str:
    """All that a row says, the same however it is spaced and in whichever order its columns stand."""
    parts = {name: " ".join(text.split()) for name, text in {**extra, **cells}.items()}
    return "\n".join(f"{name}={text}" for name, text in sorted(parts.items()) if text)


def _normal(cells: Mapping[str, str]) -> dict[str, str]:
    """Our columns as they are compared: whatever their case, and however degrees are written.

    How exact a position is makes no other row of it.
    """
    return {
        name: _degrees(text) if name in ("latitude", "longitude") else (clean_line(text) or "").casefold()
        for name, text in cells.items()
        if name != "location_precision"
    }


def _degrees(text: str) -> str:
    try:
        return f"{parse_degrees(text):.6f}"
    except ValueError:
        return text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
