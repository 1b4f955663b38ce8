"""Rules of invitations and of the first authority's link."""

import re
import threading
import uuid
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from tests.accounts.browsing import PASSWORD, Browser, text_of, user_of, verbs
from tests.conftest import both_databases
from tests.people import Cast, Person
from webapp.accounts.first import first_authority_link
from webapp.accounts.models import Invitation
from webapp.database import utc_now
from webapp.extensions import db

FORM = {"name": "Nora New", "contact": "nora@example.org", "password": PASSWORD}


def invited(person: Person, role: str = "SUV", **more: str) -> str:
    """The path of a fresh invitation."""
    page = text_of(person.post("/invitations", {"role": role, "note": ""} | more))
    found = re.search(r'value="http://localhost(/invitation/[\w-]+)"', page)
    assert found, page
    return found[1]


def change_all(app: Flask, **values: object) -> None:
    from webapp import journal
    from webapp.journal import SYSTEM, Actor

    @journal.command
    def alter(_actor: Actor) -> None:
        for row in db.session.execute(select(Invitation)).scalars():
            for name, value in values.items():
                setattr(row, name, value)
        journal.append("invitation.made", None)

    with app.app_context():
        alter(SYSTEM)


@pytest.mark.parametrize("role", ["SUV", "VC", "AUTHORITY"])
def test_an_authority_invites_in_any_role(app: Flask, cast: Cast, role: str) -> None:
    path, browser = invited(cast.ada, role), Browser(app)
    assert "Ada Authority invites you" in text_of(browser.get(path))
    assert browser.post(path, FORM).status_code == 303
    assert browser.signed_in
    assert user_of(app, email="nora@example.org").role == role


def test_a_coordinator_invites_volunteers_only(app: Flask, cast: Cast) -> None:
    assert invited(cast.vic, "SUV")
    for role in ("VC", "AUTHORITY"):
        assert cast.vic.post("/invitations", {"role": role}).status_code == 422
    assert verbs(app).count("invitation.made") == 1


def test_a_volunteer_and_a_stranger_invite_nobody(app: Flask, cast: Cast) -> None:
    assert cast.sam.get("/invitations").status_code == 403
    assert cast.sam.post("/invitations", {"role": "SUV"}).status_code == 403
    assert cast.stranger.get("/invitations").status_code == 302


def test_the_role_is_the_invitations_whatever_the_form_says(app: Flask, cast: Cast) -> None:
    Browser(app).post(invited(cast.vic), FORM | {"role": "AUTHORITY"})
    assert user_of(app, email="nora@example.org").role == "SUV"


def test_an_invitation_works_once(app: Flask, cast: Cast) -> None:
    path = invited(cast.ada)
    Browser(app).post(path, FORM)
    late = Browser(app)
    assert late.get(path).status_code == 410
    answer = late.post(path, FORM | {"contact": "late@example.org"})
    assert answer.status_code == 410
    assert "has been used" in text_of(answer)
    assert user_of(app, email="late@example.org") is None


