"""Rules of signing in with a password or a code."""

import time
import uuid
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from tests.accounts.browsing import PASSWORD, Browser, code_on, registered, text_of, user_of, verbs
from tests.conftest import dispose, settings_for
from tests.people import Cast
from webapp import create_app
from webapp.accounts import codes, entering, passwords
from webapp.accounts.contact import Contact
from webapp.accounts.models import SignInCode
from webapp.accounts.service import create_user
from webapp.database import utc_now
from webapp.extensions import db
from webapp.journal import SYSTEM


def with_code(app: Flask, contact: str = "bo@example.org", code: str = "K7MT4QXR") -> int:
    """Somebody without a password and with this personal code."""
    with app.app_context():
        return entering.sign_up(
            SYSTEM, name="Bo Lind", contact=Contact(email=contact), code_hash=passwords.hashed(code)
        ).id


def test_the_right_password_lets_in(app: Flask) -> None:
    registered(app)
    browser = Browser(app)
    assert browser.sign_in(" BO@example.org ").status_code == 303
    assert browser.signed_in


@pytest.mark.parametrize(
    ("contact", "secret"),
    [
        ("bo@example.org", "another password"),
        ("bo@example.org", "K7MT-4QXR"),
        ("nobody@example.org", PASSWORD),
        ("nobody@example.org", "K7MT-4QXR"),
    ],
)
def test_wrong_and_unknown_get_the_same_answer(app: Flask, contact: str, secret: str) -> None:
    registered(app)
    browser = Browser(app)
    answer = browser.sign_in(contact, secret)
    assert answer.status_code == 422
    said = text_of(answer).split('id="error-summary-title"')[1].split("</ul>")[0]
    assert "do not fit together" in said
    assert contact not in said
    assert not browser.signed_in
    assert verbs(app)[-1:] == ["session.refused"]


@pytest.mark.parametrize("secret", ["a wrong password", "K7MT-4QXR"])
def test_known_and_unknown_people_cost_the_same_work(app: Flask, secret: str) -> None:
    """Counted as calls of the slow hash through processor time: each side within a third of the other."""
    with_code(app)

    def work(contact: str) -> float:
        with app.app_context():
            entering.prove(Contact(email=contact), secret)
            times = []
            for _ in range(5):
                started = time.thread_time()
                entering.prove(Contact(email=contact), secret)
                times.append(time.thread_time() - started)
            return min(times)

    known, unknown = work("bo@example.org"), work("nobody@example.org")
    assert 0.67 < known / unknown < 1.5


def test_a_code_works_once_and_using_it_shows_the_next_one(app: Flask) -> None:
    with_code(app)
    first, second = Browser(app), Browser(app)
    answer = first.sign_in("bo@example.org", "k7mt 4qxr", path="/sign-in?next=/nearby")
    assert answer.location == "/me/code?next=/nearby"
    following = code_on(text_of(first.get("/me/code")))
    assert following != "K7MT-4QXR"
    assert second.sign_in("bo@example.org", "K7MT-4QXR").status_code == 422
    assert second.sign_in("bo@example.org", following).status_code == 303


def test_the_same_code_form_twice_is_one_sign_in(app: Flask) -> None:
    user_id = with_code(app)
    browser = Browser(app)
    form = {"csrf_token": browser.csrf(), "command_id": str(uuid.uuid4()), "contact": "bo@example.org"}
    form["secret"] = "K7MT-4QXR"
    before = browser.cookie()
    browser.client.post("/sign-in", data=form)
    code = code_on(text_of(browser.get("/me/code")))
    browser.client.set_cookie("mayday", before or "")
    assert browser.client.post("/sign-in", data=form).status_code == 303
    assert code_on(text_of(browser.get("/me/code"))) == code
    assert verbs(app, user_id=user_id).count("session.started") == 1


def test_an_expired_code_does_not_let_in(app: Flask) -> None:
    user_id = with_code(app)
    change_code(app, user_id, expires_at=utc_now())
    assert Browser(app).sign_in("bo@example.org", "K7MT-4QXR").status_code == 422


def test_a_deactivated_person_is_not_let_in(app: Flask) -> None:
    registered(app, contact="ann@example.org", name="Ann")
    cast = Cast(app)
    bo = registered(app)
    cast.ada.post(f"/users/{bo}/deactivate")
    assert Browser(app).sign_in("bo@example.org").status_code == 422


def test_failed_tries_are_told_to_the_person(app: Flask) -> None:
    registered(app)
    Browser(app).sign_in("bo@example.org", "not the password")
    browser = Browser(app)
    browser.sign_in("bo@example.org")
    assert "tried to sign in as you and failed" in text_of(browser.get("/me"))


