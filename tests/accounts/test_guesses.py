"""Whoever guesses is stopped early, at all doors together, and keeps nobody else out."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from itsdangerous import URLSafeSerializer

from tests.accounts.browsing import PASSWORD, Browser, registered, text_of, user_of
from tests.accounts.test_join import code_of
from tests.conftest import REDIS, dispose, settings_for
from tests.people import Cast
from tests.quick import wait_for_no_disk
from webapp import create_app
from webapp.accounts import codes, links, passwords
from webapp.journal import SYSTEM
from webapp.settings import Settings

EMAIL, OTHER = "bo@example.org", "una@example.org"


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """One try an hour: five at a contact, ten with codes, twenty of an address."""
    return settings_for(data_dir, limit_sign_in="1 per hour")


def by_program(app: Flask, contact: str, secret: str, address: str) -> int:
    """A program's try to sign in."""
    answer = app.test_client().post(
        "/api/v1/auth/token",
        json={"contact": contact, "secret": secret},
        environ_base={"REMOTE_ADDR": address},
    )
    return answer.status_code


def form(app: Flask, contact: str, secret: str, address: str, browser: Browser | None = None) -> int:
    """A try with the form, from an address, with a browser that nobody knows unless one is given."""
    browser = browser or Browser(app)
    sent = {"contact": contact, "secret": secret}
    return browser.post("/sign-in", sent, environ_base={"REMOTE_ADDR": address}).status_code


def knowing(app: Flask, contact: str) -> Browser:
    """A browser that signed this person in, and out again."""
    browser = Browser(app)
    assert browser.sign_in(contact).status_code == 303
    browser.post("/sign-out")
    assert not browser.signed_in
    return browser


def desk_code(app: Flask, user_id: int) -> str:
    """A code that a coordinator made for the person."""
    made = codes.spelled(30**7 + user_id)
    with app.app_context():
        codes.make_at_desk(SYSTEM, user_id=user_id, code_hash=passwords.hashed(made))
    return made


HERE, THERE = "192.0.2.1", "192.0.2.2"


def test_guesses_of_programs_count_for_the_form(app: Flask) -> None:
    registered(app, EMAIL)
    tries = [by_program(app, EMAIL, f"guess {n}", HERE) for n in range(2)]
    assert tries == [401, 429]
    assert form(app, EMAIL, PASSWORD, HERE) == 429


@pytest.mark.parametrize("spelling", ["BO@example.org", " bo@EXAMPLE.org "])
def test_every_spelling_of_a_contact_is_the_same(app: Flask, spelling: str) -> None:
    registered(app, EMAIL)
    assert form(app, EMAIL, "guess", HERE) == 422
    assert form(app, spelling, PASSWORD, HERE) == 429


def test_known_and_unknown_people_are_limited_alike(app: Flask) -> None:
    registered(app, EMAIL)
    for contact in (EMAIL, "nobody@example.org"):
        assert [form(app, contact, f"guess {n}", HERE) for n in range(3)] == [422, 429, 429]


def test_who_guesses_does_not_keep_the_owner_out(app: Flask) -> None:
    registered(app, EMAIL)
    assert [form(app, EMAIL, f"guess {n}", HERE) for n in range(20)].count(422) == 1
    assert form(app, EMAIL, PASSWORD, THERE) == 303


def test_a_browser_that_let_the_owner_in_before_lets_them_in_behind_the_same_address(app: Flask) -> None:
    registered(app, EMAIL)
    browser = knowing(app, EMAIL)
    for n in range(20):
        form(app, EMAIL, f"guess {n}", HERE)
    assert form(app, EMAIL, PASSWORD, HERE) == 429
    assert form(app, EMAIL, PASSWORD, HERE, browser) == 303


def test_guesses_from_many_addresses_are_bounded_and_shut_out_no_known_browser(app: Flask) -> None:
    registered(app, EMAIL)
    browser = knowing(app, EMAIL)
    tried = [form(app, EMAIL, f"guess {n}", f"10.0.0.{n}") for n in range(20)]
    assert tried == [422] * 5 + [429] * 15
    assert form(app, EMAIL, PASSWORD, "10.0.1.1") == 429
    assert form(app, EMAIL, PASSWORD, "10.0.1.1", browser) == 303


