"""One person is checked in at one event at a time, where the installation wants it so; under any race."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.people import Cast
from tests.volunteers.conftest import Field, one_command, step, words
from webapp.volunteers.models import PRESENT


@pytest.fixture
def two_allowed(app: Flask) -> None:
    """An installation where people may be checked in at several events."""
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"one_event_at_a_time": False})


def test_a_second_check_in_is_refused_and_names_the_first(cast: Cast, field: Field) -> None:
    school, dam = field.event("School"), field.event("Dam")
    there, wanted = field.present(cast.sam, school), field.accepted(cast.sam, dam)
    answer = step(cast.sam, wanted, "check_in")
    assert answer.status_code == 409
    assert "You are checked in at “School”. Check out there first." in words(answer)
    assert f'action="/assignments/{there}/check_out"' in answer.get_data(as_text=True)
    assert (field.status(there), field.status(wanted)) == ("checked_in", "accepted")
    assert (field.people(school), field.people(dam)) == ((1, 1), (1, 0))


def test_a_coordinator_is_told_of_whom(cast: Cast, field: Field) -> None:
    field.present(cast.sam, field.event("School"))
    wanted = field.accepted(cast.sam, field.event("Dam"))
    answer = step(cast.vic, wanted, "check_in")
    assert answer.status_code == 409
    assert "Sam is checked in at “School”. Check out there first." in words(answer)


def test_joining_and_checking_in_at_once_is_refused_whole(cast: Cast, field: Field) -> None:
    field.present(cast.sam, field.event("School"))
    dam = field.event("Dam")
    answer = cast.sam.post(f"/events/{dam}/join", {"check_in": "1"})
    assert answer.status_code == 409
    assert "You are checked in at “School”." in words(answer)
    assert field.of(cast.sam, dam) == []


def test_out_of_contact_is_still_there(cast: Cast, field: Field) -> None:
    there = field.present(cast.sam, field.event("School"))
    step(cast.vic, there, "no_contact")
    wanted = field.accepted(cast.sam, field.event("Dam"))
    assert step(cast.sam, wanted, "check_in").status_code == 409
    assert step(cast.sam, there, "check_in").status_code == 303


def test_after_checking_out_there_the_very_same_button_works(cast: Cast, field: Field) -> None:
    there = field.present(cast.sam, field.event("School"))
    wanted, form = field.accepted(cast.sam, field.event("Dam")), one_command()
    assert step(cast.sam, wanted, "check_in", **form).status_code == 409
    step(cast.sam, there, "check_out")
    assert step(cast.sam, wanted, "check_in", **form).status_code == 303
    assert field.status(wanted) == "checked_in"


def test_another_person_is_not_in_the_way(cast: Cast, field: Field) -> None:
    school, dam = field.event("School"), field.event("Dam")
    field.present(cast.sam, school)
    assert step(cast.sue, field.accepted(cast.sue, dam), "check_in").status_code == 303


@both_databases
def test_of_two_check_ins_at_once_one_holds_and_the_other_is_refused_in_words(
    cast: Cast, field: Field
) -> None:
    token, cookie = cast.sam.csrf, cast.sam.client.get_cookie("mayday")
    assert cookie is not None

    def tap(assignment: int) -> tuple[int, str]:
        client = field.app.test_client()
        client.set_cookie("mayday", cookie.value)
        form = one_command() | {"csrf_token": token}
        answer = client.post(f"/assignments/{assignment}/check_in", data=form)
        return answer.status_code, words(answer)

    for _round in range(3):
        events = [field.event(title) for title in ("School", "Dam")]
        wanted = [field.accepted(cast.sam, event) for event in events]
        with ThreadPoolExecutor(2) as taps:
            answers = sorted(taps.map(tap, wanted))
        assert [status for status, _ in answers] == [303, 409]
        assert "Check out there first." in answers[1][1]
        assert sorted(field.status(one) for one in wanted) == ["accepted", "checked_in"]
        assert sum(field.people(event)[1] for event in events) == 1
        for one in wanted:
            step(cast.vic, one, "cancel")


@pytest.mark.usefixtures("two_allowed")
def test_where_the_installation_allows_it_a_person_is_at_two_events(cast: Cast, field: Field) -> None:
    events = [field.event("School"), field.event("Dam")]
    there = [field.accepted(cast.sam, event) for event in events]
    assert [step(cast.sam, one, "check_in").status_code for one in there] == [303, 303]
    assert all(field.row(one).status in PRESENT for one in there)
    assert [field.people(event) for event in events] == [(1, 1), (1, 1)]
    step(cast.sam, there[0], "check_out")
    assert field.person_status(cast.sam) == "assigned"
    assert field.status(there[1]) == "checked_in"
