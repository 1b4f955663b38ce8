"""Programs register, sign in, refresh and sign out; a token that was copied ends the whole sign-in."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from tests.accounts.browsing import PASSWORD, registered, user_of, verbs
from tests.api.caller import Caller, Programs
from tests.conftest import both_databases
from webapp.accounts import codes
from webapp.accounts.token_models import RefreshToken, TokenFamily
from webapp.database import utc_now
from webapp.extensions import db
from webapp.journal import JournalEntry, Role

BO = "bo@example.org"
NADIA = {"name": "Nadia Berg", "contact": "nadia@example.org", "password": "river boat lantern"}


@pytest.fixture
def nobody(app: Flask) -> Caller:
    """A program that has not signed in."""
    return Caller(app, None)


@pytest.fixture
def bo(app: Flask) -> int:
    """The id of somebody with a password."""
    return registered(app, BO)


def sign_in(nobody: Caller, secret: str = PASSWORD, contact: str = BO, **more: Any) -> TestResponse:
    return nobody.post("/auth/token", {"contact": contact, "secret": secret}, **more)


def refresh(nobody: Caller, token: str, **more: Any) -> TestResponse:
    return nobody.post("/auth/refresh", {"refresh_token": token}, **more)


def me(app: Flask, token: str) -> int:
    return Caller(app, token).get("/auth/me").status_code


def test_somebody_new_registers_and_is_signed_in_as_a_volunteer(app: Flask, nobody: Caller) -> None:
    answer = nobody.post("/auth/register", NADIA | {"client": "field app"})
    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["token_type"], body["expires_in"], body["next_code"]) == ("Bearer", 900, None)
    who = Caller(app, body["access_token"]).get("/auth/me").get_json()
    assert (who["name"], who["role"], who["kind"]) == ("Nadia Berg", "SUV", "user")


def test_registering_again_with_the_same_key_gives_the_same_tokens(nobody: Caller) -> None:
    key = uuid.uuid4()
    first, again = (nobody.post("/auth/register", NADIA, key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json()["refresh_token"] == again.get_json()["refresh_token"]
    another = nobody.post("/auth/register", NADIA)
    assert another.status_code in (409, 422)
    assert "access_token" not in another.text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "12"}, "name"),
        ({"name": ""}, "name"),
        ({"contact": "nobody"}, "contact"),
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"role": "AUTHORITY"}, "role"),
        ({"name": "Na\x00dia"}, "name"),
        ({"name": 7}, "name"),
    ],
    ids=["no letters", "empty", "no contact", "short", "common", "role", "NUL", "number"],
)
def test_a_registration_that_cannot_be_says_which_field(
    app: Flask, nobody: Caller, wrong: dict[str, Any], field: str
) -> None:
    answer = nobody.post("/auth/register", NADIA | wrong)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["data"]["errors"]] == [field]
    assert user_of(app, email=NADIA["contact"]) is None


def test_registering_is_refused_where_it_needs_an_invitation(app: Flask, nobody: Caller) -> None:
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"open_sign_up": False})
    answer = nobody.post("/auth/register", NADIA)
    assert answer.status_code == 403
    assert "invitation" in answer.get_json()["message"]


def test_a_password_lets_in_and_each_sign_in_is_another(app: Flask, nobody: Caller, bo: int) -> None:
    answers = [sign_in(nobody, headers={"Idempotency-Key": str(uuid.uuid4())}) for _ in range(2)]
    tokens = {answer.get_json()["refresh_token"] for answer in answers}
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(tokens) == 2
    assert verbs(app, user_id=bo)[-2:] == ["token.issued"] * 2


def test_a_lost_answer_to_a_sign_in_is_asked_for_again(app: Flask, nobody: Caller, bo: int) -> None:
    key = uuid.uuid4()
    first, again = (sign_in(nobody, key=key).get_json() for _ in range(2))
    assert first["refresh_token"] == again["refresh_token"]
    assert verbs(app, user_id=bo).count("token.issued") == 1


def test_a_one_time_code_lets_in_once_and_gives_the_next(app: Flask, nobody: Caller, bo: int) -> None:
    from webapp.accounts import passwords
    from webapp.accounts.models import SignInCode

    with app.app_context():
        expires_at = utc_now() + codes.DESK
        row = SignInCode(
            user_id=bo, code_hash=passwords.hashed("ABCD2345"), tries_left=5, expires_at=expires_at
        )
        db.session.add(row)
        db.session.commit()
    first = sign_in(nobody, "abcd-2345").get_json()
    assert codes.normal(first["next_code"])
    assert me(app, first["access_token"]) == 200
    assert sign_in(nobody, "ABCD2345").status_code == 401
    assert sign_in(nobody, first["next_code"]).status_code == 200


@pytest.mark.parametrize(
    ("contact", "secret"),
    [(BO, "another"), ("who@example.org", PASSWORD), (BO, "ABCD2345")],
    ids=["wrong password", "unknown", "wrong code"],
)
def test_everybody_who_is_not_let_in_gets_the_same_answer(
    app: Flask, nobody: Caller, bo: int, contact: str, secret: str
) -> None:
    answer = sign_in(nobody, secret, contact)
    assert answer.status_code == 401
    assert answer.get_json()["name"] == "WrongCredentials"
    assert "Set-Cookie" not in answer.headers
    assert "session.refused" in verbs(app)


def test_a_refresh_token_is_good_for_one_use(app: Flask, nobody: Caller, bo: int) -> None:
    first = sign_in(nobody).get_json()
    second = refresh(nobody, first["refresh_token"])
    assert second.status_code == 200
    assert second.get_json()["refresh_token"] != first["refresh_token"]
    assert me(app, second.get_json()["access_token"]) == 200


@both_databases
def test_a_stolen_token_used_after_the_owners_ends_both(app: Flask, nobody: Caller, bo: int) -> None:
    start = sign_in(nobody).get_json()
    owner = refresh(nobody, start["refresh_token"]).get_json()
    before = reuses(nobody)
    thief = refresh(nobody, start["refresh_token"])
    assert thief.status_code == 401
    assert thief.get_json()["name"] == "InvalidRefreshToken"
    assert refresh(nobody, owner["refresh_token"]).status_code == 401
    assert me(app, owner["access_token"]) == 401
    with app.app_context():
        entry = db.session.execute(db.select(JournalEntry).filter_by(verb="token.reused")).scalar_one()
        family = db.session.execute(db.select(TokenFamily)).scalar_one()
    assert (entry.user_id, entry.facts["family"]) == (bo, family.id)
    assert (family.revoked_for, family.revoked_at is not None) == ("reused", True)
    assert reuses(nobody) == before + 1
    assert me(app, sign_in(nobody).get_json()["access_token"]) == 200


def reuses(caller: Caller) -> int:
    """What the metrics say: how many refresh tokens were used twice."""
    text = caller.client.get("/metrics").text
    return int(float(text.split("\nmayday_tokens_reused_total ")[1].split("\n")[0]))


def test_a_thief_who_was_first_is_out_when_the_owner_comes(app: Flask, nobody: Caller, bo: int) -> None:
    start = sign_in(nobody).get_json()
    thief = refresh(nobody, start["refresh_token"]).get_json()
    assert refresh(nobody, start["refresh_token"]).status_code == 401
    assert me(app, thief["access_token"]) == 401


def test_a_lost_answer_to_a_refresh_is_no_theft(app: Flask, nobody: Caller, bo: int) -> None:
    token, key = sign_in(nobody).get_json()["refresh_token"], uuid.uuid4()
    first, again = (refresh(nobody, token, key=key) for _ in range(2))
    assert first.get_json()["refresh_token"] == again.get_json()["refresh_token"]
    assert me(app, again.get_json()["access_token"]) == 200
    assert refresh(nobody, again.get_json()["refresh_token"]).status_code == 200
    # Its successor was used: nobody waits for that answer any more.
    assert refresh(nobody, token, key=key).status_code == 401
    assert "token.reused" in verbs(app)


@both_databases
def test_of_two_refreshes_at_once_one_is_a_theft(app: Flask, nobody: Caller, bo: int) -> None:
    token = sign_in(nobody).get_json()["refresh_token"]
    start = threading.Barrier(4)

    def go(_number: int) -> int:
        start.wait()
        return refresh(Caller(app, None), token).status_code

    with ThreadPoolExecutor(4) as threads:
        found = sorted(threads.map(go, range(4)))
    assert found == [200, 401, 401, 401]
    assert verbs(app).count("token.reused") == 1


@both_databases
def test_the_same_refresh_twice_at_once_gives_the_same_tokens(app: Flask, nobody: Caller, bo: int) -> None:
    token, key = sign_in(nobody).get_json()["refresh_token"], uuid.uuid4()
    start = threading.Barrier(4)

    def go(_number: int) -> str:
        start.wait()
        answer: str = refresh(Caller(app, None), token, key=key).get_json()["refresh_token"]
        return answer

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(go, range(4)))) == 1
    assert "token.reused" not in verbs(app)


@pytest.mark.parametrize("token", ["mrt_unknown", "x", "é" * 50])
def test_an_unknown_refresh_token_is_refused_and_revoking_it_is_no_error(nobody: Caller, token: str) -> None:
    assert refresh(nobody, token).status_code == 401
    assert nobody.post("/auth/revoke", {"refresh_token": token}).status_code == 204


def test_signing_out_ends_access_and_refresh_at_once(app: Flask, nobody: Caller, bo: int) -> None:
    mine, other = sign_in(nobody).get_json(), sign_in(nobody).get_json()
    for _ in range(2):
        assert nobody.post("/auth/revoke", {"refresh_token": mine["refresh_token"]}).status_code == 204
    assert me(app, mine["access_token"]) == 401
    assert refresh(nobody, mine["refresh_token"]).status_code == 401
    assert me(app, other["access_token"]) == 200
    assert verbs(app, user_id=bo).count("token.revoked") == 1


def test_a_refresh_token_runs_out_with_its_family(nobody: Caller, bo: int) -> None:
    token = sign_in(nobody).get_json()["refresh_token"]
    with time_machine.travel(utc_now() + timedelta(days=29), tick=False):
        token = refresh(nobody, token).get_json()["refresh_token"]
    with time_machine.travel(utc_now() + timedelta(days=60), tick=False):
        assert refresh(nobody, token).status_code == 401


def test_a_role_change_is_seen_in_the_next_access_token(app: Flask, programs: Programs) -> None:
    from webapp.accounts.service import change_role

    cast = programs.cast
    with app.app_context():
        change_role(cast.ada.actor, user_id=cast.sam.id, role=Role.VC)
    assert programs.sam.get("/auth/me").get_json()["role"] == "VC"


def test_only_hashes_are_kept(app: Flask, nobody: Caller, bo: int) -> None:
    start = sign_in(nobody).get_json()
    later = refresh(nobody, start["refresh_token"]).get_json()
    secrets = [start["access_token"], start["refresh_token"], later["access_token"], later["refresh_token"]]
    kept = everything_kept(app)
    assert "token.issued" in kept
    for secret in [*secrets, *(secret.removeprefix("mrt_") for secret in secrets), PASSWORD]:
        assert secret not in kept
    with app.app_context():
        hashes = db.session.execute(db.select(RefreshToken.token_hash)).scalars().all()
    assert all(len(found) == 64 for found in hashes)


def everything_kept(app: Flask) -> str:
    """Every value of every table."""
    with app.app_context():
        tables = db.metadata.sorted_tables
        return "\n".join(str(row) for table in tables for row in db.session.execute(table.select()))


def test_nothing_secret_is_logged(app: Flask, nobody: Caller, bo: int, capfd: Any) -> None:
    start = sign_in(nobody).get_json()
    refresh(nobody, start["refresh_token"])
    refresh(nobody, start["refresh_token"])
    sign_in(nobody, "not the password")
    Caller(app, start["access_token"][:-2] + "xx").get("/auth/me")
    out, err = capfd.readouterr()
    for secret in (start["access_token"], start["refresh_token"][4:], PASSWORD, "not the password", BO):
        assert secret not in out + err


@pytest.mark.parametrize(
    "text",
    [
        "went wrong with mrt_" + "4f1d" * 16,
        "bearer eyJhbGciOi.eyJ1aWQiOjF9.c2lnbmF0dXJl",
        "eyJhbGciOi.eyJ1aWQ",
    ],
)
def test_a_token_inside_a_sentence_is_masked_in_the_log(text: str) -> None:
    from webapp.ops.logs import mask_text

    masked = mask_text(text)
    assert "4f1d" not in masked
    assert "eyJ" not in masked
