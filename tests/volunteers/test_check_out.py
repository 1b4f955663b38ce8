"""Rules of leaving: the moment is kept, the person is free, the past stays."""

from tests.people import Cast
from tests.volunteers.conftest import Field, step, words


def test_the_persons_page_offers_it_and_then_events_to_go_to(cast: Cast, field: Field) -> None:
    event, here = field.there("checked_in", cast.sam)
    assert f'action="/assignments/{here}/check_out"' in cast.sam.get("/now").get_data(as_text=True)
    step(cast.sam, here, "check_out")
    page = cast.sam.get("/now")
    assert "You are not on an event" in words(page)
    assert f'action="/events/{event}/join"' in page.get_data(as_text=True)


def test_the_moments_are_kept(cast: Cast, field: Field) -> None:
    _, here = field.there("checked_in", cast.sam)
    step(cast.sam, here, "check_out")
    row = field.row(here)
    assert row.checked_in_at is not None
    assert row.checked_out_at is not None
    assert row.checked_out_at >= row.checked_in_at
    assert row.ended_at == row.checked_out_at


def test_the_event_counts_down_once_also_after_lost_contact(cast: Cast, field: Field) -> None:
    event = field.event()
    ids = [field.present(person, event) for person in (cast.sam, cast.sue)]
    step(cast.vic, ids[0], "no_contact")
    assert field.people(event) == (2, 1)
    step(cast.sam, ids[0], "check_out")
    assert field.people(event) == (1, 1)
    step(cast.sue, ids[1], "check_out")
    assert field.people(event) == (0, 0)


def test_a_coordinator_goes_back_to_where_they_were(cast: Cast, field: Field) -> None:
    event, here = field.there("checked_in", cast.sam)
    assert step(cast.vic, here, "check_out", next=f"/events/{event}").location == f"/events/{event}"
