"""Signing in by a real OpenID Connect provider in a process of its own: the ways in, and the attacks."""

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser as Chromium
from werkzeug.test import TestResponse

from tests.accounts.browsing import PASSWORD, Browser, registered
from tests.chromium import ONLY_FAULTS
from tests.conftest import settings_for
from tests.oidc_provider import CLIENT, NADIA, SECRET, Running, provider_process
from tests.people import Cast
from tests.servers import running_server
from webapp import create_app
from webapp.accounts import invitations, leaving
from webapp.accounts.models import ExternalIdentity, SignInSession, User
from webapp.accounts.strangers import GOOD_FOR
from webapp.extensions import db
from webapp.journal import SYSTEM, JournalEntry, Role
from webapp.settings import Settings

EMAIL = str(NADIA["email"])


@pytest.fixture(scope="module")
def provider_server() -> Iterator[Running]:
    """The provider of this file."""
    with provider_process() as running:
        yield running


@pytest.fixture
def provider(provider_server: Running) -> Running:
    """The same, as it is at its best."""
    provider_server.behave(forget=True)
    return provider_server


@pytest.fixture
def settings(data_dir: Path, provider: Running) -> Settings:
    """An installation whose provider this is."""
    return settings_for(
        data_dir,
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_name="Example ID",
    )


def to_provider(browser: Browser, start: str = "/sign-in/provider") -> str:
    """Follow the link; where it leads."""
    answer = browser.get(start)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.location)


