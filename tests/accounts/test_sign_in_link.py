"""A sign-in link lets one known person in, once, by a button; looking at it changes nothing."""

import re
import secrets
import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people import Cast, Person
from webapp.accounts.links import make_link
from webapp.accounts.models import SignInCode
from webapp.accounts.service import deactivate
from webapp.errors import Forbidden
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor


def link_for(app: Flask, person: Person, actor: Actor = SYSTEM) -> str:
    """The path of a fresh link."""
    token = secrets.token_urlsafe(32)
    with app.app_context():
        make_link(actor, user_id=person.id, token=token)
    return f"/sign-in/{token}"


def press(browser: FlaskClient, path: str, form: dict[str, str] | None = None) -> TestResponse:
    """Open the page and press its button."""
    return browser.post(path, data=form or form_of(browser, path))


def form_of(browser: FlaskClient, path: str) -> dict[str, str]:
    page = browser.get(path).get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page)
    return {"csrf_token": token[1] if token else "", "command_id": str(uuid.uuid4())}


def test_it_lets_the_person_in(app: Flask, cast: Cast) -> None:
    browser = app.test_client()
    assert press(browser, link_for(app, cast.vic)).status_code == 303
    assert "Vic Coordinator" in browser.get("/me").get_data(as_text=True)


def test_a_preview_does_not_use_it_up(app: Flask, cast: Cast) -> None:
    path = link_for(app, cast.vic)
    for _ in range(3):
        assert app.test_client().get(path).status_code == 200
    assert press(app.test_client(), path).status_code == 303


def test_it_works_once(app: Flask, cast: Cast) -> None:
    path = link_for(app, cast.vic)
    first, second = app.test_client(), app.test_client()
    form = form_of(second, path)
    press(first, path)
    assert press(second, path, form).status_code == 410
    assert second.get(path).status_code == 410
    assert second.get("/me").status_code != 200


def test_a_wrong_link_and_a_press_without_token_let_nobody_in(app: Flask, cast: Cast) -> None:
    browser = app.test_client()
    assert browser.get(f"/sign-in/{secrets.token_urlsafe(32)}").status_code == 404
    path = link_for(app, cast.vic)
    assert browser.post(path, data={"command_id": str(uuid.uuid4())}).status_code == 403
    assert app.test_client().get(path).status_code == 200


def test_it_runs_out_after_a_day(app: Flask, cast: Cast) -> None:
    path = link_for(app, cast.vic)
    with app.app_context():
        link = db.session.execute(db.select(SignInCode).where(SignInCode.is_link)).scalar_one()
        link.expires_at -= timedelta(hours=24)
        db.session.commit()
    assert app.test_client().get(path).status_code == 410


def test_it_does_not_let_in_who_was_shut_out_since(app: Flask, cast: Cast) -> None:
    path = link_for(app, cast.vic)
    browser = app.test_client()
    form = form_of(browser, path)
    with app.app_context():
        deactivate(cast.ada.actor, user_id=cast.vic.id)
    assert press(browser, path, form).status_code == 410
    assert browser.get("/me").status_code != 200


def test_nobody_makes_a_link_for_a_rank_of_their_own_or_above(app: Flask, cast: Cast) -> None:
    for actor, person in ((cast.vic, cast.ada), (cast.vic, cast.vera), (cast.sam, cast.sue)):
        with pytest.raises(Forbidden):
            link_for(app, person, actor.actor)
    assert link_for(app, cast.sam, cast.vic.actor)


def test_only_its_hash_is_kept(app: Flask, cast: Cast) -> None:
    path = link_for(app, cast.vic)
    with app.app_context():
        kept = db.session.execute(db.select(SignInCode.code_hash).where(SignInCode.is_link)).scalar_one()
    assert path.rsplit("/", 1)[1] not in kept
