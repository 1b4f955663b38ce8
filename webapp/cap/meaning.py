"""What an alert means here: the title, place, urgency and position of the event that it makes."""

from datetime import datetime
from typing import Any

from webapp.cap import schema
from webapp.cap.schema import Alert, Reference
from webapp.events.models import Category, Certainty, Severity, Urgency
from webapp.events.values import LONGEST
from webapp.places.middle import middle_of_areas
from webapp.places.precision import LocationPrecision
from webapp.web.forms import clean_line

# The language of an info block that does not say its own (CAP 1.2, section 3.2.2).
DEFAULT_LANGUAGE = "en-US"
_PRIORITY = {
    Severity.EXTREME: 1,
    Severity.SEVERE: 2,
    Severity.MODERATE: 3,
    Severity.MINOR: 4,
    Severity.UNKNOWN: 3,
}
_CAN_WAIT = frozenset({Urgency.FUTURE, Urgency.PAST})


def name_of(alert: Alert) -> Reference:
    """The name by which other messages refer to this one."""
    return Reference(alert["sender"], alert["identifier"], schema.moment(alert["sent"]))


def infos(alert: Alert, locale: str) -> list[Alert]:
    """The info blocks: those in the language of ``locale`` first, then as the sender ordered them."""
    wanted = locale.partition("_")[0].casefold()
    blocks: list[Alert] = alert.get("info", [])
    return sorted(blocks, key=lambda info: language(info).partition("-")[0].casefold() != wanted)


def language(info: Alert) -> str:
    """The language of an info block, as BCP 47."""
    return str(info.get("language", DEFAULT_LANGUAGE))


def values(alert: Alert, locale: str) -> dict[str, Any]:
    """The fields of the event that the alert makes, in the language of ``locale`` where it speaks it.

    Geocodes stay words: without the sender's register they are no position.
    """
    info = infos(alert, locale)[0]
    severity, urgency = Severity(info["severity"]), Urgency(info["urgency"])
    place = ", ".join(area["areaDesc"] for area in info.get("area", []))
    position = centre(info)
    return {
        "title": _short(info.get("headline") or info["event"], "title"),
        "description": _short(info.get("description", ""), "description", line=False),
        "category": Category(info["category"][0]),
        "kind": _short(info["event"], "kind"),
        "priority": min(5, _PRIORITY[severity] + (urgency in _CAN_WAIT)),
        "severity": severity,
        "urgency": urgency,
        "certainty": Certainty(info["certainty"]),
        "place_name": _short(place, "place_name"),
        # The whole of a description of the area that is too long for a name.
        "address": _short(place, "address") if len(place) > LONGEST["place_name"] else "",
        "latitude": position[0] if position else None,
        "longitude": position[1] if position else None,
        "location_precision": LocationPrecision.AREA if position else None,
    }


def expires_at(alert: Alert) -> datetime | None:
    """When the last of its words expires; none where one of them says no end."""
    ends = [info.get("expires") for info in alert.get("info", [])]
    return max(map(schema.moment, ends)) if ends and all(ends) else None


def tags(alert: Alert) -> list[str]:
    """The sender's own codes of what happened, as words."""
    codes = [code for info in alert.get("info", []) for code in info.get("eventCode", [])]
    return list(dict.fromkeys(f"{code['valueName']}: {code['value']}" for code in codes))


def centre(info: Alert) -> tuple[float, float] | None:
    """The middle of the first area that has a shape, in degrees; none where there is only words."""
    for area in info.get("area", []):
        for text in area.get("circle", []):
            latitude, longitude, _radius = schema.circle(text)
            return latitude, longitude
        for text in area.get("polygon", []):
            corners = [(longitude, latitude) for latitude, longitude in schema.numbers(text)]
            longitude, latitude = middle_of_areas([[corners]])
            return latitude, longitude
    return None


def _short(text: str, field: str, *, line: bool = True) -> str:
    text = (clean_line(text) or "") if line else text
    longest = LONGEST[field]
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
