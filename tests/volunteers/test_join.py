"""Rules of joining: going to an event oneself, with approval or without, once, never to a closed one."""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.conftest import both_databases
from tests.people import Cast, Person
from tests.volunteers.conftest import NO_ROW, Field, one_command, words
from webapp.errors import Conflict
from webapp.events import service as events
from webapp.volunteers import service


def join_from(person: Person, path: str, event: int) -> str:
    """Press the join button that the page at this address shows; what is said then."""
    page = person.get(path).get_data(as_text=True)
    form = re.search(rf'action="/events/{event}/join".*?</form>', page, re.DOTALL)
    assert form, page
    command = re.search(r'name="command_id" value="([^"]+)"', form[0])
    assert command
    answer = person.post(f"/events/{event}/join", {"command_id": command[1]}, follow_redirects=True)
    return words(answer)


def join_or_close(field: Field, event: int, person: Person | None) -> str:
    """The person joins, nobody closes it; the words of a refusal, or nothing."""
    with field.app.app_context():
        try:
            if person is None:
                events.close(field.cast.ada.actor, event_id=event, note="Done.")
            else:
                service.join(person.actor, event_id=event)
        except Conflict as refusal:
            return refusal.message
    return ""


@pytest.mark.parametrize("who", ["sam", "vic", "ada"])
def test_everybody_joins_for_themselves_and_is_expected(cast: Cast, field: Field, who: str) -> None:
    event, person = field.event(), getattr(cast, who)
    answer = person.post(f"/events/{event}/join")
    assert (answer.status_code, answer.location) == (303, "/now")
    assert "Thank you. You are expected." in words(person.get("/now"))
    assert field.of(person, event) == ["accepted"]
    assert field.people(event) == (1, 0)
    assert field.person_status(person) == "assigned"
    assert field.verbs(event) == ["assignment.accepted"]


def test_a_stranger_joins_nothing(cast: Cast, field: Field) -> None:
    event = field.event()
    assert cast.stranger.post(f"/events/{event}/join").status_code == 403
    assert field.verbs(event) == []


def test_where_approval_is_wanted_a_volunteer_asks_and_a_coordinator_just_comes(
    cast: Cast, field: Field
) -> None:
    event = field.event(needs_approval=True)
    answer = cast.sam.post(f"/events/{event}/join", follow_redirects=True)
    assert "A coordinator has to approve this first." in words(answer)
    cast.vic.post(f"/events/{event}/join")
    assert (field.of(cast.sam, event), field.of(cast.vic, event)) == (["requested"], ["accepted"])
    assert field.people(event) == (1, 0)
    assert field.person_status(cast.sam) == "available"


def test_one_button_joins_and_checks_in_unless_approval_is_wanted(cast: Cast, field: Field) -> None:
    free, guarded = field.event(), field.event(needs_approval=True)
    for event in (free, guarded):
        cast.sam.post(f"/events/{event}/join", {"check_in": "1"})
    assert (field.of(cast.sam, free), field.of(cast.sam, guarded)) == (["checked_in"], ["requested"])
    assert field.people(free) == (1, 1)


def test_who_was_asked_already_says_yes_by_joining(cast: Cast, field: Field) -> None:
    event = field.event()
    asked = field.offered(cast.sam, event, task="Carry bags")
    cast.sam.post(f"/events/{event}/join")
    assert field.of(cast.sam, event) == ["accepted"]
    assert field.row(asked).task == "Carry bags"


@pytest.mark.parametrize("state", ["requested", "accepted", "checked_in", "no_contact"])
def test_who_is_on_it_already_stays_as_they_are(cast: Cast, field: Field, state: str) -> None:
    event, _ = field.there(state, cast.sam)
    before = field.verbs(event)
    assert cast.sam.post(f"/events/{event}/join").status_code == 303
    assert field.of(cast.sam, event) == [state]
    assert field.verbs(event) == before


@pytest.mark.parametrize("state", ["declined", "checked_out", "cancelled"])
def test_who_was_on_it_may_come_again(cast: Cast, field: Field, state: str) -> None:
    event, _ = field.there(state, cast.sam)
    assert cast.sam.post(f"/events/{event}/join").status_code == 303
    assert field.of(cast.sam, event) == [state, "accepted"]
    assert field.people(event) == (1, 0)


