"""What every step of an assignment has in common: who may, from which state, once, and what follows."""

import pytest

from tests.people import Cast
from tests.volunteers.conftest import NO_ROW, STATES, Field, one_command, step, words
from webapp.volunteers.models import EXPECTED

OPEN = {"offered", "requested", "accepted", "checked_in", "no_contact"}
# Each step with the states that it starts from; a coordinator may take them all for anyone.
FROM = {
    "accept": {"offered"},
    "decline": {"offered", "requested"},
    "approve": {"requested"},
    "check_in": {"accepted", "no_contact"},
    "check_out": {"checked_in", "no_contact"},
    "no_contact": {"checked_in"},
    "cancel": OPEN,
}
BECOMES = {
    "accept": "accepted",
    "decline": "declined",
    "approve": "accepted",
    "check_in": "checked_in",
    "check_out": "checked_out",
    "no_contact": "no_contact",
    "cancel": "cancelled",
}
# What people do for themselves.
OWN = {
    ("accept", "offered"),
    ("decline", "offered"),
    ("check_in", "accepted"),
    ("check_in", "no_contact"),
    ("check_out", "checked_in"),
    ("check_out", "no_contact"),
    ("cancel", "requested"),
    ("cancel", "accepted"),
}
RIGHT = [(name, state) for name, states in FROM.items() for state in STATES if state in states]
# How a refusal goes on: with what can be done instead.
POSSIBLE = (
    "Possible now: ",
    "A coordinator has to approve this first",
    "was asked and answers themselves",
    "Ask a coordinator",
)
# One state for each step to start from.
START = {name: next(state for state in STATES if state in states) for name, states in FROM.items()}


@pytest.mark.parametrize(("name", "state"), RIGHT)
def test_a_coordinator_takes_it_for_anyone_and_the_numbers_follow(
    cast: Cast, field: Field, name: str, state: str
) -> None:
    event, assignment = field.there(state, cast.sam)
    before = field.verbs(event)
    answer = step(cast.vic, assignment, name)
    assert (answer.status_code, answer.location) == (303, f"/people/{cast.sam.id}")
    after = field.status(assignment)
    assert after == BECOMES[name]
    assert field.verbs(event) == [*before, f"assignment.{after}"]
    assert field.people(event) == (after in EXPECTED, after == "checked_in")
    assert field.person_status(cast.sam) == ("assigned" if after in EXPECTED else "available")


@pytest.mark.parametrize(("name", "state"), RIGHT)
def test_people_take_for_themselves_what_is_theirs(cast: Cast, field: Field, name: str, state: str) -> None:
    _, assignment = field.there(state, cast.sam)
    answer = step(cast.sam, assignment, name)
    if (name, state) in OWN:
        assert (answer.status_code, answer.location) == (303, "/now")
        assert field.status(assignment) == BECOMES[name]
    else:
        assert answer.status_code in (403, 409)
        assert field.status(assignment) == state


@pytest.mark.parametrize("name", FROM)
def test_an_authority_takes_it_too(cast: Cast, field: Field, name: str) -> None:
    _, assignment = field.there(START[name], cast.sam)
    assert step(cast.ada, assignment, name).status_code == 303
    assert field.status(assignment) == BECOMES[name]


@pytest.mark.parametrize("name", FROM)
def test_somebody_elses_looks_like_absence(cast: Cast, field: Field, name: str) -> None:
    event, assignment = field.there(START[name], cast.sam)
    before = field.verbs(event)
    assert step(cast.sue, assignment, name).status_code == 404
    assert cast.sue.get(f"/assignments/{assignment}").status_code == 404
    assert field.status(assignment) == START[name]
    assert field.verbs(event) == before


@pytest.mark.parametrize("name", FROM)
def test_a_stranger_changes_nothing(cast: Cast, field: Field, name: str) -> None:
    _, assignment = field.there(START[name], cast.sam)
    assert cast.stranger.post(f"/assignments/{assignment}/{name}").status_code == 403
    assert field.status(assignment) == START[name]


@pytest.mark.parametrize("state", STATES)
def test_from_another_state_it_is_refused_with_what_is_possible(cast: Cast, field: Field, state: str) -> None:
    event, assignment = field.there(state, cast.sam)
    before = field.verbs(event)
    for name in (name for name, states in FROM.items() if state not in states):
        for person in (cast.vic, cast.sam):
            answer = step(person, assignment, name)
            theirs = person is cast.sam and name in ("approve", "no_contact")
            assert answer.status_code == (403 if theirs else 409), name
            said = words(answer)
            assert any(phrase in said for phrase in POSSIBLE), said
    assert field.status(assignment) == state
    assert field.verbs(event) == before


@pytest.mark.parametrize("name", FROM)
def test_on_a_closed_event_nothing_moves(cast: Cast, field: Field, name: str) -> None:
    event, assignment = field.there(START[name], cast.sam)
    field.close(event)
    before, ended = field.verbs(event), field.status(assignment)
    answer = step(cast.vic, assignment, name)
    assert answer.status_code == 409
    assert "This event is closed. Nothing was changed." in words(answer)
    assert field.status(assignment) == ended
    assert field.verbs(event) == before


@pytest.mark.parametrize("number", NO_ROW)
def test_an_unknown_assignment_is_not_found(cast: Cast, number: str) -> None:
    for name in FROM:
        assert cast.vic.post(f"/assignments/{number}/{name}").status_code == 404
        assert cast.sam.post(f"/assignments/{number}/{name}").status_code == 404


def test_an_unknown_step_is_not_found(cast: Cast, field: Field) -> None:
    _, assignment = field.there("offered", cast.sam)
    for name in ("delete", "offered", "ACCEPT", "check-in", "accept/again"):
        assert step(cast.vic, assignment, name).status_code == 404
    assert field.status(assignment) == "offered"


def test_only_a_sent_form_takes_it(cast: Cast, field: Field) -> None:
    _, assignment = field.there("offered", cast.sam)
    for name in FROM:
        for method in (cast.vic.client.get, cast.vic.client.put, cast.vic.client.delete):
            assert method(f"/assignments/{assignment}/{name}").status_code == 405
    assert field.status(assignment) == "offered"


@pytest.mark.parametrize("name", FROM)
def test_a_double_tap_is_one_step_and_the_same_answer(cast: Cast, field: Field, name: str) -> None:
    event, assignment = field.there(START[name], cast.sam)
    before, form = field.verbs(event), one_command()
    answers = [step(cast.vic, assignment, name, **form) for _ in range(2)]
    assert [(a.status_code, a.location) for a in answers] == [(303, f"/people/{cast.sam.id}")] * 2
    assert field.verbs(event) == [*before, f"assignment.{BECOMES[name]}"]


@pytest.mark.parametrize("damaged", [{"command_id": "x"}, {"command_id": "é" * 400}, {"version": "1.5"}])
def test_a_damaged_form_is_refused(cast: Cast, field: Field, damaged: dict[str, str]) -> None:
    _, assignment = field.there("offered", cast.sam)
    for name in FROM:
        answer = step(cast.vic, assignment, name, **damaged)
        assert answer.status_code == 422
        assert "This form is damaged. Load the page again." in words(answer)
    assert field.status(assignment) == "offered"


def test_the_way_back_never_leads_elsewhere(cast: Cast, field: Field) -> None:
    for target in ("https://example.org/", "//example.org", "/\\example.org", "javascript:x"):
        _, assignment = field.there("offered", cast.sam)
        assert step(cast.sam, assignment, "accept", next=target).location == "/now"