def test_signing_in_makes_the_cookie_anew_and_drops_what_was_in_it(app: Flask) -> None:
    registered(app)
    browser = Browser(app)
    browser.csrf()
    with browser.client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
        visitor = cookie["visitor"]
    browser.sign_in("bo@example.org")
    with browser.client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("visitor") != visitor
        assert cookie.permanent


def test_a_planted_session_is_not_the_one_that_gets_signed_in(app: Flask) -> None:
    registered(app)
    attacker, victim = Browser(app), Browser(app)
    attacker.csrf()
    victim.client.set_cookie("mayday", attacker.cookie() or "")
    victim.sign_in("bo@example.org")
    assert victim.signed_in
    assert not attacker.signed_in


def test_the_cookie_is_not_for_scripts_and_not_for_other_sites(app: Flask) -> None:
    registered(app)
    answer = Browser(app).sign_in("bo@example.org")
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("mayday=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires=" in cookie


def test_a_hash_with_old_parameters_is_made_anew(app: Flask) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with app.app_context():
        create_user(SYSTEM, name="Bo", contact=Contact(email="bo@example.org"), password_hash=old)
    assert Browser(app).sign_in("bo@example.org").status_code == 303
    bo = user_of(app, email="bo@example.org")
    assert bo is not None
    assert "m=19456,t=2,p=1" in bo.password_hash
    assert Browser(app).sign_in("bo@example.org").status_code == 303


def test_without_the_csrf_token_nobody_is_signed_in(app: Flask) -> None:
    registered(app)
    browser = Browser(app)
    form = {"contact": "bo@example.org", "secret": PASSWORD, "command_id": str(uuid.uuid4())}
    assert browser.client.post("/sign-in", data=form).status_code == 403
    assert not browser.signed_in


@pytest.mark.parametrize("origin", ["https://evil.example", "http://[", "//[", "nonsense"])
def test_sign_in_from_another_site_is_refused(app: Flask, origin: str) -> None:
    registered(app)
    browser = Browser(app)
    answer = browser.post(
        "/sign-in",
        {"contact": "bo@example.org", "secret": PASSWORD},
        headers={"Origin": origin},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil",
        "/%0d%0aX: y\r\n",
        "http:evil",
    ],
)
def test_nobody_is_sent_to_another_site(app: Flask, target: str) -> None:
    registered(app)
    answer = Browser(app).post(
        "/sign-in", {"contact": "bo@example.org", "secret": PASSWORD}, query_string={"next": target}
    )
    assert answer.location == "/"


def test_a_page_that_needs_signing_in_is_returned_to(app: Flask) -> None:
    registered(app)
    browser = Browser(app)
    asked = browser.get("/me?x=1").location
    assert asked.startswith("/sign-in?next=")
    assert browser.post(asked, {"contact": "bo@example.org", "secret": PASSWORD}).location == "/me?x=1"


def test_a_whole_shelter_may_sign_in_from_one_address(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, limit_sign_in="2 per minute"))
    for n in range(4):
        registered(app, contact=f"bo{n}@example.org")
        assert Browser(app).sign_in(f"bo{n}@example.org").status_code == 303
    dispose(app)


def test_neither_passwords_nor_codes_reach_the_journal(app: Flask) -> None:
    with_code(app)
    Browser(app).sign_in("bo@example.org", "K7MT-4QXR")
    Browser(app).sign_in("bo@example.org", "a mistyped password")
    data = b"".join(p.read_bytes() for p in Path(app.config["SETTINGS"].data_dir).glob("mayday.db*"))
    assert b"K7MT" not in data
    assert b"mistyped" not in data


def test_codes_avoid_letters_that_sound_or_look_alike() -> None:
    assert not set("01ILOU") & set(codes.ALPHABET)
    assert len(codes.ALPHABET) ** codes.LENGTH > 2**39


def change_code(app: Flask, user_id: int, **values: object) -> None:
    with app.app_context():
        code = db.session.execute(select(SignInCode).where(SignInCode.user_id == user_id)).scalar_one()
        for name, value in values.items():
            setattr(code, name, value)
        db.session.commit()


def test_no_error_page_shows_a_typed_password(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, limit_sign_in="1 per minute"))
    Browser(app).sign_in("bo@example.org")
    browser = Browser(app)
    pages = [
        browser.sign_in("bo@example.org"),
        browser.client.post("/sign-in", data={"contact": "bo@example.org", "secret": PASSWORD}),
        browser.client.post("/me/password", data={"present": PASSWORD, "password": PASSWORD}),
    ]
    assert all(page.status_code in (403, 429) for page in pages)
    assert all(PASSWORD not in text_of(page) for page in pages)
    dispose(app)
