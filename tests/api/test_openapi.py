"""The description of the API is valid OpenAPI 3.1, whole, and says what each operation may answer."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from tests.api.caller import Programs
from tests.conftest import dispose, settings_for
from webapp import create_app
from webapp.access import action_of
from webapp.api import describing, operation
from webapp.api.ageing import NOTICE, Ageing
from webapp.policy import OPEN_TO_ALL, Action

METHODS = {"get", "post", "put", "patch", "delete"}
DESCRIPTION = "/api/v1/openapi.json"


def made() -> tuple[dict[str, Any], dict[str, Action | None]]:
    """The document, and which action each operation is."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_for(Path(folder)))
        found: dict[str, Any] = json.loads(app.test_client().get(DESCRIPTION).text)
        dispose(app)
        return found, {name: action_of(app, f"api.{name}") for name in operation.declared}


DOCUMENT, ACTIONS = made()
OPERATIONS = [
    (path, method, about)
    for path, methods in DOCUMENT["paths"].items()
    for method, about in methods.items()
    if method in METHODS
]
NAMES = [about["operationId"] for _path, _method, about in OPERATIONS]
each_operation = pytest.mark.parametrize(("path", "method", "about"), OPERATIONS, ids=NAMES)


def schema(found: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, wherever it stands."""
    while "$ref" in found:
        found = DOCUMENT["components"]["schemas"][found["$ref"].rpartition("/")[2]]
    return found


def test_it_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    validate(DOCUMENT, cls=OpenAPIV31SpecValidator)


# The document itself, and a WebSocket: OpenAPI has no words for what is said on one.
UNDESCRIBED = frozenset({"api.openapi", "mail_socket.mail"})


def test_every_route_under_the_version_is_described(app: Flask) -> None:
    described = {(path, method.upper()) for path, method, _about in OPERATIONS}
    routes = {
        (str(rule).replace("<int:", "{").replace("<", "{").replace(">", "}"), method)
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/api/v1/") and rule.endpoint not in UNDESCRIBED
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == routes


def test_no_two_operations_have_one_name() -> None:
    assert len(set(NAMES)) == len(NAMES) == len(operation.declared)


@each_operation
def test_an_operation_says_what_it_is(path: str, method: str, about: dict[str, Any]) -> None:
    assert about["summary"].endswith((".", "?"))
    assert len(about["tags"]) == 1
    assert isinstance(about["security"], list)
    for parameter in about.get("parameters", []):
        assert parameter["name"]
        assert parameter["in"] in ("path", "query", "header")
        assert parameter["schema"]


@each_operation
def test_an_operation_shows_examples_that_fit_its_schemas(
    path: str, method: str, about: dict[str, Any]
) -> None:
    from jsonschema import Draft202012Validator

    contents = [about.get("requestBody", {}).get("content", {})]
    contents += [answer.get("content", {}) for answer in about["responses"].values()]
    for content in contents:
        for media, shown in content.items():
            assert media == "application/json"
            named = shown["schema"] | {"components": DOCUMENT["components"]}
            Draft202012Validator(named).validate(shown["example"])


@each_operation
def test_an_operation_names_every_status_that_it_can_give(
    path: str, method: str, about: dict[str, Any]
) -> None:
    answers = set(about["responses"])
    assert {"429", "503"} <= answers
    assert any(status.startswith("2") for status in answers)
    if ACTIONS[about["operationId"]] not in OPEN_TO_ALL:
        assert {"401", "403"} <= answers
        assert about["security"] == [{"bearer": []}]
    else:
        assert about["security"] == []
    assert ("{" not in path) or "404" in answers
    if method != "get":
        assert {"400", "409", "413", "415", "422"} <= answers
        assert "Idempotency-Key" in {parameter["name"] for parameter in about["parameters"]}
    if any(parameter["in"] == "query" for parameter in about.get("parameters", [])):
        assert "422" in answers
    if method == "patch":
        assert {"412", "428"} <= answers
    for status, answer in about["responses"].items():
        assert answer["description"]
        if status >= "400":
            assert schema(answer["content"]["application/json"]["schema"])["required"]


@each_operation
def test_what_is_sent_and_answered_has_no_unnamed_fields(
    path: str, method: str, about: dict[str, Any]
) -> None:
    contents = [about.get("requestBody", {}).get("content", {})]
    contents += [answer.get("content", {}) for answer in about["responses"].values()]
    for content in contents:
        for shown in content.values():
            assert schema(shown["schema"])["additionalProperties"] is False


def test_anybody_may_read_it_and_keep_it(programs: Programs) -> None:
    answer = programs.stranger.get("/openapi.json")
    assert answer.status_code == 200
    again = programs.stranger.get("/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


AGED = Ageing(
    since=datetime(2026, 11, 1, tzinfo=UTC),
    ends=datetime(2027, 6, 1, tzinfo=UTC),
    instead="/api/v2/events",
)


@pytest.fixture
def aged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of events as it will be when it has a successor."""
    monkeypatch.setitem(
        operation.declared,
        "list_events",
        dataclasses.replace(operation.declared["list_events"], ageing=AGED),
    )


@pytest.mark.usefixtures("aged")
def test_an_operation_that_will_go_says_so_with_every_answer(programs: Programs) -> None:
    for caller in (programs.ada, programs.stranger):
        answer = caller.get("/events")
        assert answer.headers["Deprecation"] == "@1793491200"
        assert answer.headers["Sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
        links = answer.headers.getlist("Link")
        assert '</api/v2/events>; rel="successor-version"' in links
        assert any('rel="deprecation"' in link for link in links)
    assert "Deprecation" not in programs.ada.get("/auth/me").headers


@pytest.mark.usefixtures("aged")
def test_an_operation_that_will_go_is_described_so(app: Flask) -> None:
    with app.app_context():
        paths = describing.document()["paths"]
    assert paths["/api/v1/events"]["get"]["deprecated"] is True
    assert "Sunset" in paths["/api/v1/events"]["get"]["responses"]["200"]["headers"]
    assert "deprecated" not in paths["/api/v1/events"]["post"]


def test_nothing_goes_before_the_time_that_was_promised() -> None:
    with pytest.raises(ValueError, match="180 days"):
        Ageing(since=AGED.since, ends=AGED.since + NOTICE - timedelta(days=1))
