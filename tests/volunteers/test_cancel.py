"""Rules of calling off: coordinators any open assignment, people their own before they are there."""

import pytest

from tests.people import Cast
from tests.volunteers.conftest import Field, step, words

OPEN = ("offered", "requested", "accepted", "checked_in", "no_contact")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("offered", "You were asked to come. Answer no instead."),
        ("checked_in", "You are checked in. Check out instead, so that your hours count."),
        ("no_contact", "You are checked in. Check out instead, so that your hours count."),
    ],
)
def test_a_person_is_told_what_to_do_instead(cast: Cast, field: Field, state: str, said: str) -> None:
    event, assignment = field.there(state, cast.sam)
    before = field.verbs(event)
    answer = step(cast.sam, assignment, "cancel")
    assert answer.status_code == 409
    assert said in words(answer)
    assert field.status(assignment) == state
    assert field.verbs(event) == before


@pytest.mark.parametrize("state", OPEN)
def test_hours_that_were_worked_are_kept(cast: Cast, field: Field, state: str) -> None:
    _, assignment = field.there(state, cast.sam)
    step(cast.vic, assignment, "cancel")
    row = field.row(assignment)
    assert row.ended_at is not None
    assert (row.checked_out_at is not None) == (state in ("checked_in", "no_contact"))


def test_it_leaves_the_events_page_and_the_persons_page(cast: Cast, field: Field) -> None:
    event, assignment = field.there("accepted", cast.sam)
    assert f'id="assignment-{assignment}"' in cast.vic.get(f"/events/{event}").get_data(as_text=True)
    step(cast.vic, assignment, "cancel")
    assert f'id="assignment-{assignment}"' not in cast.vic.get(f"/events/{event}").get_data(as_text=True)
    assert "You are not on an event" in words(cast.sam.get("/now"))


@pytest.mark.parametrize(
    ("who", "state", "offered"),
    [("sam", "accepted", True), ("sam", "offered", False), ("vic", "checked_in", True)],
)
def test_the_panel_offers_only_what_is_possible(
    cast: Cast, field: Field, who: str, state: str, offered: bool
) -> None:
    _, assignment = field.there(state, cast.sam)
    page = getattr(cast, who).get(f"/assignments/{assignment}").get_data(as_text=True)
    assert (f'action="/assignments/{assignment}/cancel"' in page) is offered
