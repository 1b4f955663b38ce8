"""Rules of looking at somebody's phone and e-mail."""

from flask import Flask

from tests.accounts.browsing import text_of, user_of, verbs
from tests.events.making import opened
from tests.people import Cast
from webapp.volunteers import service as volunteering


def test_an_authority_sees_it_and_each_look_is_journalled_and_told(app: Flask, cast: Cast) -> None:
    email = user_of(app, id=cast.sam.id).email
    for _ in range(2):
        assert email in text_of(cast.ada.post(f"/people/{cast.sam.id}/contact"))
    assert verbs(app, user_id=cast.sam.id).count("contact.viewed") == 2
    assert "looked at your phone and e-mail (Ada Authority)" in " ".join(text_of(cast.sam.get("/me")).split())


def test_a_coordinator_sees_it_while_the_person_is_on_an_event_they_work_on(app: Flask, cast: Cast) -> None:
    email = user_of(app, id=cast.sam.id).email
    event_id = opened(app, cast.ada)
    assert cast.vic.post(f"/people/{cast.sam.id}/contact").status_code == 403
    with app.app_context():
        assignment = volunteering.assign(cast.vic.actor, user_id=cast.sam.id, event_id=event_id)
    assert email in text_of(cast.vic.post(f"/people/{cast.sam.id}/contact"))
    assert cast.vera.post(f"/people/{cast.sam.id}/contact").status_code == 403
    with app.app_context():
        volunteering.cancel(cast.vic.actor, assignment_id=assignment.id)
    assert cast.vic.post(f"/people/{cast.sam.id}/contact").status_code == 403


def test_a_volunteer_sees_only_their_own_and_that_is_no_look(app: Flask, cast: Cast) -> None:
    # The same answer as for a number that nobody has: who exists is not a volunteer's to know.
    assert cast.sam.post(f"/people/{cast.sue.id}/contact").status_code == 404
    assert cast.sam.post("/people/999999/contact").status_code == 404
    assert cast.sam.post(f"/people/{cast.sam.id}/contact").status_code == 200
    assert verbs(app).count("contact.viewed") == 0


def test_a_look_is_a_deliberate_act(app: Flask, cast: Cast) -> None:
    assert cast.ada.get(f"/people/{cast.sam.id}/contact").status_code == 405
    assert cast.ada.client.post(f"/people/{cast.sam.id}/contact").status_code == 403
    assert cast.ada.post("/people/999999/contact").status_code == 404
    assert cast.stranger.post(f"/people/{cast.sam.id}/contact").status_code == 403


def test_the_panel_gets_only_the_panel_and_nothing_is_cached(app: Flask, cast: Cast) -> None:
    answer = cast.ada.post(f"/people/{cast.sam.id}/contact", headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert "panel-head" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_old_form_sent_again_by_somebody_who_lost_the_right_shows_nothing(app: Flask, cast: Cast) -> None:
    form = {"command_id": "7d0f7cf5-6a43-4c4b-9a39-5b1f0e6c2b77"}
    event_id = opened(app, cast.ada)
    with app.app_context():
        assignment = volunteering.assign(cast.vic.actor, user_id=cast.sam.id, event_id=event_id)
    assert cast.vic.post(f"/people/{cast.sam.id}/contact", form).status_code == 200
    with app.app_context():
        volunteering.cancel(cast.vic.actor, assignment_id=assignment.id)
    assert cast.vic.post(f"/people/{cast.sam.id}/contact", form).status_code == 403
