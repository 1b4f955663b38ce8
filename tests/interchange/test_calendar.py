"""Rules of the calendar by a secret link: one's own, valid, gone when it is renewed or one leaves."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from icalendar import Calendar
from icalendar import Event as Entry

from tests.conftest import both_databases, dispose, settings_for
from tests.events.making import opened
from tests.people import Cast, Person
from webapp import create_app
from webapp.accounts import leaving
from webapp.accounts.service import deactivate
from webapp.calendars.models import CalendarLink
from webapp.events import service
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.volunteers import service as volunteers
from webapp.volunteers.models import Assignment


def link_of(person: Person, command_id: str | None = None) -> str:
    """The path of a new link, as the page shows it."""
    answer = person.post("/me/calendar", {"command_id": command_id or str(uuid.uuid4())})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found = re.search(r'value="http://localhost(/calendar/[\w-]{43}\.ics)"', answer.get_data(as_text=True))
    assert found
    return found[1]


def entries(cast: Cast, path: str) -> list[Entry]:
    """What the calendar holds, as a program reads it."""
    answer = cast.stranger.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.data)
    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"]
    found = [part for part in calendar.walk("VEVENT") if isinstance(part, Entry)]
    for entry in found:
        assert entry.errors == []
        assert all(name in entry for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "STATUS"))
        assert entry.DTEND >= entry.DTSTART
    return found


def joined(app: Flask, cast: Cast, person: Person, **fields: object) -> int:
    """Somebody said yes to an event."""
    event = opened(app, cast.ada, **fields)
    with app.app_context():
        return volunteers.join(person.actor, event_id=event).id


def test_it_holds_what_the_person_is_on_and_nobody_else(app: Flask, cast: Cast) -> None:
    event = opened(
        app, cast.ada, title="Sandbags; quay, north", place_name="Quay", latitude=55.67, longitude=12.5
    )
    with app.app_context():
        volunteers.assign(
            cast.vic.actor,
            event_id=event,
            user_id=cast.sam.id,
            task="Fill bags",
            bring="Boots",
            meeting_point="Gate 3",
        )
        volunteers.join(cast.sue.actor, event_id=event)
    path = link_of(cast.sam)
    [entry] = entries(cast, path)
    assert entry["SUMMARY"] == "Fill bags: Sandbags; quay, north"
    assert entry["LOCATION"] == "Gate 3 · Quay"
    assert entry["DESCRIPTION"] == "Bring: Boots"
    assert (entry["GEO"].latitude, entry["GEO"].longitude) == (55.67, 12.5)
    assert entry["STATUS"] == "TENTATIVE"
    text = cast.stranger.get(path).get_data(as_text=True)
    for other in ("Sue", "Vic", "Ada", "Sam", "@example.org"):
        assert other not in text


def test_status_time_and_sequence_follow_the_assignment(app: Flask, cast: Cast) -> None:
    path = link_of(cast.sam)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    begin = tomorrow.replace(hour=9, minute=30, second=0, microsecond=0)
    with time_machine.travel(begin, tick=False):
        assignment = joined(app, cast, cast.sam)
        [entry] = entries(cast, path)
    assert (entry["STATUS"], entry.DTSTART, entry.DTEND) == ("CONFIRMED", begin, begin + timedelta(hours=1))
    uid, first = entry["UID"], entry["SEQUENCE"]
    with time_machine.travel(begin + timedelta(hours=2), tick=False), app.app_context():
        volunteers.check_in(cast.sam.actor, assignment_id=assignment)
    with time_machine.travel(begin + timedelta(hours=5), tick=False):
        [entry] = entries(cast, path)
        # There at 14:30: to the end of the hour under way.
        assert begin + timedelta(hours=2) == entry.DTSTART
        assert begin.replace(hour=15, minute=0) == entry.DTEND
        with app.app_context():
            volunteers.check_out(cast.sam.actor, assignment_id=assignment)
    [entry] = entries(cast, path)
    assert (entry.DTEND, entry["STATUS"]) == (begin + timedelta(hours=5), "CONFIRMED")
    assert (entry["UID"], entry["SEQUENCE"] > first) == (uid, True)


def test_a_change_of_the_event_is_a_change_of_the_entry(app: Flask, cast: Cast) -> None:
    joined(app, cast, cast.sam)
    path = link_of(cast.sam)
    [before] = entries(cast, path)
    with app.app_context():
        service.edit_event(cast.ada.actor, event_id=1, seen_version=None, title="Elsewhere")
    [after] = entries(cast, path)
    assert after["SUMMARY"] == "Elsewhere"
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_what_was_called_off_is_cancelled_in_the_calendar(app: Flask, cast: Cast) -> None:
    assignment = joined(app, cast, cast.sam)
    path = link_of(cast.sam)
    with app.app_context():
        volunteers.cancel(cast.sam.actor, assignment_id=assignment)
    [entry] = entries(cast, path)
    assert entry["STATUS"] == "CANCELLED"


def test_an_empty_calendar_is_one_too(cast: Cast) -> None:
    assert entries(cast, link_of(cast.sam)) == []


def test_the_link_is_shown_once_and_kept_as_a_hash(app: Flask, cast: Cast) -> None:
    path = link_of(cast.sam)
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    assert token not in cast.sam.get("/me/calendar").get_data(as_text=True)
    assert "/me/calendar" in cast.sam.get("/me").get_data(as_text=True)
    with app.app_context():
        row = db.session.execute(db.select(CalendarLink)).scalar_one()
        assert (row.user_id, token in row.token_hash) == (cast.sam.id, False)
        for entry in db.session.execute(db.select(JournalEntry)).scalars():
            assert token not in str(entry.facts) + str(entry.changes)
            assert row.token_hash not in str(entry.changes)


def test_the_double_tap_is_one_link(app: Flask, cast: Cast) -> None:
    tap = str(uuid.uuid4())
    assert link_of(cast.sam, tap) == link_of(cast.sam, tap)
    with app.app_context():
        verbs = db.session.execute(
            db.select(JournalEntry.verb).where(JournalEntry.verb.startswith("calendar."))
        )
        assert list(verbs.scalars()) == ["calendar.shared"]


@both_databases
def test_renewing_or_switching_off_ends_the_old_link_at_once(app: Flask, cast: Cast) -> None:
    first = link_of(cast.sam)
    second = link_of(cast.sam)
    assert cast.stranger.get(first).status_code == 404
    assert cast.stranger.get(second).status_code == 200
    assert cast.sam.post("/me/calendar/end").status_code == 303
    assert cast.stranger.get(second).status_code == 404
    assert cast.sam.post("/me/calendar/end").status_code == 303


@pytest.mark.parametrize("leave", ["deactivate", "erase", "account"])
def test_who_leaves_has_no_calendar(app: Flask, cast: Cast, leave: str) -> None:
    path = link_of(cast.sam)
    with app.app_context():
        if leave == "deactivate":
            leaving.deactivate(cast.ada.actor, user_id=cast.sam.id)
        elif leave == "erase":
            leaving.erase(cast.ada.actor, user_id=cast.sam.id, typed_name=cast.sam.name)
        else:
            deactivate(cast.ada.actor, user_id=cast.sam.id)
    assert cast.stranger.get(path).status_code == 404
    if leave != "account":
        with app.app_context():
            assert db.session.execute(db.select(CalendarLink)).first() is None


def test_nobody_guesses_or_bends_a_link(cast: Cast) -> None:
    path = link_of(cast.sam)
    bent = [
        path.upper(),
        path.replace(".ics", "A.ics"),
        path.replace(".ics", ""),
        "/calendar/.ics",
        "/calendar/x.ics",
    ]
    bent += [f"/calendar/{'a' * 5000}.ics", "/calendar/%00.ics"]
    assert {cast.stranger.get(other).status_code for other in bent} == {404}


def test_programs_that_ask_again_get_304(app: Flask, cast: Cast) -> None:
    joined(app, cast, cast.sam)
    path = link_of(cast.sam)
    answer = cast.stranger.get(path)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = cast.stranger.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_line_breaks_in_words_stay_words(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada, title="Flood", place_name="A\r\nATTENDEE:mailto:x@y.example")
    with app.app_context():
        volunteers.join(cast.sam.actor, event_id=event)
    [entry] = entries(cast, link_of(cast.sam))
    assert "ATTENDEE" not in entry
    assert "ATTENDEE:mailto:x@y.example" in entry["LOCATION"]


def test_the_address_of_the_installation_is_in_the_link(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, public_url="https://help.example"))
    cast = Cast(app)
    page = cast.sam.post("/me/calendar").get_data(as_text=True)
    assert 'value="https://help.example/calendar/' in page
    path = page.split('value="https://help.example')[1].split('"')[0]
    joined(app, cast, cast.sam)
    [entry] = entries(cast, path)
    assert entry["UID"].endswith("@help.example")
    assert entry["URL"] == "https://help.example/now"
    dispose(app)


def test_only_the_newest_are_in_it(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    path = link_of(cast.sam)
    with app.app_context():
        for _ in range(3):
            row = volunteers.join(cast.sam.actor, event_id=event)
            volunteers.cancel(cast.sam.actor, assignment_id=row.id)
        assert len(db.session.execute(db.select(Assignment)).all()) == 3
    assert [entry["STATUS"] for entry in entries(cast, path)] == ["CANCELLED"] * 3