def test_a_known_browser_has_no_more_guesses_than_others(app: Flask) -> None:
    registered(app, EMAIL)
    browser = knowing(app, EMAIL)
    tried = [form(app, EMAIL, f"guess {n}", f"10.0.0.{n}", browser) for n in range(3)]
    assert tried == [422, 429, 429]


def test_a_browser_is_known_for_the_people_it_let_in_only(app: Flask) -> None:
    registered(app, EMAIL)
    registered(app, OTHER)
    browser = knowing(app, OTHER)
    form(app, EMAIL, "guess", HERE)
    assert form(app, EMAIL, PASSWORD, HERE, browser) == 429


def test_what_a_browser_is_known_by_says_nothing_and_cannot_be_made(app: Flask) -> None:
    user_id = registered(app, EMAIL)
    answer = Browser(app).sign_in(EMAIL)
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("mayday_device=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=34560000" in cookie
    value = cookie.split("=", 1)[1].split(";")[0]
    kept = URLSafeSerializer("x").load_payload(value.rsplit(".", 1)[0].encode())
    assert [len(part) for part in (kept[0], *kept[1])] == [12, 20]
    assert str(user_id) not in kept[1]
    forged = Browser(app)
    forged.client.set_cookie("mayday_device", URLSafeSerializer("x" * 32, salt="known-browser").dumps(kept))
    form(app, EMAIL, "guess", HERE)
    assert form(app, EMAIL, PASSWORD, HERE, forged) == 429


def test_codes_let_in_where_passwords_are_shut(app: Flask) -> None:
    code = desk_code(app, registered(app, EMAIL))
    for n in range(16):
        form(app, EMAIL, f"guess {n}", f"10.0.0.{n % 8}")
    assert form(app, EMAIL, PASSWORD, "10.0.1.1") == 429
    assert form(app, EMAIL, code, "10.0.0.1") == 303


def test_a_password_that_looks_like_a_code_is_not_looked_at_where_passwords_are_shut(app: Flask) -> None:
    registered(app, EMAIL, password="matthews")
    form(app, EMAIL, "guess", HERE)
    assert form(app, EMAIL, "matthews", HERE) == 422
    assert form(app, EMAIL, "matthews", THERE) == 303


def test_wrong_codes_do_not_end_a_code(app: Flask) -> None:
    code = desk_code(app, registered(app, EMAIL))
    for n in range(8):
        assert form(app, EMAIL, codes.spelled(n), HERE) == 422
    assert form(app, EMAIL, code, HERE) == 303


def test_guesses_at_codes_are_bounded(app: Flask) -> None:
    registered(app, EMAIL)
    tried = [form(app, EMAIL, codes.spelled(n), HERE) for n in range(15)]
    assert tried == [422] * 10 + [429] * 5


def test_guesses_at_everybody_from_one_address_are_bounded_and_codes_pass(app: Flask) -> None:
    code = desk_code(app, registered(app, EMAIL))
    browser = knowing(app, EMAIL)
    tried = [by_program(app, f"p{n}@example.org", "guess", HERE) for n in range(35)]
    assert tried == [401] * 20 + [429] * 15
    assert tried[-1] == 429
    assert form(app, EMAIL, PASSWORD, HERE) == 429
    assert form(app, EMAIL, code, HERE) == 303
    assert form(app, EMAIL, PASSWORD, HERE, browser) == 303


def test_an_address_that_lets_people_in_is_not_shut_for_the_failures_of_others(app: Flask) -> None:
    people = [f"person{n}@example.org" for n in range(4)]
    for contact in people:
        registered(app, contact)
    for round_, contact in enumerate(people):
        for n in range(9):
            by_program(app, f"p{round_}-{n}@example.org", "guess", HERE)
        assert form(app, contact, PASSWORD, HERE) == 303


def test_one_person_makes_up_for_failures_once(app: Flask) -> None:
    registered(app, EMAIL)
    for n in range(35):
        by_program(app, f"p{n}@example.org", "guess", HERE)
        if n in (5, 10, 15):
            assert form(app, EMAIL, PASSWORD, HERE) == 303
    assert form(app, EMAIL, PASSWORD, HERE) == 429


@pytest.mark.parametrize("redis_url", ["", pytest.param(REDIS, marks=pytest.mark.redis)])
def test_guesses_at_once_are_counted_before_they_are_tried(data_dir: Path, redis_url: str) -> None:
    app = create_app(settings_for(data_dir, limit_sign_in="1 per hour", redis_url=redis_url))
    contact = f"{uuid.uuid4().hex}@example.org"
    registered(app, contact)
    with ThreadPoolExecutor(20) as threads:
        tried = list(threads.map(lambda n: by_program(app, contact, f"guess {n}", contact), range(60)))
    assert tried.count(401) <= 1
    assert set(tried) <= {401, 429, 503}
    assert by_program(app, contact, PASSWORD, f"another {contact}") == 200
    dispose(app)


def test_a_refusal_says_when_and_which_other_way_there_is(app: Flask) -> None:
    form(app, EMAIL, "guess", HERE)
    page = Browser(app).post(
        "/sign-in", {"contact": EMAIL, "secret": "guess"}, environ_base={"REMOTE_ADDR": HERE}
    )
    assert 0 < int(page.headers["Retry-After"]) <= 3600
    assert "Wait a little, then try again: in 60 minutes" in text_of(page)
    assert "ask a coordinator at the desk" in text_of(page)


def test_a_sign_in_link_passes_whatever_others_tried(app: Flask) -> None:
    user_id = registered(app, EMAIL)
    with app.app_context():
        links.make_link(SYSTEM, user_id=user_id, token="t" * 43)
    guesses = [Browser(app).get(f"/sign-in/{n}").status_code for n in range(3)]
    assert guesses == [404, 429, 429]
    browser = Browser(app)
    assert browser.get(f"/sign-in/{'t' * 43}").status_code == 200
    assert browser.post(f"/sign-in/{'t' * 43}").status_code == 303
    assert browser.signed_in


def test_what_is_read_or_written_by_strangers_does_not_shut_a_known_browser_out(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, limit_reads="6 per hour", limit_writes="4 per hour"))
    registered(app, EMAIL)
    browser = knowing(app, EMAIL)
    stranger = Browser(app)
    tried = [stranger.get("/sign-in").status_code for _ in range(8)]
    assert 429 in tried
    assert browser.get("/sign-in").status_code == 200
    dispose(app)


