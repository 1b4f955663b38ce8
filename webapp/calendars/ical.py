"""A person's assignments as an iCalendar feed (RFC 5545).

Nobody plans hours here: people come when they can. An entry begins when the person checked in, else when
they said yes, else when they were asked; it ends when they checked out or it was over. While it is open it
lasts an hour, and while somebody is there, to the end of the hour under way.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row

from webapp.database import utc_now
from webapp.events.models import Event
from webapp.settings import Settings
from webapp.volunteers.hours import presence
from webapp.volunteers.models import PRESENT, Assignment, AssignmentStatus
from webapp.web.forms import clean
from webapp.web.numbers import degrees

_S = AssignmentStatus
_SHORTEST = timedelta(hours=1)
_MINUTES = 15  # how often calendars should look again
# RFC 5545, section 3.8.1.11.
_STATUS = {
    _S.OFFERED: "TENTATIVE",
    _S.REQUESTED: "TENTATIVE",
    _S.ACCEPTED: "CONFIRMED",
    _S.CHECKED_IN: "CONFIRMED",
    _S.NO_CONTACT: "CONFIRMED",
    _S.CHECKED_OUT: "CONFIRMED",
    _S.DECLINED: "CANCELLED",
    _S.CANCELLED: "CANCELLED",
}


def write(rows: Sequence[Row[Assignment, Event]], installation: Settings) -> bytes:
    """The calendar of one person: nothing in it is about anybody else."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Mayday//Assignments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"Mayday · {installation.response_name}")
    calendar.add("refresh-interval", timedelta(minutes=_MINUTES), {"VALUE": "DURATION"})
    for assignment, event in rows:
        calendar.add_component(_entry(assignment, event, installation))
    found: bytes = calendar.to_ical()
    return found


def _entry(assignment: Assignment, event: Event, installation: Settings) -> Any:
    from icalendar import Event as Entry
    from icalendar.prop import vInline

    host = urlsplit(installation.public_url).hostname or "mayday"
    starts = assignment.checked_in_at or assignment.accepted_at or assignment.created_at
    entry = Entry()
    entry.add("uid", f"assignment-{assignment.id}@{host}")
    # Both versions only rise, so their sum does with each change of either.
    entry.add("sequence", assignment.version + event.version)
    changed = max(assignment.updated_at, event.updated_at).replace(microsecond=0)
    entry.add("dtstamp", changed)
    entry.add("last-modified", changed)
    entry.add("dtstart", _utc(starts))
    entry.add("dtend", _utc(_ends(assignment, starts)))
    entry.add("status", _STATUS[assignment.status])
    entry.add("summary", _text(f"{assignment.task}: {event.title}" if assignment.task else event.title))
    place = " · ".join(
        dict.fromkeys(p for p in (assignment.meeting_point, event.place_name, event.address) if p)
    )
    if place:
        entry.add("location", _text(place))
    if event.latitude is not None and event.longitude is not None:
        # As text: the library writes small numbers with an exponent, which RFC 5545 does not know.
        entry["geo"] = vInline(f"{degrees(event.latitude)};{degrees(event.longitude)}")
    if assignment.bring:
        entry.add("description", _text(f"Bring: {assignment.bring}"))
    if installation.public_url:
        entry.add("url", f"{installation.public_url}/now")
    return entry


def _ends(assignment: Assignment, starts: datetime) -> datetime:
    over = assignment.checked_out_at or assignment.ended_at
    if over is not None:
        return max(over, starts)
    counted = presence(assignment).until(utc_now())
    if counted is not None and counted < utc_now():  # forgotten: nobody says that it goes on
        return max(counted, starts)
    if assignment.status in PRESENT:
        now = utc_now().replace(minute=0, second=0, microsecond=0)
        return max(now + timedelta(hours=1), starts + _SHORTEST)
    return starts + _SHORTEST


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _text(text: str) -> str:
    return clean(text) or ""
