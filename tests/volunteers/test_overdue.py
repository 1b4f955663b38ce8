"""Rules of a forgotten check-out: it is asked about, counted no further, and set right with a reason."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from tests.api.caller import Programs
from tests.conftest import both_databases
from tests.people import Cast, Person
from tests.volunteers.conftest import Field, step, words
from webapp.accounts import own_data
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.settings import Settings
from webapp.volunteers import hours, queries, roster, times
from webapp.volunteers.models import Assignment

# Of tomorrow: the people of these tests signed in now, and nobody is signed in before that.
ARRIVED = (datetime.now(UTC) + timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
SPAN = timedelta(hours=12)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The time of this test, which stands still until it is moved."""
    with time_machine.travel(ARRIVED, tick=False) as moved:
        yield moved


def look(field: Field) -> int:
    """What the worker does every minute."""
    with field.app.app_context():
        settings: Settings = field.app.config["SETTINGS"]
        return times.tell_overdue(settings)


def typed(moment: datetime) -> str:
    """A moment as the form has it, in UTC."""
    return f"{moment:%Y-%m-%dT%H:%M}"


def worked(field: Field, person: Person) -> set[timedelta]:
    """The person's hours as every door counts them."""
    with field.app.test_request_context():
        history = queries.history(person.id)
        found = {own_data.hours_so_far(person.id), hours.in_all(person.id), history.total}
        return found | {sum((stay.length(datetime.now(UTC)) for stay in history.stays), timedelta())}


@both_databases
def test_after_its_time_person_and_coordinators_are_asked_once(
    cast: Cast, field: Field, clock: time_machine.Traveller
) -> None:
    event = field.event()
    here = field.present(cast.sam, event)
    clock.move_to(ARRIVED + SPAN - timedelta(minutes=1))
    assert look(field) == 0
    assert "Are you still there?" not in words(cast.sam.get("/now"))
    clock.move_to(ARRIVED + SPAN + timedelta(minutes=1))
    asked = words(cast.sam.get("/now"))
    assert "Are you still there?" in asked
    assert "Yes, I am still here" in asked
    assert "I left at …" in asked
    for page in ("/people?state=overdue", f"/events/{event}", f"/people/{cast.sam.id}"):
        assert "Still there?" in words(cast.vic.get(page)), page
    assert [look(field), look(field)] == [1, 0]
    assert "1 still there?" in words(cast.vic.get("/board"))
    assert "asks whether Sam is still there" in words(cast.vic.get("/board"))
    assert "Is Sam still there?" in words(cast.vic.get(f"/assignments/{here}"))


@pytest.mark.parametrize("who", ["sam", "vic"])
def test_yes_is_one_tap_and_asked_again_after_another_span(
    cast: Cast, field: Field, clock: time_machine.Traveller, who: str
) -> None:
    here = field.present(cast.sam, field.event())
    clock.move_to(ARRIVED + SPAN * 2)
    look(field)
    assert step(getattr(cast, who), here, "still_there").status_code == 303
    assert "Are you still there?" not in words(cast.sam.get("/now"))
    assert "still there?" not in words(cast.vic.get("/board"))
    assert worked(field, cast.sam) == {SPAN * 2}
    clock.move_to(ARRIVED + SPAN * 3 + timedelta(minutes=1))
    assert "Are you still there?" in words(cast.sam.get("/now"))
    assert look(field) == 1


def test_only_the_person_and_coordinators_answer(cast: Cast, field: Field) -> None:
    _, here = field.there("checked_in", cast.sam)
    _, away = field.there("accepted", cast.sue)
    assert step(cast.sue, here, "still_there").status_code == 404
    assert step(cast.sue, away, "still_there").status_code == 409


def test_what_nobody_confirmed_counts_no_further_everywhere(
    cast: Cast, field: Field, clock: time_machine.Traveller
) -> None:
    event = field.event()
    field.present(cast.sam, event)
    clock.move_to(ARRIVED + timedelta(hours=74))
    assert worked(field, cast.sam) == {SPAN}
    field.close(event)
    assert worked(field, cast.sam) == {SPAN}
    assert field.row(field.only(cast.sam, event)).checked_out_at == ARRIVED + SPAN