def through_provider(url: str) -> str:
    """What a browser does there; the address it is sent back to, at our server."""
    import requests

    answer = requests.get(url, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def come_back(browser: Browser, start: str = "/sign-in/provider") -> TestResponse:
    """There and back again."""
    return browser.get(through_provider(to_provider(browser, start)))


def linked(app: Flask, browser: Browser) -> int:
    """Nadia signed up by the provider in this browser; her number."""
    answer = come_back(browser)
    assert answer.location == "/sign-in/provider/new"
    browser.post("/sign-in/provider/new", {"name": "Nadia Berg", "contact": EMAIL})
    assert browser.signed_in
    with app.app_context():
        return db.session.execute(db.select(User.id).where(User.email == EMAIL)).scalar_one()


def everything(app: Flask) -> tuple[int, int, int]:
    """How many people, links and sessions there are."""
    with app.app_context():
        kinds = (User, ExternalIdentity, SignInSession)
        return tuple(len(db.session.execute(db.select(kind.id)).all()) for kind in kinds)  # type: ignore[return-value]


def refusals(app: Flask) -> list[str]:
    """Why the journal says that somebody was not let in."""
    with app.app_context():
        statement = db.select(JournalEntry.facts).where(JournalEntry.verb == "session.refused")
        return [str(facts.get("reason")) for (facts,) in db.session.execute(statement)]


# The ways in


def test_there_is_no_button_where_there_is_no_provider(tmp_path: Path, migrated_sqlite: Path) -> None:
    app = create_app(settings_for(tmp_path))
    page = Browser(app).get("/sign-in").get_data(as_text=True)
    assert "/sign-in/provider" not in page
    assert Browser(app).get("/sign-in/provider").status_code == 404


def test_the_question_carries_all_that_protects_the_answer(app: Flask, provider: Running) -> None:
    browser = Browser(app)
    assert "Continue with Example ID" in browser.get("/sign-in").get_data(as_text=True)
    given = {n: v[0] for n, v in parse_qs(urlsplit(to_provider(browser)).query).items()}
    again = {n: v[0] for n, v in parse_qs(urlsplit(to_provider(browser)).query).items()}
    assert given["code_challenge_method"] == "S256"
    assert given["response_type"] == "code"
    assert given["redirect_uri"] == "http://localhost/sign-in/provider/back"
    for secret in ("state", "nonce", "code_challenge"):
        assert len(given[secret]) >= 43
        assert given[secret] != again[secret]


def test_a_newcomer_signs_up_and_is_known_the_next_time(app: Flask, provider: Running) -> None:
    browser = Browser(app)
    answer = come_back(browser)
    assert answer.location == "/sign-in/provider/new"
    page = browser.get(answer.location).get_data(as_text=True)
    assert 'value="Nadia Berg"' in page
    assert f'value="{EMAIL}"' in page
    assert everything(app) == (0, 0, 0), "nothing before she says so"
    signed_up = browser.post("/sign-in/provider/new", {"name": "Nadia B", "contact": EMAIL})
    assert signed_up.location == "/me/code", "she gets a code for when the provider is out of reach"
    page = browser.get("/me").get_data(as_text=True)
    assert "Nadia B" in page
    assert f"{EMAIL}</p>" in page
    (secret,) = {a["authorization"] for a in provider.asked("/token")}
    assert secret.startswith("Basic ")

    other = Browser(app)
    assert come_back(other).location == "/"
    assert other.signed_in
    assert everything(app) == (1, 1, 2)
    with app.app_context():
        user = db.session.execute(db.select(User)).scalar_one()
        assert (user.role, user.email, user.password_hash) == (Role.SUV, EMAIL, None)
        verbs = list(db.session.execute(db.select(JournalEntry.verb)).scalars())
        changes = str(db.session.execute(db.select(JournalEntry.changes, JournalEntry.facts)).all())
    assert {"user.registered", "identity.linked", "session.started"} <= set(verbs)
    assert EMAIL not in changes
    assert str(NADIA["sub"]) not in changes


def test_the_way_on_is_kept(app: Flask, provider: Running) -> None:
    linked(app, Browser(app))
    browser = Browser(app)
    assert come_back(browser, "/sign-in/provider?next=/offers").location == "/offers"
    elsewhere = Browser(app)
    assert come_back(elsewhere, "/sign-in/provider?next=//evil.example/").location == "/"


def test_closed_sign_up_takes_nobody_new(data_dir: Path, provider: Running) -> None:
    app = create_app(
        settings_for(
            data_dir,
            oidc_issuer=provider.url,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            open_sign_up=False,
        )
    )
    browser = Browser(app)
    assert come_back(browser).status_code == 403
    assert browser.post("/sign-in/provider/new", {"name": "N", "contact": EMAIL}).status_code == 409
    with app.app_context():
        invitations.invite(SYSTEM, token="t" * 32, role=Role.VC)
    invited = Browser(app)
    assert f"invitation={'t' * 32}" in invited.get(f"/invitation/{'t' * 32}").get_data(as_text=True)
    assert come_back(invited, f"/sign-in/provider?invitation={'t' * 32}").status_code == 302
    invited.post("/sign-in/provider/new", {"name": "Nadia Berg", "contact": EMAIL})
    assert invited.signed_in
    with app.app_context():
        assert db.session.execute(db.select(User.role)).scalar_one() is Role.VC
    again = Browser(app)
    provider.behave(claims={"sub": "another"})
    used = come_back(again, f"/sign-in/provider?invitation={'t' * 32}")
    assert used.status_code in (302, 410)


def test_an_account_with_this_email_is_linked_after_proof(app: Flask, provider: Running) -> None:
    user_id = registered(app, EMAIL)
    browser = Browser(app)
    assert come_back(browser).location == "/sign-in/provider/link"
    assert "prove it once" in browser.get("/sign-in/provider/link").get_data(as_text=True)
    assert not browser.signed_in
    wrong = browser.post("/sign-in/provider/link", {"secret": "not this one"})
    assert wrong.status_code == 422
    assert not browser.signed_in
    assert everything(app)[1] == 0
    assert browser.post("/sign-in/provider/link", {"secret": PASSWORD}).location == "/"
    assert browser.signed_in
    other = Browser(app)
    assert come_back(other).location == "/"
    with app.app_context():
        assert db.session.execute(db.select(ExternalIdentity.user_id)).scalar_one() == user_id


def test_somebody_signed_in_confirms_and_unlinks(app: Flask, provider: Running) -> None:
    registered(app, EMAIL)
    browser = Browser(app)
    browser.sign_in(EMAIL)
    assert come_back(browser).location == "/sign-in/provider/link"
    assert everything(app)[1] == 0, "not before the button"
    assert "Link it to my account" in browser.get("/sign-in/provider/link").get_data(as_text=True)
    token = _csrf(browser)
    browser.client.post("/sign-in/provider/link", data={"csrf_token": token, "command_id": _uuid()})
    assert everything(app)[1] == 1
    page = browser.get("/me").get_data(as_text=True)
    address = re.search(r'action="(/me/identities/\d+/unlink)"', page)
    assert address
    stranger = Browser(app)
    assert stranger.post(address[1]).status_code == 302
    browser.client.post(address[1], data={"csrf_token": token, "command_id": _uuid()})
    assert everything(app)[1] == 0
    assert come_back(Browser(app)).location == "/sign-in/provider/link"


def _csrf(browser: Browser) -> str:
    found = re.search(r'name="csrf-token" content="([0-9a-f]+)"', browser.get("/me").get_data(as_text=True))
    assert found
    return found[1]


def _uuid() -> str:
    import uuid

    return str(uuid.uuid4())


def test_the_email_may_come_from_the_userinfo_page(app: Flask, provider: Running) -> None:
    registered(app, EMAIL)
    provider.behave(claims={"email": None, "email_verified": None, "name": None})
    assert come_back(Browser(app)).location == "/sign-in/provider/link"
    provider.behave(claims={"email": None, "email_verified": None}, userinfo={"sub": "somebody else"})
    assert come_back(Browser(app)).location == "/sign-in/provider/new"


def test_a_public_client_says_no_secret(data_dir: Path, provider: Running) -> None:
    provider.behave(public=True)
    app = create_app(settings_for(data_dir, oidc_issuer=provider.url, oidc_client_id=CLIENT))
    assert come_back(Browser(app)).location == "/sign-in/provider/new"


def test_a_new_key_of_the_provider_is_fetched(
    app: Flask, provider: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.accounts.provider.ASKED_AGAIN", 0.0)
    assert come_back(Browser(app)).status_code == 302
    provider.behave(rotate=True)
    assert come_back(Browser(app)).status_code == 302


def test_a_provider_that_stops_answering_keeps_nobody_waiting_one_after_the_other(
    app: Flask, provider: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_provider(Browser(app))
    monkeypatch.setattr("webapp.accounts.provider.KEPT", 0.0)
    monkeypatch.setattr("webapp.accounts.provider.REST", 3600.0)
    provider.behave(away=500, forget=True)
    for _ in range(3):
        assert to_provider(Browser(app)), "what it said of itself before is still good"
    assert len(provider.asked("/.well-known/openid-configuration")) == 1


def test_a_made_up_key_does_not_have_keys_fetched_again_and_again(app: Flask, provider: Running) -> None:
    provider.behave(kid="made up", forget=True)
    for _ in range(3):
        assert come_back(Browser(app)).status_code == 422
    assert len(provider.asked("/jwks")) == 1


def test_a_double_tap_signs_up_one_person(app: Flask, provider: Running) -> None:
    first = Browser(app)
    come_back(first)
    form = {"name": "Nadia", "contact": EMAIL, "command_id": _uuid(), "csrf_token": first.csrf()}
    cookie = first.cookie()
    assert first.client.post("/sign-in/provider/new", data=form).status_code == 303
    first.client.set_cookie("mayday", str(cookie))
    assert first.client.post("/sign-in/provider/new", data=form).status_code == 303
    assert first.signed_in
    assert everything(app)[:2] == (1, 1)
    provider.behave(claims={"sub": "somebody-else", "email": "else@example.org"})
    other = Browser(app)
    come_back(other)
    other.post("/sign-in/provider/new", form | {"contact": "else@example.org", "csrf_token": other.csrf()})
    assert everything(app)[:2] == (2, 2), "the form of one browser is nothing in another"


# What never lets in


@pytest.mark.parametrize(
    ("ways", "reason"),
    [
        ({"claims": {"nonce": "of another browser"}}, "id_token"),
        ({"claims": {"nonce": None}}, "id_token"),
        ({"claims": {"aud": "another client"}}, "id_token"),
        ({"claims": {"aud": [CLIENT, "another"]}}, "id_token"),
        ({"claims": {"aud": [CLIENT, "another"], "azp": "another"}}, "id_token"),
        ({"claims": {"aud": None}}, "id_token"),
        ({"claims": {"iss": "https://evil.example"}}, "id_token"),
        ({"claims": {"iss": None}}, "id_token"),
        ({"claims": {"exp": 1_000_000_000}}, "id_token"),
        ({"claims": {"exp": None}}, "id_token"),
        ({"claims": {"exp": "soon"}}, "id_token"),
        ({"claims": {"iat": 9_000_000_000}}, "id_token"),
        ({"claims": {"sub": None}}, "id_token"),
        ({"claims": {"sub": ""}}, "id_token"),
        ({"claims": {"sub": 7}}, "id_token"),
        ({"claims": {"sub": "x" * 300}}, "id_token"),
        ({"claims": {"at_hash": "wrong"}}, "id_token"),
        ({"alg": "none"}, "id_token"),
        ({"alg": "HS256"}, "id_token"),
        ({"other_key": True}, "id_token"),
        ({"kid": "unknown"}, "id_token"),
        ({"no_id_token": True}, "no id_token"),
        ({"iss": "https://evil.example"}, "issuer of the answer"),
        ({"error": "access_denied"}, "answer: access_denied"),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, dict) else "",
)
def test_a_wrong_answer_lets_nobody_in(
    app: Flask, provider: Running, ways: dict[str, object], reason: str
) -> None:
    linked(app, Browser(app))
    before = everything(app)
    provider.behave(**ways)
    browser = Browser(app)
    answer = come_back(browser)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422, page
    assert "You are not signed in" in page
    assert not browser.signed_in
    assert everything(app) == before
    assert refusals(app)[0].startswith(reason)
    metrics = browser.get("/metrics").get_data(as_text=True)
    assert 'mayday_sign_ins_total{outcome="refused"}' in metrics


def test_a_forged_state_is_refused(app: Flask, provider: Running) -> None:
    browser = Browser(app)
    back = through_provider(to_provider(browser))
    for state in ("forged", ""):
        forged = re.sub(r"state=[^&]*", f"state={state}", back)
        assert browser.get(forged).status_code == 422
    assert browser.get("/sign-in/provider/back").status_code == 422
    assert browser.get("/sign-in/provider/back?state=%00&code=%F0%9F%8C%8A").status_code == 422
    assert refusals(app) == ["state"] * 4
    assert browser.get(back).status_code == 302, "the true answer is still good"


def test_an_answer_is_good_once(app: Flask, provider: Running) -> None:
    browser = Browser(app)
    back = through_provider(to_provider(browser))
    assert browser.get(back).status_code == 302
    assert browser.get(back).status_code == 422


def test_an_answer_to_another_browser_is_refused(app: Flask, provider: Running) -> None:
    """Login CSRF: the attacker's answer, opened by the victim."""
    back = through_provider(to_provider(Browser(app)))
    victim = Browser(app)
    to_provider(victim)
    assert victim.get(back).status_code == 422
    assert not victim.signed_in


def test_a_code_of_another_browser_is_worth_nothing(app: Flask, provider: Running) -> None:
    """Code injection: the provider compares the verifier, which only the browser that asked has."""
    linked(app, Browser(app))
    victims = through_provider(to_provider(Browser(app)))
    attacker = Browser(app)
    back = through_provider(to_provider(attacker))
    stolen = re.sub(r"code=[^&]*", "code=" + parse_qs(urlsplit(victims).query)["code"][0], back)
    assert attacker.get(stolen).status_code == 422
    assert not attacker.signed_in
    assert refusals(app) == ["token refused: invalid_grant"]


def test_an_answer_that_comes_late_is_refused(
    app: Flask, provider: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(app)
    back = through_provider(to_provider(browser))
    late = time.time() + GOOD_FOR + 1
    monkeypatch.setattr("webapp.accounts.strangers.time.time", lambda: late)
    assert browser.get(back).status_code == 422


def test_a_missing_issuer_is_refused_where_one_is_promised(app: Flask, provider: Running) -> None:
    """Mix-up (RFC 9207)."""
    promised = {"authorization_response_iss_parameter_supported": True}
    provider.behave(metadata=promised)
    assert come_back(Browser(app)).status_code == 422
    provider.behave(metadata=promised, iss=provider.url)
    assert come_back(Browser(app)).status_code == 302


def test_an_unverified_email_finds_nobody(app: Flask, provider: Running) -> None:
    registered(app, EMAIL)
    for verified in (False, None, "false", 1, "yes"):
        provider.behave(claims={"email_verified": verified}, userinfo={"email_verified": False})
        browser = Browser(app)
        assert come_back(browser).location == "/sign-in/provider/new"
        page = browser.get("/sign-in/provider/new").get_data(as_text=True)
        assert EMAIL not in page
        assert browser.post("/sign-in/provider/link", {"secret": PASSWORD}).status_code == 403
        taken = browser.post("/sign-in/provider/new", {"name": "Nadia", "contact": EMAIL})
        assert taken.status_code == 422
        assert not browser.signed_in
    assert everything(app)[1] == 0


def test_another_email_is_not_linked_by_who_is_signed_in(app: Flask, provider: Running) -> None:
    registered(app, "somebody@example.org")
    browser = Browser(app)
    browser.sign_in("somebody@example.org")
    assert come_back(browser).status_code == 403
    assert everything(app)[1] == 0


def test_an_account_of_somebody_else_is_not_linked(app: Flask, provider: Running) -> None:
    linked(app, Browser(app))
    registered(app, "somebody@example.org")
    browser = Browser(app)
    browser.sign_in("somebody@example.org")
    assert come_back(browser).status_code == 403
    assert "somebody" not in browser.get("/me").get_data(as_text=True).split("By another account")[1][:400]


def test_guesses_at_the_password_are_limited(data_dir: Path, provider: Running) -> None:
    app = create_app(
        settings_for(
            data_dir,
            oidc_issuer=provider.url,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            limit_sign_in="3 per hour",
        )
    )
    registered(app, EMAIL)
    browser = Browser(app)
    come_back(browser)
    answers = [browser.post("/sign-in/provider/link", {"secret": f"guess {n}"}).status_code for n in range(5)]
    assert answers == [422, 422, 422, 429, 429]
    assert Browser(app).sign_in(EMAIL, "guess").status_code == 429, "counted with those of the sign-in form"


def test_forged_answers_are_limited(data_dir: Path, provider: Running) -> None:
    app = create_app(
        settings_for(data_dir, oidc_issuer=provider.url, oidc_client_id=CLIENT, limit_sign_in="3 per hour")
    )
    browser = Browser(app)
    answers = [browser.get("/sign-in/provider/back?state=x&code=y").status_code for _ in range(5)]
    assert answers == [422, 422, 422, 429, 429]
    assert len(refusals(app)) == 3


def test_who_was_shut_out_stays_out(app: Flask, provider: Running) -> None:
    user_id = linked(app, Browser(app))
    cast = Cast(app)
    with app.app_context():
        leaving.deactivate(cast.ada.actor, user_id=user_id)
    browser = Browser(app)
    assert come_back(browser).status_code == 422
    assert not browser.signed_in
    assert refusals(app) == ["account closed"]
    with app.app_context():
        leaving.erase(cast.ada.actor, user_id=user_id, typed_name="Nadia Berg")
        assert db.session.execute(db.select(ExternalIdentity)).first() is None
    assert come_back(Browser(app)).location == "/sign-in/provider/new"


def test_a_form_without_an_answer_before_it_does_nothing(app: Flask, provider: Running) -> None:
    browser = Browser(app)
    for path in ("/sign-in/provider/link", "/sign-in/provider/new"):
        assert browser.get(path).status_code == 409
        assert browser.post(path, {"name": "N", "contact": EMAIL, "secret": PASSWORD}).status_code == 409
    assert everything(app) == (0, 0, 0)


# A provider in trouble


@pytest.mark.parametrize(
    "ways",
    [
        {"away": 500},
        {"away": 404},
        {"metadata": {"issuer": "https://evil.example"}},
        {"metadata": {"token_endpoint": None}},
        {"metadata": {"authorization_endpoint": "file:///etc/passwd"}},
        {"metadata": {"jwks_uri": "http://user:pass@127.0.0.1/"}},
        {"metadata": {"code_challenge_methods_supported": ["plain"]}},
    ],
    ids=["500", "404", "another issuer", "no token", "file", "password", "no PKCE"],
)
def test_a_provider_that_says_nothing_right_is_away(
    app: Flask, provider: Running, ways: dict[str, object]
) -> None:
    provider.behave(**ways)
    answer = Browser(app).get("/sign-in/provider")
    assert answer.status_code == 503
    assert "Sign in with your password or code" in answer.get_data(as_text=True)


def test_a_provider_that_is_not_there_is_away(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    app = create_app(settings_for(data_dir, oidc_issuer=f"http://127.0.0.1:{port}", oidc_client_id="c"))
    browser = Browser(app)
    assert browser.get("/sign-in/provider").status_code == 503
    assert browser.sign_in("nobody@example.org").status_code == 422, "the other ways in stay open"


@pytest.mark.parametrize(
    ("ways", "status"),
    [
        ({"token_status": 500}, 503),
        ({"token_status": 200}, 422),
        ({"token_redirect": "http://127.0.0.1:1/token"}, 503),
        ({"metadata": {"jwks_uri": "http://127.0.0.1:1/"}}, 503),
    ],
    ids=["500", "not json", "redirect", "no keys"],
)
def test_trouble_on_the_way_back_leaves_nothing_half_done(
    app: Flask, provider: Running, ways: dict[str, object], status: int
) -> None:
    provider.behave(**ways)
    browser = Browser(app)
    assert come_back(browser).status_code == status
    assert not browser.signed_in
    assert everything(app) == (0, 0, 0)


def test_a_client_id_is_needed(tmp_path: Path) -> None:
    from webapp.settings import SettingsError

    with pytest.raises(SettingsError, match="oidc_client_id"):
        settings_for(tmp_path, oidc_issuer="https://id.example")


@pytest.mark.browser
@pytest.mark.slow
def test_a_person_signs_up_and_in_with_a_browser(
    data_dir: Path, provider: Running, chromium: Chromium
) -> None:
    provider.behave(public=True, ask=True)
    settings = settings_for(data_dir, oidc_issuer=provider.url, oidc_client_id=CLIENT, oidc_name="Example ID")
    with running_server(settings) as server:
        for first in (True, False):
            page = chromium.new_context().new_page()
            page.goto(f"{server.url}/sign-in")
            page.get_by_role("link", name="Continue with Example ID").click()
            page.get_by_role("button", name="I am Nadia").click()
            if first:
                faults = Axe().run(page, options=ONLY_FAULTS).response["violations"]
                assert [each["id"] for each in faults] == []
                page.get_by_role("button", name="Sign up").click()
                page.get_by_role("heading", name="code").first.wait_for()
            page.goto(f"{server.url}/me")
            page.get_by_role("heading", name="Nadia Berg").wait_for()
            page.context.close()
