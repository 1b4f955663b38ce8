"""Rules of signing up as a volunteer."""

import threading
import uuid
from pathlib import Path

import pytest
from flask import Flask

from tests.accounts.browsing import PASSWORD, Browser, code_on, registered, text_of, user_of, verbs
from tests.conftest import dispose, settings_for
from webapp import create_app

FORM = {"name": "Bo Lind", "contact": "bo@example.org", "password": PASSWORD}


def test_with_a_password_the_newcomer_is_signed_in_at_once(app: Flask) -> None:
    browser = Browser(app)
    answer = browser.post("/sign-up", FORM)
    assert answer.status_code == 303
    assert browser.signed_in
    bo = user_of(app, email="bo@example.org")
    assert bo is not None
    assert (bo.name, bo.role, bo.password_hash[:9]) == ("Bo Lind", "SUV", "$argon2id")


def test_without_a_password_the_newcomer_gets_a_code_that_signs_in_elsewhere(app: Flask) -> None:
    phone, tablet = Browser(app), Browser(app)
    answer = phone.post("/sign-up", FORM | {"password": "", "contact": "+45 12 34 56 78"})
    assert answer.location == "/me/code"
    code = code_on(text_of(phone.get("/me/code")))
    assert tablet.sign_in("+4512345678", code.lower().replace("-", " ")).status_code == 303
    assert tablet.signed_in


def test_the_code_is_shown_until_written_down_and_kept_only_as_a_hash(app: Flask) -> None:
    browser = Browser(app)
    browser.post("/sign-up", FORM | {"password": ""})
    code = code_on(text_of(browser.get("/me/code")))
    assert code_on(text_of(browser.get("/me/code"))) == code
    browser.client.post("/me/code/written", data={"csrf_token": browser.csrf("/me")})
    assert code not in text_of(browser.get("/me/code"))
    assert code.encode() not in b"".join(p.read_bytes() for p in database_files(app))


def test_a_code_is_personal_answer_that_no_cache_keeps(app: Flask) -> None:
    browser = Browser(app)
    browser.post("/sign-up", FORM | {"password": ""})
    assert browser.get("/me/code").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": "   "}, "Write your name."),
        ({"name": "1234"}, "Write your name."),
        ({"name": "B" * 121}, "at most 120"),
        ({"contact": ""}, "Write a phone number or an e-mail"),
        ({"contact": "bo@"}, "not complete"),
        ({"contact": "12"}, "country code"),
        ({"password": "short"}, "at least 8"),
        ({"password": "password1"}, "tried first"),
        ({"password": "aaaaaaaaaa"}, "tried first"),
        ({"password": "Bo Lind!!"}, "name or contact"),
        ({"password": "bo@example.org"}, "name or contact"),
        ({"password": "x" * 201}, "at most 200"),
        ({"command_id": "not-a-uuid"}, "damaged"),
    ],
)
def test_bad_input_is_refused_with_advice_and_kept_in_the_form(
    app: Flask, wrong: dict[str, str], says: str
) -> None:
    browser = Browser(app)
    answer = browser.post("/sign-up", FORM | wrong)
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert not browser.signed_in
    assert verbs(app) == []


def test_what_was_typed_stays_but_never_the_password(app: Flask) -> None:
    page = text_of(Browser(app).post("/sign-up", FORM | {"contact": "bo@"}))
    assert 'value="Bo Lind"' in page
    assert PASSWORD not in page


def test_a_contact_that_somebody_has_is_refused_whatever_its_spelling(app: Flask) -> None:
    registered(app)
    answer = Browser(app).post("/sign-up", FORM | {"contact": " BO@Example.org "})
    assert answer.status_code == 422
    assert "Sign in instead" in text_of(answer)


def test_extra_fields_do_not_raise_the_role(app: Flask) -> None:
    Browser(app).post(
        "/sign-up", FORM | {"role": "AUTHORITY", "status": "assigned", "id": "1", "version": "1"}
    )
    bo = user_of(app, email="bo@example.org")
    assert bo is not None
    assert (bo.role, bo.status) == ("SUV", "available")


def test_the_same_form_twice_makes_one_person_and_one_session_and_signs_in(app: Flask) -> None:
    browser = Browser(app)
    form = FORM | {"csrf_token": browser.csrf(), "command_id": str(uuid.uuid4()), "password": ""}
    before = browser.cookie()
    browser.client.post("/sign-up", data=form)
    code = code_on(text_of(browser.get("/me/code")))
    browser.client.set_cookie("mayday", before or "")  # the first answer never arrived
    assert browser.client.post("/sign-up", data=form).status_code == 303
    assert code_on(text_of(browser.get("/me/code"))) == code
    assert verbs(app).count("user.registered") == verbs(app).count("session.started") == 1


def test_the_same_form_twice_at_once_makes_one_person(app: Flask) -> None:
    browser = Browser(app)
    form = FORM | {"csrf_token": browser.csrf(), "command_id": str(uuid.uuid4())}
    answers: list[int] = []

    def send() -> None:
        client = app.test_client()
        client.set_cookie("mayday", browser.cookie() or "")
        answers.append(client.post("/sign-up", data=form).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4
    assert verbs(app).count("user.registered") == 1


def test_another_browser_that_learns_the_command_id_gets_nothing(app: Flask) -> None:
    command_id = str(uuid.uuid4())
    Browser(app).post("/sign-up", FORM | {"command_id": command_id})
    thief = Browser(app)
    assert thief.post("/sign-up", FORM | {"command_id": command_id}).status_code == 422
    assert not thief.signed_in


def test_without_the_csrf_token_nothing_happens(app: Flask) -> None:
    assert Browser(app).client.post("/sign-up", data=FORM).status_code == 403
    assert verbs(app) == []


def test_closed_sign_up_says_what_is_needed_and_makes_nobody(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, open_sign_up=False))
    browser = Browser(app)
    page = browser.get("/sign-up")
    assert page.status_code == 403
    assert "invitation or a join code" in text_of(page)
    assert browser.post("/sign-up", FORM).status_code == 403
    assert verbs(app) == []
    dispose(app)


def test_too_many_sign_ups_from_one_address_wait(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, limit_sign_up="2 per minute"))
    answers = [Browser(app).post("/sign-up", FORM | {"contact": f"bo{n}@example.org"}) for n in range(3)]
    assert [a.status_code for a in answers] == [303, 303, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "Wait a little" in text_of(answers[-1])
    dispose(app)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_after_signing_up_nobody_is_sent_to_another_site(app: Flask, target: str) -> None:
    answer = Browser(app).post("/sign-up", FORM, query_string={"next": target})
    assert answer.location == "/"


def test_after_signing_up_the_wanted_page_opens(app: Flask) -> None:
    assert Browser(app).post("/sign-up", FORM, query_string={"next": "/nearby"}).location == "/nearby"


def database_files(app: Flask) -> list[Path]:
    return [p for p in Path(app.config["SETTINGS"].data_dir).glob("mayday.db*") if p.is_file()]
