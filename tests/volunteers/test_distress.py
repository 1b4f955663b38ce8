"""Rules of a call for help: heard at once, never swallowed, never twice for one frightened double tap."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.conftest import both_databases
from tests.people import Cast
from tests.volunteers.conftest import Field, one_command, words
from webapp.extensions import db
from webapp.journal import JournalEntry


def calls(field: Field) -> list[tuple[int | None, int | None, dict[str, Any]]]:
    """Who called, from which event, with what is told."""
    with field.app.app_context():
        statement = db.select(JournalEntry).where(JournalEntry.verb == "assignment.distress")
        entries = db.session.execute(statement.order_by(JournalEntry.seq)).scalars()
        return [(entry.user_id, entry.event_id, entry.facts) for entry in entries]


def test_coordinators_are_told_who_and_where(cast: Cast, field: Field) -> None:
    event = field.event(place_name="Mill Street")
    field.present(cast.sam, event)
    answer = cast.sam.post("/now/help", follow_redirects=True)
    assert "The coordinators were told" in words(answer)
    assert "112 or 911" in words(answer)
    ((who, where, told),) = calls(field)
    assert (who, where) == (cast.sam.id, event)
    assert (told["person"], told["title"], told["place"]) == ("Sam", "Cellar flooded", "Mill Street")
    assert "@" not in str(told)
    for path in ("/people", f"/people/{cast.sam.id}"):
        assert "Asked for help" in words(cast.vic.get(path))
    assert "Sam" in words(cast.vic.get("/board"))


@pytest.mark.parametrize("who", ["sam", "vic", "ada"])
def test_anybody_may_call_also_from_no_event(cast: Cast, field: Field, who: str) -> None:
    person = getattr(cast, who)
    assert person.post("/now/help").status_code == 303
    assert [call[:2] for call in calls(field)] == [(person.id, None)]


def test_a_stranger_calls_nobody(cast: Cast, field: Field) -> None:
    assert cast.stranger.post("/now/help").status_code == 403
    assert cast.stranger.get("/now/help").status_code == 302
    assert calls(field) == []


def test_nobody_calls_in_anothers_name(cast: Cast, field: Field) -> None:
    cast.sam.post("/now/help", {"user_id": str(cast.sue.id)})
    assert [who for who, _, _ in calls(field)] == [cast.sam.id]


def test_looking_at_the_page_calls_nobody(cast: Cast, field: Field) -> None:
    assert "You have not called for help" in words(cast.sam.get("/now/help"))
    assert cast.sam.client.put("/now/help").status_code == 405
    assert calls(field) == []


def test_frightened_taps_are_one_call_and_the_same_answer(cast: Cast, field: Field) -> None:
    form = one_command()
    answers = [cast.sam.post("/now/help", sent) for sent in (form, form, one_command())]
    assert [(a.status_code, a.location) for a in answers] == [(303, "/now/help")] * 3
    assert len(calls(field)) == 1


@both_databases
def test_taps_at_the_same_moment_are_one_call(cast: Cast, field: Field) -> None:
    token, cookie = cast.sam.csrf, cast.sam.client.get_cookie("mayday")
    assert cookie is not None

    def tap(_number: int) -> int:
        client = field.app.test_client()
        client.set_cookie("mayday", cookie.value)
        return client.post("/now/help", data=one_command() | {"csrf_token": token}).status_code

    with ThreadPoolExecutor(6) as taps:
        assert list(taps.map(tap, range(6))) == [303] * 6
    assert len(calls(field)) == 1


def test_a_later_call_is_never_taken_for_the_first_even_from_the_same_page(cast: Cast, field: Field) -> None:
    form, now = one_command(), datetime.now(UTC)
    cast.sam.post("/now/help", form)
    with time_machine.travel(now + timedelta(seconds=90), tick=False):
        assert cast.sam.post("/now/help", form).status_code == 303
    assert len(calls(field)) == 2


def test_another_persons_call_is_another_call(cast: Cast, field: Field) -> None:
    cast.sam.post("/now/help")
    cast.sue.post("/now/help")
    assert [who for who, _, _ in calls(field)] == [cast.sam.id, cast.sue.id]


def test_it_stays_beside_the_name_for_half_a_day(cast: Cast, field: Field) -> None:
    now = datetime.now(UTC)
    cast.sam.post("/now/help")
    with time_machine.travel(now + timedelta(hours=11), tick=False):
        assert "Asked for help" in words(cast.vic.get("/people"))
    with time_machine.travel(now + timedelta(hours=13), tick=False):
        assert "Asked for help" not in words(cast.vic.get("/people"))
    assert len(calls(field)) == 1


def test_a_damaged_form_is_a_call_all_the_same(cast: Cast, field: Field) -> None:
    answer = cast.sam.post("/now/help", {"command_id": "x" * 500, "version": "-1"}, follow_redirects=True)
    assert "The coordinators were told" in words(answer)
    assert [who for who, _, _ in calls(field)] == [cast.sam.id]
