"""Rules of answers: the person asked says yes or no; who wants to join waits for a coordinator."""

import pytest

from tests.people import Cast
from tests.volunteers.conftest import Field, step, words
from webapp.accounts import service as accounts
from webapp.accounts.models import UserStatus
from webapp.extensions import db
from webapp.journal import JournalEntry


@pytest.mark.parametrize("name", ["accept", "decline"])
def test_the_page_of_the_person_asked_offers_both_answers(cast: Cast, field: Field, name: str) -> None:
    _, asked = field.there("offered", cast.sam)
    page = cast.sam.get("/now").get_data(as_text=True)
    assert f'action="/assignments/{asked}/{name}"' in page
    answer = cast.sam.post(f"/assignments/{asked}/{name}", follow_redirects=True)
    said = {"accept": "Thank you. You are expected.", "decline": "Answered no."}[name]
    assert said in words(answer)


def test_saying_yes_keeps_the_moment_and_the_task(cast: Cast, field: Field) -> None:
    event = field.event()
    asked = field.offered(cast.sam, event, task="Carry bags")
    assert field.row(asked).accepted_at is None
    step(cast.sam, asked, "accept")
    row = field.row(asked)
    assert row.accepted_at is not None
    assert (row.task, row.ended_at) == ("Carry bags", None)


def test_saying_no_ends_it_and_another_may_not_be_said_yes_to(cast: Cast, field: Field) -> None:
    _, asked = field.there("offered", cast.sam)
    step(cast.sam, asked, "decline")
    assert field.row(asked).ended_at is not None
    answer = step(cast.sam, asked, "accept")
    assert answer.status_code == 409
    assert "declined and cannot become accepted. Possible now: nothing else." in words(answer)


def test_nobody_answers_their_own_request_to_join(cast: Cast, field: Field) -> None:
    _, wanted = field.there("requested", cast.sam)
    answer = step(cast.sam, wanted, "accept")
    assert answer.status_code == 409
    assert "A coordinator has to approve this first." in words(answer)
    assert step(cast.sam, wanted, "approve").status_code == 403
    assert step(cast.sam, wanted, "decline").status_code == 403
    assert field.status(wanted) == "requested"


def test_approval_is_for_those_who_asked_to_join(cast: Cast, field: Field) -> None:
    _, asked = field.there("offered", cast.sam)
    answer = step(cast.vic, asked, "approve")
    assert answer.status_code == 409
    assert "the person was asked and answers themselves" in words(answer)
    assert field.status(asked) == "offered"


def test_the_journal_tells_yes_from_approved_and_keeps_no_contact_details(cast: Cast, field: Field) -> None:
    _, asked = field.there("offered", cast.sam)
    _, wanted = field.there("requested", cast.sue)
    step(cast.sam, asked, "accept")
    step(cast.vic, wanted, "approve")
    with field.app.app_context():
        told = db.select(JournalEntry).where(JournalEntry.verb == "assignment.accepted")
        yes, approved = db.session.execute(told.order_by(JournalEntry.seq)).scalars().all()
        assert (yes.user_id, yes.actor_id) == (cast.sam.id, cast.sam.id)
        assert (approved.user_id, approved.actor_id) == (cast.sue.id, cast.vic.id)
        assert yes.facts == {"title": "Event where offered", "person": "Sam", "status": "accepted"}
        assert approved.facts["approved"] is True
        assert "@" not in str(approved.facts)


def test_who_set_themselves_unavailable_stays_so_when_they_say_yes_and_after(
    cast: Cast, field: Field
) -> None:
    _, asked = field.there("offered", cast.sam)
    with field.app.app_context():
        accounts.set_status(cast.sam.actor, user_id=cast.sam.id, status=UserStatus.UNAVAILABLE)
    step(cast.sam, asked, "accept")
    assert field.person_status(cast.sam) == "unavailable"
    step(cast.sam, asked, "cancel")
    assert field.person_status(cast.sam) == "unavailable"


def test_who_is_expected_at_two_events_is_free_only_after_both(cast: Cast, field: Field) -> None:
    first, second = (field.there("offered", cast.sam)[1] for _ in range(2))
    for asked in (first, second):
        step(cast.sam, asked, "accept")
    step(cast.sam, first, "cancel")
    assert field.person_status(cast.sam) == "assigned"
    step(cast.sam, second, "cancel")
    assert field.person_status(cast.sam) == "available"
