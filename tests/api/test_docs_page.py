"""The page about the API: whole, searchable, without scripts, for anybody, on a phone and on a desk."""

import re
from html import unescape

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient

from tests.api.test_openapi import OPERATIONS
from tests.browser import Browsers
from tests.chromium import ONLY_FAULTS
from tests.conftest import settings_for
from tests.people import Cast
from tests.servers import running_server
from webapp.settings import Settings

PATH = "/api/docs"


def text_of(client: FlaskClient, path: str = PATH) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.text)


def test_every_operation_has_a_line_that_leads_to_its_page(client: FlaskClient) -> None:
    linked = re.findall(r'href="/api/docs/(\w+)"', text_of(client))
    assert sorted(linked) == sorted(about["operationId"] for _path, _method, about in OPERATIONS)


def test_the_page_of_an_operation_has_every_schema_that_it_speaks_of(client: FlaskClient) -> None:
    for name in ("ingest_event", "send_reports", "list_events", "revoke"):
        if name not in {about["operationId"] for _path, _method, about in OPERATIONS}:
            continue
        text = text_of(client, f"{PATH}/{name}")
        ids = re.findall(r' id="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
        assert "ErrorEnvelope" in ids


def test_an_operation_shows_how_to_try_it(client: FlaskClient) -> None:
    text = text_of(client, f"{PATH}/edit_event")
    for words in (
        "PATCH",
        "/api/v1/events/{event_id}",
        '--header "Authorization: Bearer $TOKEN"',
        '--header "Idempotency-Key: $(uuidgen)"',
        '--header "If-Match: $ETAG"',
        "$MAYDAY/api/v1/events/12",
        '"priority": 1',
        ">412<",
        ">428<",
    ):
        assert words in text
    assert "$TOKEN" not in text_of(client, f"{PATH}/sign_in")


@pytest.mark.parametrize("name", ["nothing", "edit_event.json", "é", "__init__"])
def test_an_operation_that_is_not_there(client: FlaskClient, name: str) -> None:
    assert client.get(f"{PATH}/{name}").status_code == 404


def test_words_narrow_it_to_what_has_them_all(client: FlaskClient) -> None:
    text = text_of(client, f"{PATH}?q=Check+IN")
    assert "/check-in" in text
    assert "edit_event" not in text
    assert 'value="Check IN"' in text


@pytest.mark.parametrize("words", ["nothing-has-these", "<script>alert(1)</script>", "%00", "x" * 5000])
def test_words_that_nothing_has_lead_back(client: FlaskClient, words: str) -> None:
    answer = client.get(PATH, query_string={"q": words})
    assert answer.status_code == 200
    assert "No operation has these words" in answer.text
    assert "<script>alert" not in answer.text


def test_an_example_with_an_apostrophe_can_be_pasted_into_a_shell() -> None:
    from webapp.api.reference import groups

    about = {
        "operationId": "x",
        "tags": ["X"],
        "summary": "X.",
        "security": [],
        "requestBody": {"content": {"application/json": {"schema": {}, "example": {"a": "it's"}}}},
        "responses": {"200": {"description": "OK"}},
    }
    (operation,) = groups({"paths": {"/api/v1/x": {"post": about}}})["X"]
    assert """--json '{"a": "it'\\''s"}'""" in operation.curl


@pytest.mark.browser
@pytest.mark.slow
def test_it_reads_well_at_any_width_and_in_any_light(
    settings: Settings, cast: Cast, browsers: Browsers
) -> None:
    with running_server(settings_for(settings.data_dir)) as server:
        for width, scheme in ((360, "light"), (1440, "dark")):
            page = browsers.open(None, server.url, PATH, width, color_scheme=scheme)
            for path in (PATH, f"{PATH}/make_event"):
                page.goto(server.url + path)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                found = Axe().run(page, options=ONLY_FAULTS)
                assert found.violations_count == 0, found.generate_report()
        plain = browsers.open(None, server.url, PATH, java_script_enabled=False)
        plain.get_by_role("searchbox").fill("check in")
        plain.get_by_role("button", name="Search").click()
        plain.get_by_role("link", name="check-in").click()
        assert "$MAYDAY/api/v1/assignments/" in plain.locator("pre").first.inner_text()
