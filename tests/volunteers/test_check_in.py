"""Rules of arriving: said yes first, counted once, heard of again after lost contact."""

from tests.people import Cast
from tests.volunteers.conftest import Field, step, words


def test_the_persons_page_offers_it_and_then_says_so(cast: Cast, field: Field) -> None:
    event = field.event()
    expected = field.accepted(cast.sam, event)
    assert f'action="/assignments/{expected}/check_in"' in cast.sam.get("/now").get_data(as_text=True)
    assert step(cast.sam, expected, "check_in").location == "/now"
    page = words(cast.sam.get("/now"))
    assert "You are checked in" in page
    assert "you are the first here" in page
    assert field.people(event) == (1, 1)


def test_the_first_check_in_is_kept_when_contact_was_lost_and_found(cast: Cast, field: Field) -> None:
    _, here = field.there("checked_in", cast.sam)
    arrived = field.row(here).checked_in_at
    assert arrived is not None
    step(cast.vic, here, "no_contact")
    step(cast.sam, here, "check_in")
    row = field.row(here)
    assert (row.status, row.checked_in_at, row.checked_out_at) == ("checked_in", arrived, None)


def test_who_was_asked_says_yes_before_arriving(cast: Cast, field: Field) -> None:
    _, asked = field.there("offered", cast.sam)
    answer = step(cast.sam, asked, "check_in")
    assert answer.status_code == 409
    assert "is offered and cannot become checked in. Possible now: accepted, " in words(answer)


def test_who_waits_for_approval_cannot_arrive(cast: Cast, field: Field) -> None:
    event, wanted = field.there("requested", cast.sam)
    assert step(cast.sam, wanted, "check_in").status_code == 409
    assert cast.sam.post(f"/events/{event}/join", {"check_in": "1"}).status_code == 303
    assert field.of(cast.sam, event) == ["requested"]


def test_the_others_count_who_is_there_without_themselves(cast: Cast, field: Field) -> None:
    event = field.event()
    field.present(cast.sam, event)
    field.present(cast.sue, event)
    assert field.people(event) == (2, 2)
    assert "with 1 more" in words(cast.sam.get("/now"))


def test_the_button_pressed_on_an_old_page_after_leaving_brings_nobody_back(cast: Cast, field: Field) -> None:
    _, gone = field.there("checked_out", cast.sam)
    answer = step(cast.sam, gone, "check_in")
    assert answer.status_code == 409
    assert "Possible now: nothing else." in words(answer)
    assert field.status(gone) == "checked_out"
