"""Rules of a welfare check that found nobody: coordinators say so, and it stands out until it is cleared."""

from tests.people import Cast
from tests.volunteers.conftest import Field, step, words


def test_a_volunteer_marks_nobody_not_even_themselves(cast: Cast, field: Field) -> None:
    event = field.event()
    sams, sues = field.present(cast.sam, event), field.present(cast.sue, event)
    assert step(cast.sam, sams, "no_contact").status_code == 403
    assert step(cast.sam, sues, "no_contact").status_code == 404
    assert (field.status(sams), field.status(sues)) == ("checked_in", "checked_in")


def test_the_person_stays_expected_but_is_not_counted_as_there(cast: Cast, field: Field) -> None:
    event, here = field.there("checked_in", cast.sam)
    step(cast.vic, here, "no_contact")
    assert field.people(event) == (1, 0)
    assert field.person_status(cast.sam) == "assigned"
    assert field.row(here).checked_out_at is None


def test_the_persons_page_asks_whether_they_are_well_and_yes_clears_it(cast: Cast, field: Field) -> None:
    event, here = field.there("no_contact", cast.sam)
    page = words(cast.sam.get("/now"))
    assert "We could not reach you" in page
    assert "I am here and well" in page
    step(cast.sam, here, "check_in")
    assert field.people(event) == (1, 1)
    assert "You are checked in" in words(cast.sam.get("/now"))


def test_they_come_first_on_the_events_page_and_have_a_filter_in_the_roster(cast: Cast, field: Field) -> None:
    event = field.event()
    field.present(cast.sue, event)
    lost = field.present(cast.sam, event)
    step(cast.vic, lost, "no_contact")
    page = cast.vic.get(f"/events/{event}").get_data(as_text=True)
    assert page.index(">Sam Volunteer<") < page.index(">Sue Volunteer<")
    roster = cast.vic.get("/people?state=no_contact").get_data(as_text=True)
    assert f'id="person-{cast.sam.id}"' in roster
    assert f'id="person-{cast.sue.id}"' not in roster
