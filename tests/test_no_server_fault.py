"""The whole URL map, asked as browsers, HTMX and programs ask, by everybody: nobody gets a fault of ours."""

import uuid
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.caller import token_of
from tests.people import Cast, Person
from tests.test_access import RULES, STEPS, Things, create_adapter, make_things

# What a client sends without being told to.
DEFAULTS = {"Accept-Encoding": "gzip, deflate, br", "Connection": "keep-alive", "Accept": "*/*"}
ASKING = {
    "plainly": {},
    "for a part": {"HX-Request": "true", "HX-Target": "panel", "HX-Current-URL": "http://localhost/board"},
    "boosted": {"HX-Request": "true", "HX-Boosted": "true", "HX-Target": "main"},
    "going back": {"HX-Request": "true", "HX-History-Restore-Request": "true"},
}
# It would end the session that walks.
LAST = {"accounts.sign_out"}


def values_of(endpoint: str, things: Things) -> list[dict[str, Any]]:
    """What fills the converters of a rule: what there is, and what there is not."""
    rule = RULES[endpoint]
    fixed = {"status": "unavailable", "filename": "css/mayday.css"}
    fixed |= {"name": "edit_event"} if endpoint == "api_docs.show" else {}
    here, away = {}, {}
    for name in rule.arguments:
        known = fixed.get(name, getattr(things, name, STEPS.get(endpoint, "check_in")))
        here[name] = known
        away[name] = 987_654 if isinstance(known, int) else "nothing-here"
        if name in ("step", "status", "table"):
            away[name] = known  # one of a few: another is another address
    return [here, away] if rule.arguments else [here]


def walk(
    client: FlaskClient, things: Things, *, csrf: str | None, headers: dict[str, str], api: bool
) -> list[str]:
    """Ask every address; name those that answer with a fault, or not at all."""
    adapter, found = create_adapter(), []
    for endpoint, method in product(sorted(RULES), ("GET", "POST", "PATCH", "DELETE")):
        rule = RULES[endpoint]
        if method not in (rule.methods or ()) or rule.websocket or endpoint in LAST:
            continue
        if endpoint.startswith("api.") is not api or (api and headers.get("HX-Boosted")):
            continue
        for values in values_of(endpoint, things):
            path = adapter.build(endpoint, values)
            key = str(uuid.uuid4())
            form = {"csrf_token": csrf or "", "command_id": key}
            more: dict[str, Any] = {"json": {}} if api else {"data": form}
            answer = client.open(
                path,
                method=method,
                headers=DEFAULTS | headers | {"Idempotency-Key": key, "X-CSRF-Token": csrf or ""},
                **({} if method == "GET" else more),
            )
            if answer.status_code >= 500:
                found.append(f"{method} {path}: {answer.status_code}")
            answer.close()
    return found


def people(cast: Cast) -> dict[str, Person]:
    return {"SUV": cast.sam, "VC": cast.vera, "AUTHORITY": cast.ada}


@pytest.mark.slow
@pytest.mark.parametrize("role", ["stranger", "SUV", "VC", "AUTHORITY"])
@pytest.mark.parametrize("how", ASKING)
def test_no_page_fails(app: Flask, cast: Cast, how: str, role: str) -> None:
    things, person = make_things(app, cast), people(cast).get(role)
    client = person.client if person else cast.stranger
    csrf = person.csrf if person else None
    assert walk(client, things, csrf=csrf, headers=ASKING[how], api=False) == []


@pytest.mark.slow
@pytest.mark.parametrize("role", ["stranger", "SUV", "VC", "AUTHORITY"])
@pytest.mark.parametrize("how", ["plainly", "for a part"])
def test_no_operation_fails(app: Flask, cast: Cast, how: str, role: str) -> None:
    things, person = make_things(app, cast), people(cast).get(role)
    headers = dict(ASKING[how])
    if person:
        headers["Authorization"] = f"Bearer {token_of(app, person.id)}"
    client = app.test_client(use_cookies=False)
    assert walk(client, things, csrf=None, headers=headers, api=True) == []


@pytest.mark.parametrize("how", ["boosted", "going back", "for a part"])
@pytest.mark.parametrize("path", ["/me", "/sign-in"])
def test_a_page_without_parts_answers_whole(cast: Cast, path: str, how: str) -> None:
    answer = (cast.sam.client if path == "/me" else cast.stranger).get(path, headers=ASKING[how])
    assert answer.status_code == 200
    assert answer.get_data(as_text=True).startswith("<!doctype html>")
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize("how", ["boosted", "going back"])
def test_a_page_with_parts_answers_whole_to_who_wants_the_page(cast: Cast, how: str) -> None:
    part = cast.vic.get("/events/new", headers=ASKING["for a part"]).get_data(as_text=True)
    whole = cast.vic.get("/events/new", headers=ASKING[how]).get_data(as_text=True)
    assert "<!doctype html>" not in part
    assert whole.startswith("<!doctype html>")
