"""Tables in a real browser: handed in, looked at on a phone, imported; exported without a stuck button."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser import Browsers
from tests.chromium import ONLY_FAULTS
from tests.interchange.table_making import as_table, event
from tests.people import Cast
from tests.servers import Server, running_server
from webapp.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    """The app of this test as people reach it."""
    with running_server(settings) as running:
        yield running


def well_made(page: Page) -> None:
    """Nothing that axe finds, nothing beside the screen."""
    found = Axe().run(page, options=ONLY_FAULTS).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:2]]) for one in found] == []
    assert page.evaluate(SIDEWAYS) == 0


@pytest.mark.parametrize("javascript", [True, False])
def test_a_table_is_looked_at_and_imported_on_a_phone(
    javascript: bool, cast: Cast, server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    file = tmp_path / "events.csv"
    file.write_text(
        as_table({"title": "Flood", "priority": 1, "sector": "x" * 80}, {"title": "Fire", "priority": 9})
    )
    page = browsers.open(
        cast.ada, server.url, "/imports/tables", 360, java_script_enabled=javascript, color_scheme="dark"
    )
    page.get_by_label("CSV or GeoJSON file").set_input_files(file)
    page.get_by_label("These events are verified").check()
    if javascript:
        well_made(page)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Events: events.csv")
    expect(page.get_by_text("line 3: priority: “9”")).to_be_visible()
    if javascript:
        well_made(page)
        page.set_viewport_size({"width": 1440, "height": 900})
        well_made(page)
    page.get_by_role("button", name="Import it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Import of events: events.csv")


def test_an_export_is_saved_and_its_button_stays_as_it_is(
    app: Flask, cast: Cast, server: Server, browsers: Browsers
) -> None:
    event(app, cast.ada, "Flood", latitude=55.5, longitude=12.5)
    page = browsers.open(cast.ada, server.url, "/events?status=active")
    page.get_by_role("link", name="Export").click()
    well_made(page)
    page.get_by_label("GeoJSON, for a map").check()
    button = page.get_by_role("button", name="Export")
    for _twice in range(2):
        with page.expect_download() as waiting:
            button.click()
        found = json.loads(Path(waiting.value.path()).read_text())
        assert [feature["properties"]["title"] for feature in found["features"]] == ["Flood"]
    assert waiting.value.suggested_filename.endswith(".geojson")
    assert button.get_attribute("aria-disabled") is None
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{server.url}/exports/people?state=free")
    page.emulate_media(color_scheme="dark")
    well_made(page)
