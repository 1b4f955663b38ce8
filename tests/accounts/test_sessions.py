"""Rules of signed-in devices: they end when told, extend while used, and are one's own."""

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from tests.accounts.browsing import PASSWORD, Browser, registered, text_of, user_of, verbs
from tests.people import Cast
from webapp.accounts.models import SignInSession, User
from webapp.database import utc_now
from webapp.extensions import db


def two_devices(app: Flask) -> tuple[int, Browser, Browser]:
    """A person who is signed in on two devices."""
    user_id = registered(app)
    devices = Browser(app), Browser(app)
    for device in devices:
        assert device.sign_in("bo@example.org").status_code == 303
    return user_id, *devices


def rows(app: Flask, user_id: int) -> list[SignInSession]:
    with app.app_context():
        statement = select(SignInSession).where(SignInSession.user_id == user_id).order_by(SignInSession.id)
        return list(db.session.execute(statement).scalars())


def age(app: Flask, session_id: int, **values: object) -> None:
    with app.app_context():
        row = db.session.get_one(SignInSession, session_id)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(app: Flask) -> None:
    user_id, here, there = two_devices(app)
    stolen = here.cookie()
    here.client.post("/sign-out", data={"csrf_token": here.csrf("/me")})
    here.client.set_cookie("mayday", stolen or "")
    assert not here.signed_in
    assert there.signed_in
    assert verbs(app, user_id=user_id)[-1] == "session.ended"


def test_signing_out_needs_a_post_with_the_token(app: Flask) -> None:
    _, here, _ = two_devices(app)
    assert here.get("/sign-out").status_code == 405
    assert here.client.post("/sign-out").status_code == 403
    assert here.signed_in


def test_one_device_is_signed_out_from_another(app: Flask) -> None:
    user_id, here, there = two_devices(app)
    other = rows(app, user_id)[1]
    assert f"/me/sessions/{other.id}/end" in text_of(here.get("/me"))
    answer = here.client.post(f"/me/sessions/{other.id}/end", data={"csrf_token": here.csrf("/me")})
    assert answer.status_code == 303
    assert here.signed_in
    assert not there.signed_in


def test_somebody_elses_device_is_not_there(app: Flask, cast: Cast) -> None:
    user_id, here, _ = two_devices(app)
    session_id = rows(app, user_id)[0].id
    assert cast.sam.post(f"/me/sessions/{session_id}/end").status_code == 404
    assert cast.ada.post(f"/me/sessions/{session_id}/end").status_code == 404
    assert here.signed_in


def test_sign_out_everywhere_else_keeps_this_device(app: Flask) -> None:
    user_id, here, there = two_devices(app)
    here.client.post("/me/sessions/end-others", data={"csrf_token": here.csrf("/me")})
    assert here.signed_in
    assert not there.signed_in
    ended = [row.id for row in rows(app, user_id) if row.ended_at]
    assert ended == [rows(app, user_id)[1].id]


def test_each_ended_session_is_named_in_the_journal_so_that_its_sockets_close(app: Flask) -> None:
    user_id, here, _ = two_devices(app)
    here.client.post("/me/sessions/end-others", data={"csrf_token": here.csrf("/me")})
    from webapp.journal import JournalEntry

    with app.app_context():
        facts = db.session.execute(
            select(JournalEntry.facts).where(JournalEntry.verb == "session.ended")
        ).scalar_one()
    assert facts == {"session": rows(app, user_id)[1].id}


def test_a_session_that_ran_out_does_not_let_in(app: Flask) -> None:
    user_id, here, _ = two_devices(app)
    age(app, rows(app, user_id)[0].id, expires_at=utc_now())
    assert not here.signed_in


def test_a_session_in_use_lives_longer_and_the_cookie_with_it(app: Flask) -> None:
    user_id, here, _ = two_devices(app)
    session_id = rows(app, user_id)[0].id
    soon = utc_now() + timedelta(days=2)
    age(app, session_id, expires_at=soon, last_seen_at=utc_now() - timedelta(hours=1))
    answer = here.get("/me")
    answer.close()
    assert rows(app, user_id)[0].expires_at > soon + timedelta(days=20)
    assert any("mayday=" in c for c in answer.headers.getlist("Set-Cookie"))


def test_being_seen_is_noted_at_most_every_five_minutes_and_without_the_journal(app: Flask) -> None:
    user_id, here, _ = two_devices(app)
    before, session_id = len(verbs(app)), rows(app, user_id)[0].id
    here.get("/me").close()
    assert user_of(app, id=user_id).last_seen_at is None
    age(app, session_id, last_seen_at=utc_now() - timedelta(minutes=6))
    here.get("/me").close()
    bo = user_of(app, id=user_id)
    assert utc_now() - bo.last_seen_at < timedelta(minutes=1)
    assert utc_now() - rows(app, user_id)[0].last_seen_at < timedelta(minutes=1)
    assert len(verbs(app)) == before
    assert bo.version == 1


def test_a_new_password_signs_the_other_devices_out(app: Flask) -> None:
    _, here, there = two_devices(app)
    form = {"csrf_token": here.csrf("/me"), "present": PASSWORD, "password": "four dry socks"}
    assert here.client.post("/me/password", data=form).status_code == 303
    assert here.signed_in
    assert not there.signed_in
    assert Browser(app).sign_in("bo@example.org").status_code == 422
    assert Browser(app).sign_in("bo@example.org", "four dry socks").status_code == 303


def test_a_new_password_needs_the_present_one(app: Flask) -> None:
    _, here, there = two_devices(app)
    form = {"csrf_token": here.csrf("/me"), "present": "not mine at all", "password": "four dry socks"}
    answer = here.client.post("/me/password", data=form)
    assert answer.status_code == 422
    assert "not your present password" in text_of(answer)
    assert there.signed_in


def test_a_weak_new_password_is_refused(app: Flask) -> None:
    _, here, _ = two_devices(app)
    for weak in ("short", "12345678", "bo@example.org"):
        form = {"csrf_token": here.csrf("/me"), "present": PASSWORD, "password": weak}
        assert here.client.post("/me/password", data=form).status_code == 422


def test_a_stranger_is_sent_to_sign_in(app: Flask) -> None:
    for path in ("/me", "/me/code", "/me/password", "/me/data"):
        answer = Browser(app).get(path)
        assert answer.status_code == 302
        assert re.match(r"/sign-in\?next=", answer.location)


def test_old_cookies_of_an_unknown_session_are_harmless(app: Flask) -> None:
    browser = Browser(app)
    with browser.client.session_transaction() as cookie:
        cookie["_user_id"] = "1"
    assert not browser.signed_in


def test_deactivation_ends_every_session_at_once(app: Flask) -> None:
    user_id, here, there = two_devices(app)
    Cast(app).ada.post(f"/users/{user_id}/deactivate")
    assert not here.signed_in
    assert not there.signed_in
    with app.app_context():
        assert db.session.get_one(User, user_id).deactivated_at is not None
