"""Hours are true elapsed time from check-in to check-out: per event, in all, and today."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from tests.people import Cast, Person
from tests.volunteers.conftest import Field, step, words
from webapp.volunteers import queries, roster, service

COPENHAGEN = "Europe/Copenhagen"


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def field(cast: Cast, app: Flask) -> Field:
    """The field of an installation in Copenhagen, where the clocks change in March and October."""
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"time_zone": COPENHAGEN})
    return Field(app, cast)


def stay(field: Field, event: int, arrives: str, leaves: str) -> int:
    """Sam is at the event from one moment to another."""
    with time_machine.travel(at(arrives), tick=False):
        there = field.present(field.cast.sam, event)
    with time_machine.travel(at(leaves), tick=False):
        field.do(service.check_out, field.cast.sam, there)
    return there


def history(field: Field, person: Person) -> queries.History:
    """What was worked, up to now."""
    with field.app.app_context():
        return queries.history(person.id)


def today(field: Field, person: Person) -> timedelta:
    """The hours of finished stays since midnight, as the roster shows them."""
    with field.app.test_request_context():
        return roster.person(person.id).finished_today


@pytest.mark.parametrize(
    ("arrives", "leaves", "shown", "elapsed"),
    [
        ("2026-06-01 09:00", "2026-06-01 11:05", "2 h 05 min", timedelta(hours=2, minutes=5)),
        ("2026-06-01 20:30", "2026-06-02 03:00", "6 h 30 min", timedelta(hours=6, minutes=30)),
        # 00:00 to 06:00 on the wall: five hours when the clocks go forward, seven when they go back.
        ("2026-03-28 23:00", "2026-03-29 04:00", "5 h 00 min", timedelta(hours=5)),
        ("2026-10-24 22:00", "2026-10-25 05:00", "7 h 00 min", timedelta(hours=7)),
        ("2026-06-01 09:00", "2026-06-01 09:00", "0 min", timedelta()),
        ("2026-06-01 09:00", "2026-06-04 10:00", "73 h 00 min", timedelta(hours=73)),
    ],
)
def test_a_stay_counts_what_truly_passed(
    cast: Cast, field: Field, arrives: str, leaves: str, shown: str, elapsed: timedelta
) -> None:
    event = field.event()
    stay(field, event, arrives, leaves)
    worked = history(field, cast.sam)
    assert (worked.total, worked.per_event) == (elapsed, {event: elapsed})
    assert f"Hours in all {shown}" in words(cast.vic.get(f"/people/{cast.sam.id}"))


def test_stays_add_up_per_event_and_in_all(cast: Cast, field: Field) -> None:
    school, dam = field.event("School"), field.event("Dam")
    stay(field, school, "2026-06-01 09:00", "2026-06-01 11:00")
    stay(field, dam, "2026-06-01 12:00", "2026-06-01 12:45")
    stay(field, school, "2026-06-02 09:00", "2026-06-02 10:30")
    worked = history(field, cast.sam)
    assert worked.per_event == {
        school: timedelta(hours=3, minutes=30),
        dam: timedelta(minutes=45),
    }
    assert worked.total == timedelta(hours=4, minutes=15)
    assert [s.event_id for s in worked.stays] == [school, dam, school]


def test_who_is_still_there_counts_up_to_now_and_lost_contact_does_not_stop_it(
    cast: Cast, field: Field
) -> None:
    event = field.event()
    with time_machine.travel(at("2026-06-01 09:00"), tick=False):
        there = field.present(cast.sam, event)
    with time_machine.travel(at("2026-06-01 10:00"), tick=False):
        field.do(service.mark_no_contact, cast.vic, there)
    with time_machine.travel(at("2026-06-01 11:30"), tick=False):
        assert history(field, cast.sam).total == timedelta(hours=2, minutes=30)
        field.do(service.check_in, cast.sam, there)
    with time_machine.travel(at("2026-06-01 12:00"), tick=False):
        field.do(service.check_out, cast.sam, there)
    assert history(field, cast.sam).total == timedelta(hours=3)


def test_who_never_came_has_no_hours(cast: Cast, field: Field) -> None:
    for state in ("offered", "requested", "accepted", "declined", "cancelled"):
        field.there(state, cast.sam)
    assert history(field, cast.sam).total == timedelta()


def test_hours_end_with_the_event_and_when_called_off(cast: Cast, field: Field) -> None:
    closed, called_off = field.event(), field.event()
    with time_machine.travel(at("2026-06-01 09:00"), tick=False):
        field.present(cast.sam, closed)
        off = field.present(cast.sue, called_off)
    with time_machine.travel(at("2026-06-01 10:15"), tick=False):
        field.close(closed)
        field.do(service.cancel, cast.vic, off)
    for person in (cast.sam, cast.sue):
        assert history(field, person).total == timedelta(hours=1, minutes=15)


def test_today_begins_at_the_viewers_midnight(cast: Cast, field: Field) -> None:
    # From 22:00 to 02:00 in Copenhagen (UTC+2).
    stay(field, field.event(), "2026-06-01 20:00", "2026-06-02 00:00")
    with time_machine.travel(at("2026-06-02 08:00"), tick=False):
        assert today(field, cast.sam) == timedelta(hours=2)
    with time_machine.travel(at("2026-06-02 22:30"), tick=False):
        assert today(field, cast.sam) == timedelta()


def test_today_on_the_day_of_25_hours(cast: Cast, field: Field) -> None:
    # From 23:00 the evening before to 06:00; midnight was at 22:00 UTC, the clocks went back at 01:00 UTC.
    stay(field, field.event(), "2026-10-24 21:00", "2026-10-25 05:00")
    with time_machine.travel(at("2026-10-25 08:00"), tick=False):
        assert today(field, cast.sam) == timedelta(hours=7)


def test_the_moment_of_arrival_is_shown_in_the_installations_zone(cast: Cast, field: Field) -> None:
    event = field.event()
    with time_machine.travel(at("2026-06-01 09:07"), tick=False):
        nia = cast.person("Nia Volunteer")
        step(nia, field.accepted(nia, event), "check_in")
        page = nia.get("/now")
    assert "11:07" in words(page)
    assert "2026-06-01T09:07" in page.get_data(as_text=True)
