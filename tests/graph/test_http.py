"""How the graph is asked over HTTP: who may, what is refused, with which status."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.caller import Programs
from tests.conftest import settings_for
from tests.graph.asker import PATH, ask, data, refusal
from tests.people import Cast
from webapp import create_app

STRICT = "application/graphql-response+json"
SMALL = "{ events { nodes { id } } }"


def test_nobody_is_asked_to_sign_in(cast: Cast) -> None:
    answer = cast.app.test_client().post(PATH, json={"query": SMALL})
    assert (answer.status_code, answer.get_json()["name"]) == (401, "SignInNeeded")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="mayday"'
    lost = cast.app.test_client().post(PATH, json={"query": SMALL}, headers={"Authorization": "Bearer x"})
    assert (lost.status_code, lost.get_json()["name"]) == (401, "InvalidToken")


def test_a_browser_needs_its_token_against_other_sites(cast: Cast) -> None:
    page = cast.vic.client
    refused = page.post(PATH, json={"query": SMALL})
    assert (refused.status_code, refused.get_json()["name"]) == (403, "CrossSite")
    answer = page.post(PATH, json={"query": SMALL}, headers={"X-CSRF-Token": cast.vic.csrf})
    assert answer.get_json() == {"data": {"events": {"nodes": []}}}


def test_a_demoted_or_ended_sign_in_counts_at_once(programs: Programs, cast: Cast) -> None:
    query = "{ users { nodes { id } } }"
    assert data(programs.vic, query)
    cast.ada.post(f"/users/{cast.vic.id}/role", {"role": "SUV"})
    assert refusal(programs.vic, query)["name"] == "Forbidden"
    cast.ada.post(f"/users/{cast.vic.id}/deactivate")
    assert ask(programs.vic, query).status_code == 401


BODIES: dict[str, Any] = {
    "no object": ["query"],
    "a list of requests": [{"query": SMALL}, {"query": SMALL}],
    "no query": {"variables": {}},
    "an empty query": {"query": " "},
    "a number": {"query": 7},
    "another name": {"query": SMALL, "id": 1},
    "variables that are none": {"query": SMALL, "variables": [1]},
    "an operation that is none": {"query": SMALL, "operationName": 7},
    "too long a query": {"query": SMALL + " " * 60_000},
}


def test_what_is_no_request_is_refused(programs: Programs) -> None:
    headers = {"Authorization": f"Bearer {programs.vic.token}"}
    for name, body in BODIES.items():
        answer = programs.vic.client.post(PATH, json=body, headers=headers)
        assert (answer.status_code, answer.get_json()["name"]) == (400, "Malformed"), name


def test_what_is_no_json_is_refused(programs: Programs) -> None:
    headers = {"Authorization": f"Bearer {programs.vic.token}"}
    for raw in (b"", b"{", b"\xff", b"[" * 100_000, b'{"query": NaN}'):
        answer = programs.vic.client.post(PATH, data=raw, content_type="application/json", headers=headers)
        assert (answer.status_code, answer.get_json()["name"]) == (400, "Malformed")
    for kind in (
        "application/graphql",
        "text/plain",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
    ):
        answer = programs.vic.client.post(
            PATH, data=json.dumps({"query": SMALL}), content_type=kind, headers=headers
        )
        assert (answer.status_code, answer.get_json()["name"]) == (415, "UnsupportedMediaType")


WRONG = {
    "syntax": "{ events {",
    "an unknown field": "{ evens { nodes { id } } }",
    "an unknown argument": "{ events(firs: 1) { nodes { id } } }",
    "a wrong value": '{ events(first: "x") { nodes { id } } }',
    "an unknown enum": "{ events(status: ACTIV) { nodes { id } } }",
    "no such operation kind": "subscription { events { nodes { id } } }",
    "two operations": "query a { me { email } } query b { me { email } }",
    "a fragment that spreads itself": "{ ...a } fragment a on Query { ...a }",
    "no operation": "fragment a on Query { me { email } }",
    "a control character": '{ events(text: "a\\u0000b") { nodes { id } } }',
    "half a character": '{ events(text: "\\ud800") { nodes { id } } }',
}


def test_a_wrong_document_says_so_and_suggests_nothing(programs: Programs) -> None:
    for name, query in WRONG.items():
        plain = ask(programs.vic, query)
        assert (plain.status_code, plain.mimetype) == (200, "application/json"), name
        body = plain.get_json()
        assert "data" not in body
        assert {error["extensions"]["name"] for error in body["errors"]} <= {"BadQuery", "Invalid"}, name
        assert "Did you mean" not in plain.get_data(as_text=True)
        strict = ask(programs.vic, query, {"Accept": STRICT})
        assert (strict.status_code, strict.mimetype) == (400, STRICT), name


def test_wrong_variables_are_told_as_a_wrong_document_is(programs: Programs) -> None:
    query = 'query($s: EventStatus, $t: String! = "") { events(status: $s, text: $t) { nodes { id } } }'
    for given in ({"s": "ACTIV"}, {"s": 7}, {"t": "a\u0000b"}, {"t": None}):
        body = ask(programs.vic, query, {"Accept": STRICT}, **given)
        assert body.status_code == 400
        assert "Did you mean" not in body.get_data(as_text=True)


def test_an_operation_that_ran_is_200_whatever_its_fields_say(programs: Programs) -> None:
    answer = ask(programs.sam, "{ users { nodes { id } } }", {"Accept": f"{STRICT}, application/json;q=0.9"})
    assert (answer.status_code, answer.mimetype) == (200, STRICT)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.get_json()["data"] == {"users": None}


def test_the_operation_that_is_named_is_run(programs: Programs) -> None:
    headers = {"Authorization": f"Bearer {programs.vic.token}"}
    body = {"query": "query a { me { email } } query b { events { nodes { id } } }", "operationName": "b"}
    answer = programs.vic.client.post(PATH, json=body, headers=headers)
    assert answer.get_json() == {"data": {"events": {"nodes": []}}}


def test_a_get_is_refused_where_it_is_no_development(programs: Programs) -> None:
    headers = {"Authorization": f"Bearer {programs.vic.token}"}
    answer = programs.vic.client.get(PATH, query_string={"query": SMALL}, headers=headers)
    assert (answer.status_code, answer.get_json()["name"]) == (405, "MethodNotAllowed")


INTROSPECTION = "{ __schema { types { name fields { name type { name ofType { name } } } } } }"


def test_the_schema_is_not_told_unless_a_setting_says_so(programs: Programs) -> None:
    for query in (
        INTROSPECTION,
        '{ __type(name: "User") { name } }',
        "{ ...a } fragment a on Query { " + INTROSPECTION[1:],
    ):
        assert refusal(programs.ada, query)["name"] == "NoIntrospection"
    assert data(programs.ada, "{ __typename }") == {"__typename": "Query"}


def again(cast: Cast, data_dir: Path, **chosen: Any) -> Cast:
    """The same people on an app with other settings."""
    return Cast(create_app(settings_for(data_dir, **chosen)), cast.known())


@pytest.mark.parametrize(
    ("env", "chosen", "told"),
    [
        ("development", "", True),
        ("development", False, False),
        ("production", "", False),
        ("production", True, True),
    ],
)
def test_introspection_is_as_the_setting_says(
    cast: Cast, data_dir: Path, env: str, chosen: Any, told: bool
) -> None:
    others = again(cast, data_dir, env=env, graphql_introspection=chosen)
    program = Programs(others).ada
    if told:
        assert {"name": "NeedInput", "fields": None} in data(program, INTROSPECTION)["__schema"]["types"]
    else:
        assert refusal(program, INTROSPECTION)["name"] == "NoIntrospection"


def test_in_development_there_is_a_page_to_try_queries_on(cast: Cast, data_dir: Path) -> None:
    others = again(cast, data_dir, env="development")
    page = others.vic.get(PATH).get_data(as_text=True)
    assert "<textarea" in page
    assert "<script>" not in page
    shown = others.vic.get(PATH, query_string={"query": "{ me { user { name } } }"}).get_data(as_text=True)
    assert "Vic Coordinator" in shown
    deed = 'mutation { joinEvent(commandId: "1f0cbb9e-0ac3-4b7c-b47c-6b1f6b1b6b10", eventId: "1") { id } }'
    refused = others.vic.get(PATH, query_string={"query": deed}).get_data(as_text=True)
    assert "Only queries are run here." in refused
    assert others.stranger.get(PATH).status_code == 401
