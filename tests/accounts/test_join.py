"""Rules of joining an event by its code, the newcomer's way in."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.accounts.browsing import Browser, text_of, user_of, verbs
from tests.conftest import dispose, settings_for
from tests.events.making import opened
from tests.people import Cast
from webapp import create_app
from webapp.accounts import queries
from webapp.events import service as events
from webapp.events.models import Event
from webapp.extensions import db
from webapp.volunteers.models import Assignment

FORM = {"name": "Nora New", "contact": "+45 12 34 56 78"}


def code_of(app: Flask, cast: Cast, **fields: object) -> tuple[int, str]:
    """An active event and its join code."""
    event_id = opened(app, cast.ada, **({"title": "Vesterbro school"} | fields))
    with app.app_context():
        return event_id, db.session.get_one(Event, event_id).join_code


def status_of(app: Flask, user_id: int) -> list[str]:
    with app.app_context():
        return list(
            db.session.execute(select(Assignment.status).where(Assignment.user_id == user_id)).scalars()
        )


def test_a_newcomer_is_checked_in_with_two_fields_and_one_button(app: Flask, cast: Cast) -> None:
    _, code = code_of(app, cast)
    phone = Browser(app)
    page = text_of(phone.get(f"/join/{code}"))
    assert "Help at Vesterbro school" in page
    assert page.count("<label") == 2
    answer = phone.post(f"/join/{code}", FORM)
    assert (answer.status_code, answer.location) == (303, "/now")
    nora = user_of(app, phone="+4512345678")
    assert nora.role == "SUV"
    assert status_of(app, nora.id) == ["checked_in"]
    assert "Your code to sign in again is" in text_of(phone.get("/now"))


def test_whoever_is_signed_in_sees_one_button(app: Flask, cast: Cast) -> None:
    _, code = code_of(app, cast)
    page = text_of(cast.sam.get(f"/join/{code}"))
    assert "<label" not in page.split("<main")[1].split("</main>")[0]
    assert cast.sam.post(f"/join/{code}").location == "/now"
    assert status_of(app, cast.sam.id) == ["checked_in"]


def test_an_event_that_wants_approval_takes_a_request(app: Flask, cast: Cast) -> None:
    _, code = code_of(app, cast, needs_approval=True)
    phone = Browser(app)
    assert "Ask to join" in text_of(phone.get(f"/join/{code}"))
    phone.post(f"/join/{code}", FORM)
    assert status_of(app, user_of(app, phone="+4512345678").id) == ["requested"]
    assert "A coordinator answers soon" in text_of(phone.get("/now"))


def test_the_same_form_twice_is_one_person_and_one_assignment(app: Flask, cast: Cast) -> None:
    _, code = code_of(app, cast)
    phone = Browser(app)
    form = FORM | {"csrf_token": phone.csrf(), "command_id": str(uuid.uuid4())}
    before = phone.cookie()
    first = phone.client.post(f"/join/{code}", data=form)
    phone.client.set_cookie("mayday", before or "")
    second = phone.client.post(f"/join/{code}", data=form)
    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, "/now")
    assert status_of(app, user_of(app, phone="+4512345678").id) == ["checked_in"]
    assert verbs(app).count("assignment.checked_in") == 1


def test_somebody_known_is_asked_to_sign_in(app: Flask, cast: Cast) -> None:
    _, code = code_of(app, cast)
    phone = Browser(app)
    answer = phone.post(f"/join/{code}", FORM | {"contact": user_of(app, id=cast.sam.id).email})
    assert answer.status_code == 422
    assert "Sign in instead" in text_of(answer)
    assert f"/sign-in?next=/join/{code}" in text_of(answer)
    assert not phone.signed_in


def test_one_who_is_checked_in_elsewhere_is_told(app: Flask, cast: Cast) -> None:
    _, first = code_of(app, cast)
    _, second = code_of(app, cast, title="Amager")
    cast.sam.post(f"/join/{first}")
    cast.sam.post(f"/join/{second}")
    assert "Vesterbro school" in text_of(cast.sam.get("/now"))
    assert status_of(app, cast.sam.id).count("checked_in") == 1


def test_an_unknown_code_says_so(app: Flask) -> None:
    for code in ("x", "ABCDEFGH", "a" * 300, "%00"):
        answer = Browser(app).get(f"/join/{code}")
        assert answer.status_code == 404
        assert "No event has this code" in text_of(answer)


def test_a_closed_event_says_thank_you(app: Flask, cast: Cast) -> None:
    event_id, code = code_of(app, cast)
    with app.app_context():
        events.close(cast.ada.actor, event_id=event_id, note="Done")
    assert "does not need more people" in text_of(Browser(app).get(f"/join/{code}"))
    assert Browser(app).post(f"/join/{code}", FORM).status_code == 410
    assert user_of(app, phone="+4512345678") is None


def test_a_join_code_opens_the_door_while_sign_up_is_closed(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, open_sign_up=False))
    _, code = code_of(app, Cast(app))
    assert Browser(app).post(f"/join/{code}", FORM).status_code == 303
    dispose(app)


def test_newcomers_of_one_address_are_bounded_and_who_is_signed_in_is_not(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, limit_sign_up="1 per minute"))
    cast = Cast(app)
    _, code = code_of(app, cast)
    for person in (cast.sam, cast.sue, cast.vic):
        assert person.post(f"/join/{code}").status_code == 303
    form = FORM | {"contact": "nils@example.org"}
    assert [Browser(app).post(f"/join/{code}", f).status_code for f in (FORM, form)] == [303, 429]
    dispose(app)


def test_codes_cannot_be_guessed_at_leisure(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, limit_sign_in="3 per minute"))
    code_of(app, Cast(app))
    answers = [Browser(app).get(f"/join/GUESS{n}").status_code for n in range(4)]
    assert answers == [404, 404, 404, 429]
    dispose(app)


@pytest.mark.parametrize("form", [{"name": ""}, {"contact": ""}, {"contact": "12"}, {"name": "x" * 121}])
def test_bad_input_is_refused_and_nobody_joins(app: Flask, cast: Cast, form: dict[str, str]) -> None:
    _, code = code_of(app, cast)
    assert Browser(app).post(f"/join/{code}", FORM | form).status_code == 422
    assert verbs(app).count("assignment.accepted") == 0


def test_without_the_token_nobody_joins(app: Flask, cast: Cast) -> None:
    _, code = code_of(app, cast)
    assert Browser(app).client.post(f"/join/{code}", data=FORM).status_code == 403
    assert cast.sam.client.post(f"/join/{code}").status_code == 403


def test_the_poster_is_for_coordinators(app: Flask, cast: Cast) -> None:
    _, code = code_of(app, cast)
    page = text_of(cast.vic.get(f"/join/{code}/poster"))
    assert f"http://localhost/join/{code}" in page
    assert cast.vic.get(f"/join/{code}/link.svg").mimetype == "image/svg+xml"
    assert cast.sam.get(f"/join/{code}/poster").status_code == 403
    assert cast.stranger.get(f"/join/{code}/poster").status_code == 302
    assert cast.vic.get("/join/nope/poster").status_code == 404


def test_hours_count_from_check_in(app: Flask, cast: Cast) -> None:
    from webapp.accounts import own_data

    _, code = code_of(app, cast)
    cast.sam.post(f"/join/{code}")
    with app.app_context():
        assert len(queries.assignments_of(cast.sam.id)) == 1
        assert own_data.hours_so_far(cast.sam.id) > timedelta()
