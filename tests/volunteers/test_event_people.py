"""Who sees whom on an event's page: coordinators all, people on it first names, others nobody."""

import pytest

from tests.people import Cast
from tests.volunteers.conftest import Field, step


def page_of(cast: Cast, who: str, event: int) -> str:
    """The event's page as this person gets it."""
    page: str = getattr(cast, who).get(f"/events/{event}").get_data(as_text=True)
    return page


def test_a_volunteer_on_it_sees_first_names_and_tasks_and_no_more(cast: Cast, field: Field) -> None:
    event = field.event()
    field.present(cast.sam, event)
    asked = field.offered(cast.sue, event, task="Carry bags")
    step(cast.sue, asked, "accept")
    page = page_of(cast, "sam", event)
    assert f'id="assignment-{asked}"' in page
    assert ">Sue<" in page
    assert "Carry bags" in page
    assert "Sue Volunteer" not in page
    assert f"/people/{cast.sue.id}" not in page


def test_a_volunteer_not_on_it_sees_nobody(cast: Cast, field: Field) -> None:
    event = field.event()
    there = field.present(cast.sue, event)
    page = page_of(cast, "sam", event)
    assert f'id="assignment-{there}"' not in page
    assert "Sue" not in page


@pytest.mark.parametrize("state", ["offered", "requested", "declined", "cancelled", "checked_out"])
def test_who_has_not_said_yes_or_has_left_sees_nobody(cast: Cast, field: Field, state: str) -> None:
    event, _ = field.there(state, cast.sam)
    there = field.accepted(cast.vera, event)
    assert f'id="assignment-{there}"' not in page_of(cast, "sam", event)


def test_who_is_only_asked_or_waits_is_seen_by_coordinators_alone(cast: Cast, field: Field) -> None:
    event = field.event(needs_approval=True)
    asked = field.offered(cast.vera, event)
    waits = field.accepted(cast.sue, event)
    mine = field.accepted(cast.sam, event)
    step(cast.vic, mine, "approve")
    whole, mine_only = page_of(cast, "vic", event), page_of(cast, "sam", event)
    for assignment in (asked, waits):
        assert f'id="assignment-{assignment}"' in whole
        assert f'id="assignment-{assignment}"' not in mine_only
    assert "Sue Volunteer" in whole
    assert f'id="assignment-{mine}"' in mine_only


def test_who_declined_or_was_called_off_is_on_nobodys_page(cast: Cast, field: Field) -> None:
    for state in ("declined", "cancelled"):
        event, gone = field.there(state, cast.sam)
        assert f'id="assignment-{gone}"' not in page_of(cast, "vic", event)
