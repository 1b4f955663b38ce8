"""What a bearer token opens, for how long, and which texts are none of ours."""

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from tests.accounts.browsing import PASSWORD, registered, user_of
from tests.api.caller import Caller, Programs, token_of
from tests.conftest import dispose, settings_for
from tests.people import Cast
from webapp import create_app
from webapp.accounts import access_tokens, erasure, service, sessions
from webapp.journal import SYSTEM, Role
from webapp.journal.actor import DeviceKind

MAP = "https://map.example"
OTHER = b"another key, of somebody who would like to come in"


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def signed(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    import hashlib
    import hmac

    body = f"{part(header)}.{part(claims)}"
    digest = hmac.new(key, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def by_us(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Signed with the very key of this installation: only what it says can be wrong."""
    key = access_tokens._key(int(time.time()) // 86_400)
    return signed(header, claims, key.raw_value)


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in claims.items() if key != name}


Forged = Callable[[dict[str, Any], dict[str, Any], str], str]
FORGERIES: dict[str, Forged] = {
    "alg none": lambda h, c, _s: f"{part(h | {'alg': 'none'})}.{part(c)}.",
    "alg none, signed": lambda h, c, s: f"{part(h | {'alg': 'none'})}.{part(c)}.{s}",
    "another key": lambda h, c, _s: signed(h, c, OTHER),
    "an empty key": lambda h, c, _s: signed(h, c, b""),
    "the kid as key": lambda h, c, _s: signed(h, c, h["kid"].encode()),
    "another kid": lambda h, c, _s: signed(h | {"kid": "../../dev/null"}, c, b""),
    "no kid": lambda h, c, _s: signed(without(h, "kid"), c, OTHER),
    "a kid that is no text": lambda h, c, s: f"{part(h | {'kid': 1})}.{part(c)}.{s}",
    "RS256": lambda h, c, s: f"{part(h | {'alg': 'RS256'})}.{part(c)}.{s}",
    "HS512": lambda h, c, s: f"{part(h | {'alg': 'HS512'})}.{part(c)}.{s}",
    "a key of its own": lambda h, c, _s: signed(
        h | {"jwk": {"kty": "oct", "k": base64.urlsafe_b64encode(OTHER).decode()}}, c, OTHER
    ),
    "a key elsewhere": lambda h, c, _s: signed(h | {"jku": "https://evil.example/keys"}, c, OTHER),
    "crit": lambda h, c, _s: by_us(h | {"crit": ["exp"]}, c),
    "claims exchanged": lambda h, c, s: f"{part(h)}.{part(c | {'uid': 1, 'fam': 1})}.{s}",
    "another type": lambda h, c, _s: by_us(h | {"typ": "JWT"}, c),
    "no type": lambda h, c, _s: by_us(without(h, "typ"), c),
    "another audience": lambda h, c, _s: by_us(h, c | {"aud": "another"}),
    "no audience": lambda h, c, _s: by_us(h, without(c, "aud")),
    "another issuer": lambda h, c, _s: by_us(h, c | {"iss": "https://evil.example"}),
    "run out": lambda h, c, _s: by_us(h, c | {"exp": int(time.time()) - 60}),
    "never runs out": lambda h, c, _s: by_us(h, without(c, "exp")),
    "of the future": lambda h, c, _s: by_us(h, c | {"iat": int(time.time()) + 3600}),
    "not yet": lambda h, c, _s: by_us(h, c | {"nbf": int(time.time()) + 3600}),
    "no family": lambda h, c, _s: by_us(h, without(c, "fam")),
    "a family that is no number": lambda h, c, _s: by_us(h, c | {"fam": "x"}),
    "a family that is not there": lambda h, c, _s: by_us(h, c | {"fam": 999_999}),
    "a family beyond all": lambda h, c, _s: by_us(h, c | {"fam": 2**80}),
    "four parts": lambda h, c, s: f"{part(h)}.{part(c)}.{s}.x",
    "no parts": lambda _h, _c, _s: "x",
    "empty parts": lambda _h, _c, _s: "..",
    "no letters": lambda _h, _c, _s: "é.é.é",
    "a list": lambda h, _c, s: f"{part(h)}.W10.{s}",
    "endless": lambda _h, _c, _s: "a" * 8000,
}


def test_forged_tokens_are_refused(app: Flask, cast: Cast) -> None:
    whole = token_of(app, cast.ada.id)
    header, claims, signature = whole.split(".")
    for name, forge in FORGERIES.items():
        with app.app_context():
            token = forge(read(header), read(claims), signature)
        answer = Caller(app, token).get("/auth/me")
        assert (name, answer.status_code) == (name, 401)
        assert answer.get_json()["name"] == "InvalidToken"
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert Caller(app, whole).get("/auth/me").status_code == 200


def test_another_authorization_opens_nothing_even_beside_a_cookie(cast: Cast) -> None:
    for header in ("", "Bearer", "Bearer  ", "Basic YTpi", "Token x", "bearer"):
        answer = cast.ada.get("/api/v1/auth/me", headers={"Authorization": header})
        assert (header, answer.status_code) == (header, 401)


def test_the_token_decides_and_not_the_cookie_beside_it(cast: Cast, programs: Programs) -> None:
    both = {"Authorization": f"Bearer {programs.sam.token}"}
    assert cast.ada.get("/api/v1/auth/me", headers=both).get_json()["user_id"] == cast.sam.id
    bad = {"Authorization": "Bearer x.y.z"}
    assert cast.ada.get("/api/v1/auth/me", headers=bad).status_code == 401


def test_a_token_opens_no_page(programs: Programs) -> None:
    for path in ("/board", "/events", "/me", "/now", "/users"):
        answer = programs.ada.client.get(path, headers={"Authorization": f"Bearer {programs.ada.token}"})
        assert (path, answer.status_code) == (path, 302)
        assert "/sign-in" in answer.headers["Location"]


def test_a_token_writes_no_form(programs: Programs) -> None:
    headers = {"Authorization": f"Bearer {programs.ada.token}"}
    answer = programs.ada.client.post("/events/new", data={"title": "Flood"}, headers=headers)
    assert answer.status_code == 403


def test_a_browsers_session_reads_the_api_and_needs_its_token_to_write(cast: Cast) -> None:
    assert cast.ada.get("/api/v1/auth/me").get_json()["role"] == "AUTHORITY"
    body, key = {"title": "Flood"}, {"Idempotency-Key": str(uuid.uuid4())}

    def write(**headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        status: int = cast.ada.client.post("/api/v1/events", json=body, headers=key | named).status_code
        return status

    assert write() == 403
    assert write(X_CSRF_Token=cast.sam.csrf) == 403
    assert write(X_CSRF_Token=cast.ada.csrf, Origin="https://evil.example") == 403
    assert write(X_CSRF_Token=cast.ada.csrf) == 201


def test_a_token_needs_no_csrf_token(programs: Programs) -> None:
    assert programs.ada.post("/events", {"title": "Flood"}).status_code == 201


@pytest.fixture
def shared(data_dir: Path) -> Iterator[Flask]:
    app = create_app(settings_for(data_dir, cors_origins=MAP))
    yield app
    dispose(app)


def test_a_named_origin_may_ask_with_a_token_and_never_with_a_cookie(shared: Flask) -> None:
    asked = {
        "Origin": MAP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key, if-match",
    }
    answer = shared.test_client().options("/api/v1/events", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == MAP
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    for header in ("authorization", "content-type", "idempotency-key", "if-match"):
        assert header in allowed
    assert "Access-Control-Allow-Credentials" not in answer.headers
    shown = shared.test_client().get("/api/v1/events", headers={"Origin": MAP})
    exposed = shown.headers["Access-Control-Expose-Headers"]
    for header in ("ETag", "Location", "Retry-After", "X-Request-ID", "Deprecation", "Sunset"):
        assert header in exposed


def test_another_origin_may_not_ask(shared: Flask, app: Flask) -> None:
    for asked in (shared, app):
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        answer = asked.test_client().options("/api/v1/events", headers=headers)
        assert "Access-Control-Allow-Origin" not in answer.headers


MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("then", "status"),
    [
        (MIDNIGHT + timedelta(minutes=5), 200),
        (MIDNIGHT + timedelta(minutes=11), 401),
        (MIDNIGHT + timedelta(days=2), 401),
        (MIDNIGHT - timedelta(days=3), 401),
    ],
    ids=["past midnight", "run out", "two days", "a clock far behind"],
)
def test_a_token_lives_across_the_change_of_keys_and_no_longer(
    app: Flask, cast: Cast, then: datetime, status: int
) -> None:
    with time_machine.travel(MIDNIGHT - timedelta(minutes=5), tick=False):
        token = token_of(app, cast.ada.id)
    with time_machine.travel(then, tick=False):
        assert Caller(app, token).get("/auth/me").status_code == status


def test_each_day_has_a_key_of_its_own(app: Flask, cast: Cast) -> None:
    found = []
    for day in range(3):
        with time_machine.travel(MIDNIGHT + timedelta(days=day), tick=False):
            found.append(read(token_of(app, cast.ada.id).split(".")[0])["kid"])
    assert len(set(found)) == 3


def test_a_demoted_person_has_the_lesser_rights_with_the_next_request(app: Flask, programs: Programs) -> None:
    cast, before = programs.cast, programs.ada
    assert before.post("/events", {"title": "Flood"}).get_json()["status"] == "active"
    with app.app_context():
        service.change_role(SYSTEM, user_id=cast.vic.id, role=Role.AUTHORITY)
        service.change_role(cast.vic.actor, user_id=cast.ada.id, role=Role.SUV)
    assert before.get("/auth/me").get_json()["role"] == "SUV"
    assert before.post("/events", {"title": "Flood"}).get_json()["status"] == "pending"


def end_everywhere(cast: Cast) -> None:
    sessions.end_all(cast.sam.actor, user_id=cast.sam.id)


def deactivate(cast: Cast) -> None:
    service.deactivate(cast.ada.actor, user_id=cast.sam.id)


def erase(cast: Cast) -> None:
    erasure.erase(cast.ada.actor, user_id=cast.sam.id, typed_name=cast.sam.name)


@pytest.mark.parametrize(
    ("deed", "device"),
    [(end_everywhere, 200), (deactivate, 401), (erase, 401)],
    ids=["out everywhere", "deactivated", "erased"],
)
def test_what_shuts_a_person_out_ends_their_programs_with_the_next_request(
    app: Flask, programs: Programs, deed: Callable[[Cast], None], device: int
) -> None:
    cast, gateway = programs.cast, programs.device(programs.cast.sam, DeviceKind.GATEWAY)
    with app.app_context():
        deed(cast)
    assert programs.sam.get("/auth/me").status_code == 401
    assert gateway.get("/auth/me").status_code == device
    assert programs.sue.get("/auth/me").status_code == 200


def test_somebody_let_in_again_signs_in_anew(app: Flask, programs: Programs) -> None:
    with app.app_context():
        deactivate(programs.cast)
        service.reactivate(programs.cast.ada.actor, user_id=programs.cast.sam.id)
    assert programs.sam.get("/auth/me").status_code == 401


def test_the_api_signs_out_everywhere(programs: Programs) -> None:
    cast = programs.cast
    other, gateway = programs.of(cast.sam), programs.device(cast.sam, DeviceKind.GATEWAY)
    assert programs.sam.post("/auth/sign-out-everywhere").status_code == 204
    assert [caller.get("/auth/me").status_code for caller in (programs.sam, other)] == [401, 401]
    assert cast.sam.get("/me").status_code == 302
    assert gateway.get("/auth/me").status_code == 200


@pytest.mark.parametrize("kind", list(DeviceKind))
def test_a_device_signs_nobody_out(programs: Programs, kind: DeviceKind) -> None:
    device = programs.device(programs.cast.sam, kind)
    assert device.post("/auth/sign-out-everywhere").status_code == 403
    assert programs.sam.get("/auth/me").status_code == 200


def test_a_new_password_ends_programs_and_no_paired_device(app: Flask, programs: Programs) -> None:
    cast, gateway = programs.cast, programs.device(programs.cast.sam, DeviceKind.GATEWAY)
    changed = cast.sam.post("/me/password", {"password": "three dry boots"})
    assert changed.status_code == 303
    assert cast.sam.get("/me").status_code == 200
    assert programs.sam.get("/auth/me").status_code == 401
    assert gateway.get("/auth/me").status_code == 200


@pytest.fixture
def bounded(data_dir: Path) -> Iterator[Flask]:
    app = create_app(settings_for(data_dir, limit_sign_in="3 per hour", limit_sign_up="2 per hour"))
    registered(app, "bo@example.org")
    registered(app, "eva@example.org")
    yield app
    dispose(app)


def from_address(app: Flask, number: int, path: str, body: dict[str, Any]) -> tuple[int, int]:
    """Status and seconds to wait."""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    address = {"REMOTE_ADDR": f"192.0.2.{number}"}
    answer = app.test_client().post(f"/api/v1{path}", json=body, headers=headers, environ_base=address)
    return answer.status_code, int(answer.headers.get("Retry-After", 0)) if answer.status_code == 429 else 0


def test_guesses_at_one_person_are_bounded_wherever_they_come_from(bounded: Flask) -> None:
    body = {"contact": "bo@example.org", "secret": "wrong"}
    tried = [from_address(bounded, number, "/auth/token", body) for number in range(1, 18)]
    assert [status for status, _ in tried] == [401] * 15 + [429] * 2
    assert all(0 < wait <= 3600 for status, wait in tried if status == 429)
    right = {"contact": " BO@example.org ", "secret": PASSWORD}
    assert from_address(bounded, 99, "/auth/token", right)[0] == 429
    assert from_address(bounded, 99, "/auth/token", right | {"contact": "eva@example.org"})[0] == 200


def test_who_gets_in_is_not_counted(bounded: Flask) -> None:
    right = {"contact": "bo@example.org", "secret": PASSWORD}
    assert {from_address(bounded, 1, "/auth/token", right)[0] for _ in range(5)} == {200}


def test_unknown_refresh_tokens_of_one_address_shut_nobody_else_out(bounded: Flask) -> None:
    right = {"contact": "bo@example.org", "secret": PASSWORD}
    caller = Caller(bounded, None)
    token = caller.post("/auth/token", right).get_json()["refresh_token"]
    guesses = [from_address(bounded, 1, "/auth/refresh", {"refresh_token": "mrt_x"})[0] for _ in range(4)]
    assert guesses == [401, 401, 401, 429]
    assert caller.post("/auth/refresh", {"refresh_token": token}).status_code == 200


def test_registering_is_bounded(bounded: Flask) -> None:
    body = {"name": "Nadia", "password": "river boat lantern"}
    tried = [
        from_address(bounded, 1, "/auth/register", body | {"contact": f"n{n}@example.org"})[0]
        for n in range(3)
    ]
    assert tried == [201, 201, 429]
    assert user_of(bounded, email="n2@example.org") is None
