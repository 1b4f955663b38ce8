"""Rules of asking several people from the roster: all of them, or nobody with each refusal named."""

import pytest

from tests.conftest import both_databases
from tests.people import Cast, Person
from tests.volunteers.conftest import NO_ROW, Field, one_command, words
from webapp.accounts import service as accounts


def ticked(event: int | str, *people: Person, **more: str) -> dict[str, object]:
    """The roster's form with these people ticked."""
    return {"event_id": str(event), "user_id": [str(person.id) for person in people]} | more


@both_databases
def test_all_are_asked_with_one_entry_each(cast: Cast, field: Field) -> None:
    event = field.event()
    answer = cast.vic.post("/people/assign", ticked(event, cast.sam, cast.sue, task="Carry bags"))
    assert (answer.status_code, answer.location) == (303, "/people")
    assert "Asked 2 people to come to “Cellar flooded”." in words(cast.vic.get("/people"))
    for person in (cast.sam, cast.sue):
        assert field.of(person, event) == ["offered"]
        assert field.row(field.only(person, event)).task == "Carry bags"
    assert field.verbs(event) == ["assignment.offered"] * 2


@both_databases
def test_one_who_cannot_be_asked_stops_all_and_every_reason_is_named(cast: Cast, field: Field) -> None:
    event = field.event()
    field.accepted(cast.sue, event)
    with field.app.app_context():
        accounts.deactivate(cast.ada.actor, user_id=cast.vera.id)
    before = field.verbs(event)
    form = ticked(event, cast.sam, cast.sue, cast.vera, task="Carry bags")
    form["user_id"] = [*form["user_id"], "4711"]  # type: ignore[misc]
    answer = cast.vic.post("/people/assign", form)
    assert answer.status_code == 422
    said = words(answer)
    for reason in (
        "Nobody was asked",
        "Sue Volunteer is on this event already.",
        "Vera Coordinator is deactivated.",
        "There is no person number 4711.",
    ):
        assert reason in said
    assert 'value="Carry bags"' in answer.get_data(as_text=True)
    assert field.of(cast.sam, event) == []
    assert field.verbs(event) == before


def test_an_authority_may_and_others_may_not(cast: Cast, field: Field) -> None:
    event = field.event()
    assert cast.sam.post("/people/assign", ticked(event, cast.sam)).status_code == 403
    assert cast.stranger.post("/people/assign", data=ticked(event, cast.sam)).status_code == 403
    assert field.verbs(event) == []
    assert cast.ada.post("/people/assign", ticked(event, cast.sam)).status_code == 303


def test_a_person_ticked_twice_is_asked_once(cast: Cast, field: Field) -> None:
    event = field.event()
    cast.vic.post("/people/assign", ticked(event, cast.sam, cast.sam))
    assert field.of(cast.sam, event) == ["offered"]


def test_a_double_tap_asks_once_and_answers_the_same(cast: Cast, field: Field) -> None:
    event = field.event()
    form = ticked(event, cast.sam, cast.sue, **one_command())
    answers = [cast.vic.post("/people/assign", form) for _ in range(2)]
    assert [(a.status_code, a.location) for a in answers] == [(303, "/people")] * 2
    assert field.verbs(event) == ["assignment.offered"] * 2


def test_a_closed_event_takes_nobody(cast: Cast, field: Field) -> None:
    event = field.event()
    field.close(event)
    answer = cast.vic.post("/people/assign", ticked(event, cast.sam))
    assert answer.status_code == 409
    assert "This event is closed. Nothing was changed." in words(answer)
    assert field.of(cast.sam, event) == []


def test_an_unknown_event_or_none_is_refused(cast: Cast, field: Field) -> None:
    for number in (*NO_ROW, "", "1.5"):
        answer = cast.vic.post("/people/assign", ticked(number, cast.sam))
        assert answer.status_code in (404, 422), number
    assert field.verbs() == []


@pytest.mark.parametrize("number", [*NO_ROW, "", "1e3"])
def test_an_unknown_person_stops_all(cast: Cast, field: Field, number: str) -> None:
    event = field.event()
    form = {"event_id": str(event), "user_id": [str(cast.sam.id), number]}
    answer = cast.vic.post("/people/assign", form)
    assert answer.status_code == 422
    assert "Nobody was asked" in words(answer)
    assert field.verbs(event) == []


def test_nobody_ticked_and_too_many_are_refused_in_words(cast: Cast, field: Field) -> None:
    event = field.event()
    answer = cast.vic.post("/people/assign", ticked(event))
    assert (answer.status_code, "Choose at least one person." in words(answer)) == (422, True)
    crowd = {"event_id": str(event), "user_id": [str(number) for number in range(1, 102)]}
    answer = cast.vic.post("/people/assign", crowd)
    assert (answer.status_code, "Choose at most 100 people at once." in words(answer)) == (422, True)
    assert field.verbs(event) == []


@pytest.mark.parametrize(("name", "longest"), [("task", 300), ("bring", 200), ("meeting_point", 200)])
def test_a_text_too_long_is_refused_and_kept(cast: Cast, field: Field, name: str, longest: int) -> None:
    event = field.event()
    answer = cast.vic.post("/people/assign", ticked(event, cast.sam, **{name: "x" * (longest + 1)}))
    assert answer.status_code == 422
    assert "x" * (longest + 1) in answer.get_data(as_text=True)
    assert field.verbs(event) == []


def test_a_link_asks_nobody(cast: Cast, field: Field) -> None:
    event = field.event()
    assert cast.vic.get(f"/people/assign?event_id={event}&user_id={cast.sam.id}").status_code in (404, 405)
    assert field.verbs(event) == []
