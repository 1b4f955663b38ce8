"""What a CAP 1.2 alert is made of, as tables: reading checks against them, writing follows their order.

Source: OASIS Common Alerting Protocol 1.2 (2010), section 3.2 and its schema. An alert is a mapping of
element names to text, to lists where an element may stand several times, and to mappings of the same kind.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from webapp.events.models import Category, Certainty, Severity, Urgency

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
CAP_1_1 = "urn:oasis:names:tc:emergency:cap:1.1"
OLDER_NAMESPACES = {
    CAP_1_1: "1.1",
    "http://www.incident.com/cap/1.0": "1.0",
}
MANY = 1000
MOST_INFOS = 50
MOST_REFERENCES = 500
# Longest names in characters; the table of alerts has room for as many.
LONGEST_NAME = 250

Alert = dict[str, Any]
Check = Callable[[str], str]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,12}(\.[0-9]{0,12})?")
_NAME = re.compile(r"[^\s,<&]+")
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class Reference(NamedTuple):
    """The name of a message: who sent it, what they called it, when."""

    sender: str
    identifier: str
    sent: datetime

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier},{moment_text(self.sent)}"


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its name, how often it may stand, and what its text must be, or its parts."""

    name: str
    least: int = 0
    most: int = 1
    check: Check | None = None  # any text
    parts: tuple["Element", ...] = ()
    may_be_empty: bool = False


def moment(text: str) -> datetime:
    """A CAP time, with its zone. Raises `ValueError` with how it should look."""
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError
        found = datetime.fromisoformat(text)
        if found < _EARLIEST:
            raise ValueError
    except (ValueError, OverflowError):
        raise ValueError(f"“{text[:40]}” is no time such as 2002-05-24T16:49:00-07:00") from None
    return found


def moment_text(at: datetime) -> str:
    """A moment as CAP writes UTC: to the second, with the zone -00:00."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def references(text: str) -> list[Reference]:
    """The messages that a message refers to. Raises `ValueError`."""
    found = []
    for triple in text.split():
        parts = triple.split(",")
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"“{triple[:80]}” is not sender,identifier,sent")
        found.append(Reference(_name(parts[0]), _name(parts[1]), moment(parts[2])))
    return found


def numbers(text: str) -> list[tuple[float, float]]:
    """Pairs of WGS 84 degrees, latitude first. Raises `ValueError`."""
    return [_pair(pair) for pair in text.split()]


def circle(text: str) -> tuple[float, float, float]:
    """A centre in degrees and a radius in km. Raises `ValueError`."""
    parts = text.split()
    if len(parts) != 2 or not _DECIMAL.fullmatch(parts[1]) or float(parts[1]) < 0:
        raise ValueError(f"“{text[:40]}” is no circle such as 32.9,-115.5 20")
    return (*_pair(parts[0]), float(parts[1]))


def _pair(text: str) -> tuple[float, float]:
    parts = text.split(",")
    if len(parts) != 2 or not all(_DECIMAL.fullmatch(part) for part in parts):
        raise ValueError(f"“{text[:40]}” is no latitude,longitude")
    latitude, longitude = float(parts[0]), float(parts[1])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError(f"“{text[:40]}” lies nowhere on the globe")
    return latitude, longitude


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("spaces, commas, < and & may not be in it")
    if len(text) > LONGEST_NAME:
        raise ValueError(f"it is longer than {LONGEST_NAME} characters")
    return text


def _moment(text: str) -> str:
    moment(text)
    return text


def _references(text: str) -> str:
    if len(references(text)) > MOST_REFERENCES:
        raise ValueError(f"it names more than {MOST_REFERENCES} messages")
    return text


def _polygon(text: str) -> str:
    points = numbers(text)
    if len(points) < 4 or points[0] != points[-1]:
        raise ValueError("a polygon has at least four points, and the last is the first again")
    return text


def _circle(text: str) -> str:
    circle(text)
    return text


def _matching(pattern: re.Pattern[str], words: str) -> Check:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"“{text[:40]}” is {words}")
        return text

    return check


def _one_of(*allowed: str) -> Check:
    def check(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"“{text[:40]}” is not one of {', '.join(allowed)}")
        return text

    return check


_NAMED_VALUE = (Element("valueName", 1, may_be_empty=True), Element("value", 1, may_be_empty=True))
_RESOURCE = (
    Element("resourceDesc", 1),
    Element("mimeType", 1),
    Element("size", check=_matching(re.compile("[0-9]{1,15}"), "no number of bytes")),
    Element("uri"),
    Element("derefUri"),
    Element("digest"),
)
_height = _matching(_DECIMAL, "no height in feet")
_AREA = (
    Element("areaDesc", 1),
    Element("polygon", 0, MANY, _polygon),
    Element("circle", 0, MANY, _circle),
    Element("geocode", 0, MANY, parts=_NAMED_VALUE),
    Element("altitude", check=_height),
    Element("ceiling", check=_height),
)
_RESPONSES = ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
_INFO = (
    Element("language", check=_matching(_LANGUAGE, "no language code such as en-US")),
    Element("category", 1, MANY, _one_of(*Category)),
    Element("event", 1),
    Element("responseType", 0, MANY, _one_of(*_RESPONSES)),
    Element("urgency", 1, check=_one_of(*Urgency)),
    Element("severity", 1, check=_one_of(*Severity)),
    Element("certainty", 1, check=_one_of(*Certainty)),
    Element("audience"),
    Element("eventCode", 0, MANY, parts=_NAMED_VALUE),
    Element("effective", check=_moment),
    Element("onset", check=_moment),
    Element("expires", check=_moment),
    Element("senderName"),
    Element("headline"),
    Element("description"),
    Element("instruction"),
    Element("web"),
    Element("contact"),
    Element("parameter", 0, MANY, parts=_NAMED_VALUE),
    Element("resource", 0, MANY, parts=_RESOURCE),
    Element("area", 0, MANY, parts=_AREA),
)
ALERT = (
    Element("identifier", 1, check=_name),
    Element("sender", 1, check=_name),
    Element("sent", 1, check=_moment),
    Element("status", 1, check=_one_of("Actual", "Exercise", "System", "Test", "Draft")),
    Element("msgType", 1, check=_one_of("Alert", "Update", "Cancel", "Ack", "Error")),
    Element("source"),
    Element("scope", 1, check=_one_of("Public", "Restricted", "Private")),
    Element("restriction"),
    Element("addresses"),
    Element("code", 0, MANY),
    Element("note"),
    Element("references", check=_references),
    Element("incidents"),
    Element("info", 0, MOST_INFOS, parts=_INFO),
)