@pytest.mark.parametrize("path", ["/nearby", "/events/{event}", "/now"])
@pytest.mark.parametrize("needs_approval", [True, False])
def test_who_withdrew_joins_again_from_the_same_page(
    cast: Cast, field: Field, path: str, needs_approval: bool
) -> None:
    event = field.event(needs_approval=needs_approval)
    path = path.format(event=event)
    status = "requested" if needs_approval else "accepted"
    for earlier in ([], ["cancelled"]):
        join_from(cast.sam, path, event)
        assert field.of(cast.sam, event) == [*earlier, status]
        cast.sam.post(f"/assignments/{field.only(cast.sam, event)}/cancel")


def test_a_closed_event_is_joined_by_nobody_and_says_so(cast: Cast, field: Field) -> None:
    event = field.event()
    field.close(event)
    for person in (cast.sam, cast.vic):
        answer = person.post(f"/events/{event}/join")
        assert answer.status_code == 409
        assert "This event is closed. Nothing was changed." in words(answer)
        assert field.of(person, event) == []


def test_an_unverified_report_is_joined_by_nobody_and_is_absent_for_others(cast: Cast, field: Field) -> None:
    with field.app.app_context():
        event = events.report_event(cast.sam.actor, title="Smoke").id
    assert cast.sue.post(f"/events/{event}/join").status_code == 404
    for person in (cast.sam, cast.vic):
        answer = person.post(f"/events/{event}/join")
        assert answer.status_code == 409
        assert "not verified yet" in words(answer)
    assert field.verbs(event) == []


def test_an_unknown_event_is_not_found(cast: Cast) -> None:
    for number in NO_ROW:
        assert cast.sam.post(f"/events/{number}/join").status_code == 404


def test_a_link_joins_nothing(cast: Cast, field: Field) -> None:
    event = field.event()
    assert cast.sam.get(f"/events/{event}/join").status_code == 405
    assert field.of(cast.sam, event) == []


def test_a_damaged_form_is_refused(cast: Cast, field: Field) -> None:
    event = field.event()
    answer = cast.sam.post(f"/events/{event}/join", {"command_id": "x" * 500})
    assert answer.status_code == 422
    assert field.of(cast.sam, event) == []


@pytest.mark.parametrize("check_in", [{}, {"check_in": "1"}])
def test_a_double_tap_is_one_assignment_and_the_same_answer(
    cast: Cast, field: Field, check_in: dict[str, str]
) -> None:
    event, form = field.event(), one_command() | check_in
    answers = [cast.sam.post(f"/events/{event}/join", form) for _ in range(2)]
    assert [(a.status_code, a.location) for a in answers] == [(303, "/now")] * 2
    assert field.of(cast.sam, event) == ["checked_in" if check_in else "accepted"]
    assert field.verbs(event).count("assignment.accepted") == 1


@both_databases
def test_the_same_join_many_times_at_once_is_one_assignment(cast: Cast, field: Field) -> None:
    event, form = field.event(), one_command() | {"csrf_token": cast.sam.csrf}
    cookie = cast.sam.client.get_cookie("mayday")
    assert cookie is not None

    def tap(number: int) -> int:
        client = field.app.test_client()
        client.set_cookie("mayday", cookie.value)
        # Some taps repeat the command, some are new ones: from another tab, or another phone.
        sent = form if number % 2 else form | one_command()
        return client.post(f"/events/{event}/join", data=sent).status_code

    with ThreadPoolExecutor(8) as taps:
        answers = list(taps.map(tap, range(8)))
    assert answers == [303] * 8
    assert field.of(cast.sam, event) == ["accepted"]
    assert field.verbs(event) == ["assignment.accepted"]
    assert field.people(event) == (1, 0)


@both_databases
def test_joining_while_it_closes_never_leaves_anybody_on_a_closed_event(cast: Cast, field: Field) -> None:
    people = [cast.sam, cast.sue, cast.vic, cast.vera]
    # A mere request changes no number of the event: only the event's lock keeps it out.
    for needs_approval in (False, True, True):
        event = field.event(needs_approval=needs_approval)

        with ThreadPoolExecutor(5) as threads:
            said = list(threads.map(partial(join_or_close, field, event), [*people[:2], None, *people[2:]]))
        assert set(said) <= {"", "This event is closed. Nothing was changed."}
        assert said[2] == ""
        for person, refusal in zip(people, said[:2] + said[3:], strict=True):
            assert field.of(person, event) == ([] if refusal else ["cancelled"])
            assert field.person_status(person) == "available"
        assert field.people(event) == (0, 0)