def test_one_volunteer_does_not_learn_whose_number_is_known(app: Flask) -> None:
    registered(app, EMAIL)
    sam = Browser(app)
    registered(app, "sam@example.org")
    sam.sign_in("sam@example.org")
    version = form_version(sam)
    tried = []
    for n in range(20):
        profile = {
            "name": "Sam",
            "locale": "",
            "email": EMAIL if n % 2 else f"x{n}@example.org",
            "version": version,
        }
        answer = sam.post("/me", profile)
        tried.append(answer.status_code)
        version = form_version(sam)
    assert tried.count(429) == 15, "free ones as well as known ones"
    kept = {"name": "Samuel", "locale": "", "email": user_of(app, name="Sam").email, "version": version}
    assert sam.post("/me", kept).status_code == 303, "all else can still be changed"


def form_version(browser: Browser) -> str:
    """The version that the profile form carries."""
    found = re.search(r'name="version"[^>]*value="(\d+)"', text_of(browser.get("/me")))
    assert found
    return found[1]


def test_strangers_do_not_learn_by_signing_up_whose_number_is_known(data_dir: Path) -> None:
    app = create_app(settings_for(data_dir, limit_sign_up="40 per hour"))
    registered(app, EMAIL)
    taken = {"name": "Zed", "contact": EMAIL}
    tried = [Browser(app).post("/sign-up", taken).status_code for _ in range(6)]
    assert tried == [422] * 4 + [429] * 2
    dispose(app)


@pytest.mark.slow
def test_ninety_people_join_behind_one_address_within_a_minute(data_dir: Path) -> None:
    defaults = Settings(_env_file=None)  # type: ignore[call-arg]
    app = create_app(
        settings_for(data_dir, limit_sign_up=defaults.limit_sign_up, limit_sign_in="10 per minute")
    )
    wait_for_no_disk(app)
    cast = Cast(app)
    _, code = code_of(app, cast)
    with time_machine.travel("2026-11-27T10:00:05Z", tick=False):
        for n in range(12):
            Browser(app).get(f"/join/{n}")  # somebody who tries what is none
        joined = [
            Browser(app).post(f"/join/{code}", {"name": "Nora", "contact": f"n{n}@example.org"}).status_code
            for n in range(90)
        ]
    assert joined == [303] * 90
    dispose(app)