@both_databases
def test_of_two_at_once_one_gets_in(app: Flask, cast: Cast) -> None:
    path = invited(cast.ada, "VC")
    answers: list[int] = []

    def accept(n: int) -> None:
        answers.append(Browser(app).post(path, FORM | {"contact": f"n{n}@example.org"}).status_code)

    threads = [threading.Thread(target=accept, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 410, 410, 410]
    assert verbs(app).count("invitation.used") == 1


def test_a_refused_form_does_not_use_the_invitation_up(app: Flask, cast: Cast) -> None:
    path, browser = invited(cast.ada), Browser(app)
    assert browser.post(path, FORM | {"contact": user_of(app, id=cast.sam.id).email}).status_code == 422
    assert browser.post(path, FORM).status_code == 303


def test_a_double_tap_is_one_person_and_the_same_answer(app: Flask, cast: Cast) -> None:
    path, browser = invited(cast.ada), Browser(app)
    form = FORM | {"csrf_token": browser.csrf(), "command_id": str(uuid.uuid4())}
    before = browser.cookie()
    first = browser.client.post(path, data=form)
    browser.client.set_cookie("mayday", before or "")
    second = browser.client.post(path, data=form)
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert verbs(app).count("invitation.used") == 1


def test_an_expired_invitation_says_what_to_do(app: Flask, cast: Cast) -> None:
    path = invited(cast.ada)
    change_all(app, expires_at=utc_now() - timedelta(seconds=1))
    answer = Browser(app).get(path)
    assert answer.status_code == 410
    assert "run out" in text_of(answer)
    assert Browser(app).post(path, FORM).status_code == 410


def test_a_revoked_invitation_says_what_to_do(app: Flask, cast: Cast) -> None:
    path = invited(cast.vic)
    revoke = re.search(r"/invitations/\d+/revoke", text_of(cast.vic.get("/invitations")))[0]
    assert cast.sam.post(revoke).status_code == 403
    assert cast.vic.post(revoke).status_code == 303
    answer = Browser(app).post(path, FORM)
    assert answer.status_code == 410
    assert "taken back" in text_of(answer)


@pytest.mark.parametrize("role", ["SUV", "VC"])
def test_a_coordinator_cannot_revoke_anothers_invitation_nor_learn_of_it(
    app: Flask, cast: Cast, role: str
) -> None:
    invited(cast.ada, role)
    revoke = re.search(r"/invitations/\d+/revoke", text_of(cast.ada.get("/invitations")))[0]
    assert cast.vic.post(revoke).status_code == 404
    assert cast.ada.post(revoke).status_code == 303


def test_invitations_of_a_demoted_or_deactivated_person_are_worth_nothing(app: Flask, cast: Cast) -> None:
    path = invited(cast.vic)
    cast.ada.post(f"/users/{cast.vic.id}/role", {"role": "SUV"})
    assert Browser(app).post(path, FORM).status_code == 410
    path = invited(cast.vera)
    cast.ada.post(f"/users/{cast.vera.id}/deactivate")
    assert Browser(app).post(path, FORM).status_code == 410


def test_an_unknown_link_is_not_there(app: Flask) -> None:
    for token in ("x", "a" * 300, "%00", "..%2F"):
        assert Browser(app).get(f"/invitation/{token}").status_code == 404


def test_somebody_signed_in_cannot_raise_their_role_by_an_invitation(app: Flask, cast: Cast) -> None:
    path = invited(cast.ada, "AUTHORITY")
    assert "sign out first" in text_of(cast.sam.get(path))
    email = user_of(app, id=cast.sam.id).email
    assert cast.sam.post(path, FORM | {"contact": email}).status_code == 422
    assert user_of(app, id=cast.sam.id).role == "SUV"


def test_the_link_is_a_picture_too_and_kept_only_as_a_hash(app: Flask, cast: Cast) -> None:
    path = invited(cast.ada)
    picture = Browser(app).get(f"{path}/link.svg")
    assert picture.mimetype == "image/svg+xml"
    assert b"<script" not in picture.data
    token = path.rsplit("/", 1)[1]
    with app.app_context():
        assert token not in repr(db.session.execute(select(Invitation)).scalar_one().__dict__)


def test_the_first_authority_gets_in_by_a_link_once(app: Flask) -> None:
    link = first_authority_link(app, "http://localhost")
    path = link.removeprefix("http://localhost")
    assert Browser(app).post(path, FORM).status_code == 303
    assert user_of(app, email="nora@example.org").role == "AUTHORITY"
    assert first_authority_link(app, "http://localhost") is None


def test_a_second_node_makes_a_first_link_beside_the_one_of_the_first(app: Flask) -> None:
    one, other = (first_authority_link(app, "").split("8000")[1] for _ in range(2))
    for link in (one, other):
        assert "You are invited" in unescape(Browser(app).get(link).text)


def test_once_somebody_is_in_charge_every_other_first_link_ends(app: Flask) -> None:
    one, other = (first_authority_link(app, "").split("8000")[1] for _ in range(2))
    assert Browser(app).post(one, FORM).status_code == 303
    assert Browser(app).get(other).status_code == 410


def test_starts_without_end_leave_five_first_links(app: Flask) -> None:
    links = [first_authority_link(app, "").split("8000")[1] for _ in range(7)]
    assert [Browser(app).get(link).status_code for link in links] == [410] * 2 + [200] * 5


def test_the_first_link_runs_out_after_a_day(app: Flask) -> None:
    first_authority_link(app, "")
    with app.app_context():
        row = db.session.execute(select(Invitation)).scalar_one()
        assert timedelta(hours=23) < row.expires_at - utc_now() <= timedelta(hours=24)