def test_many_presences_count_all(cast: Cast, field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of a person's assignments is bounded, the sum is not."""
    monkeypatch.setattr(queries, "MOST_STAYS", 1)
    for _ in range(3):
        with time_machine.travel(ARRIVED, tick=False) as moved:
            here = field.present(cast.sam, field.event())
            moved.shift(timedelta(hours=2))
            step(cast.sam, here, "check_out")
    with field.app.app_context():
        assert queries.history(cast.sam.id).total == hours.in_all(cast.sam.id) == timedelta(hours=6)


def test_who_forgot_says_when_they_left(cast: Cast, field: Field, clock: time_machine.Traveller) -> None:
    here = field.present(cast.sam, field.event())
    clock.move_to(ARRIVED + timedelta(hours=74))
    asked = cast.sam.get(f"/assignments/{here}/leave").get_data(as_text=True)
    assert f'value="{typed(ARRIVED + timedelta(hours=74))}"' in asked
    left = ARRIVED + timedelta(hours=8)
    for wrong, said in (
        (typed(ARRIVED - timedelta(minutes=1)), "before the check-in"),
        (typed(ARRIVED + timedelta(hours=75)), "still to come"),
        ("yesterday", "Write a date and a time"),
    ):
        refused = step(cast.sam, here, "leave", left_at=wrong)
        assert refused.status_code == 422
        assert said in words(refused)
        assert f'value="{wrong}"' in refused.get_data(as_text=True)
    assert step(cast.sam, here, "leave", left_at=typed(left)).status_code == 303
    assert (field.status(here), field.row(here).checked_out_at) == ("checked_out", left)
    assert worked(field, cast.sam) == {timedelta(hours=8)}
    assert step(cast.sam, here, "leave", left_at=typed(left)).status_code == 409


def test_leaving_in_the_minute_of_the_arrival_and_without_a_time(
    cast: Cast, field: Field, clock: time_machine.Traveller
) -> None:
    clock.move_to(ARRIVED + timedelta(seconds=30))
    first, second = field.present(cast.sam, field.event()), field.present(cast.sue, field.event("Mill"))
    clock.shift(timedelta(seconds=10))
    assert step(cast.sam, first, "leave", left_at=typed(ARRIVED)).status_code == 303
    assert step(cast.sue, second, "leave", left_at="").status_code == 303
    assert worked(field, cast.sam) == {timedelta()}
    assert worked(field, cast.sue) == {timedelta(seconds=10)}


@both_databases
def test_a_coordinator_sets_both_times_right_and_the_person_reads_why(
    cast: Cast, field: Field, clock: time_machine.Traveller
) -> None:
    event = field.event()
    here = field.present(cast.sam, event)
    clock.shift(timedelta(hours=30))
    step(cast.sam, here, "check_out")
    field.close(event)
    came, left = ARRIVED + timedelta(hours=1), ARRIVED + timedelta(hours=9)
    times_of = {"checked_in_at": typed(came), "checked_out_at": typed(left), "reason": "Took the last bus"}
    version = str(field.row(here).version)
    answer = step(cast.vic, here, "times", version=version, **times_of)
    assert answer.status_code == 303, words(answer)
    row = field.row(here)
    assert (row.checked_in_at, row.checked_out_at) == (came, left)
    assert worked(field, cast.sam) == {timedelta(hours=8)}
    with field.app.app_context():
        entry = db.session.execute(
            db.select(JournalEntry).where(JournalEntry.verb == "assignment.corrected")
        ).scalar_one()
        assert entry.user_id == cast.sam.id
        assert entry.facts["reason"] == "Took the last bus"
        assert set(entry.changes) >= {"checked_in_at", "checked_out_at"}
    assert "Took the last bus" in words(cast.sam.get("/now"))


def test_a_correction_that_cannot_be_is_refused_in_words(
    cast: Cast, field: Field, clock: time_machine.Traveller
) -> None:
    first = field.present(cast.sam, field.event("Mill"))
    clock.shift(timedelta(hours=4))
    step(cast.sam, first, "check_out")
    second = field.present(cast.sam, field.event("School"))
    clock.shift(timedelta(hours=4))
    step(cast.sam, second, "check_out")
    good = {
        "checked_in_at": typed(ARRIVED + timedelta(hours=4)),
        "checked_out_at": typed(ARRIVED + timedelta(hours=7)),
        "reason": "Why not",
    }
    for change, status, said in (
        ({"reason": " "}, 422, "Say why"),
        ({"reason": "x" * 301}, 422, "300"),
        ({"checked_in_at": ""}, 422, "when the person came"),
        ({"checked_out_at": ""}, 422, "when the person left"),
        ({"checked_out_at": typed(ARRIVED)}, 422, "before the check-in"),
        ({"checked_out_at": typed(ARRIVED + timedelta(days=2))}, 422, "still to come"),
        ({"checked_in_at": typed(ARRIVED + timedelta(hours=2))}, 409, "Sam was at “Mill” from"),
    ):
        version = str(field.row(second).version)
        refused = step(cast.vic, second, "times", version=version, **(good | change))
        assert (refused.status_code, change) == (status, change), words(refused)
        assert said in words(refused)
    stale = step(cast.vic, second, "times", version="1", **good)
    assert stale.status_code == 409
    _, expected = field.there("accepted", cast.sue)
    assert cast.vic.get(f"/assignments/{expected}/times").status_code == 409
    for stranger in (cast.sam, cast.sue):
        assert stranger.get(f"/assignments/{second}/times").status_code in (403, 404)


def test_the_form_sent_back_unchanged_changes_no_time(
    cast: Cast, field: Field, clock: time_machine.Traveller
) -> None:
    clock.move_to(ARRIVED + timedelta(seconds=31, microseconds=7))
    here = field.present(cast.sam, field.event())
    clock.shift(timedelta(hours=1, seconds=3))
    step(cast.sam, here, "check_out")
    before = field.row(here)
    html = cast.vic.get(f"/assignments/{here}/times").get_data(as_text=True)
    form = dict(re.findall(r'<input[^>]*?name="(\w+)"[^>]*?value="([^"]*)"', html))
    form |= {n: v for v, n in re.findall(r'<input[^>]*?value="([^"]*)"[^>]*?name="(\w+)"', html)}
    answer = cast.vic.post(f"/assignments/{here}/times", form | {"reason": "Only a look"})
    assert answer.status_code == 303, words(answer)
    after = field.row(here)
    assert (after.checked_in_at, after.checked_out_at) == (before.checked_in_at, before.checked_out_at)


def test_of_a_presence_that_goes_on_the_arrival_is_corrected(
    cast: Cast, field: Field, clock: time_machine.Traveller
) -> None:
    here = field.present(cast.sam, field.event())
    clock.shift(timedelta(hours=2))
    version = str(field.row(here).version)
    came = typed(ARRIVED - timedelta(hours=3))
    answer = step(cast.vic, here, "times", version=version, checked_in_at=came, reason="Was here before")
    assert answer.status_code == 303
    assert field.row(here).checked_out_at is None
    assert worked(field, cast.sam) == {timedelta(hours=5)}


@both_databases
def test_programs_do_the_same(programs: Programs) -> None:
    field = Field(programs.app, programs.cast)
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=20), tick=False):
        here = field.present(programs.cast.sam, field.event())
    path = f"/assignments/{here}"
    assert programs.sam.get(path).json["overdue"] is True
    assert programs.sam.post(f"{path}/still-there").json["overdue"] is False
    assert programs.sue.post(f"{path}/still-there").status_code == 404
    came = datetime.fromisoformat(programs.sam.get(path).json["checked_in_at"])
    early = {"left_at": (came - timedelta(hours=1)).isoformat()}
    assert programs.sam.post(f"{path}/check-out", early).status_code == 422
    left = came + timedelta(hours=3)
    gone = programs.sam.post(f"{path}/check-out", {"left_at": left.isoformat()})
    assert datetime.fromisoformat(gone.json["checked_out_at"]) == left
    right = {"checked_in_at": came.isoformat(), "checked_out_at": (left - timedelta(hours=1)).isoformat()}
    refused = programs.vic.patch(f"{path}/times", right, seen=programs.vic.get(path).headers["ETag"])
    assert (refused.status_code, refused.json["data"]["errors"][0]["field"]) == (422, "reason")
    etag = programs.vic.get(path).headers["ETag"]
    said = right | {"reason": "Wrong by an hour"}
    assert programs.vic.patch(f"{path}/times", said, seen=etag).status_code == 200
    assert programs.vic.patch(f"{path}/times", said, seen=etag).status_code == 412
    assert programs.sam.patch(f"{path}/times", said, seen=etag).status_code == 403
    assert programs.sam.get("/stats/me").json["seconds"] == 2 * 3600


def test_the_roster_counts_today_by_the_same_rule(
    app: Flask, cast: Cast, field: Field, clock: time_machine.Traveller
) -> None:
    here = field.present(cast.sam, field.event())
    clock.shift(timedelta(hours=3))
    step(cast.sam, here, "check_out")
    with app.test_request_context():
        assert roster.person(cast.sam.id).finished_today == timedelta(hours=3)
        row = db.session.get_one(Assignment, here)
        assert hours.presence(row).worked(datetime.now(UTC)) == timedelta(hours=3)
