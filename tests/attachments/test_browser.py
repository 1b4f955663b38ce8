"""A file from choosing it to seeing it, in a real browser on a real server of several workers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import expect

from tests.attachments.making import PDF, join, picture, sent, stored
from tests.browser import Browsers
from tests.chromium import ONLY_FAULTS
from tests.events.making import opened
from tests.people import Cast
from tests.servers import Server, running_server
from webapp.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def server(app: Flask, settings: Settings) -> Iterator[Server]:
    """The app of this test, served by two workers: each opens the store after its fork."""
    with running_server(settings, workers=2) as running:
        yield running


def test_a_photo_is_added_appears_on_open_pages_and_goes(
    app: Flask, cast: Cast, settings: Settings, server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    event = opened(app, cast.ada)
    join(app, cast.sam, event)
    photo = tmp_path / "dyke.jpg"
    photo.write_bytes(picture(size=(1200, 900)))
    watching = browsers.open(cast.vic, server.url, f"/events/{event}")
    expect(watching.locator("#live-state")).to_have_text("Live")
    page = browsers.open(cast.sam, server.url, f"/events/{event}", width=390)
    page.get_by_role("link", name="File", exact=True).click()
    page.get_by_label("File", exact=True).set_input_files(photo)
    page.get_by_label("What does it show?").fill("The dyke at noon")
    page.get_by_role("button", name="Add", exact=True).click()
    for each in (page, watching):
        card = each.locator("#event-files").get_by_role("article")
        expect(card).to_contain_text("The dyke at noon")
        card.locator("img").scroll_into_view_if_needed()
        each.wait_for_function("document.querySelector('#event-files img').naturalWidth > 0")
    page.get_by_role("link", name="The dyke at noon").click()
    whole = page.locator(".file-whole img")
    expect(whole).to_be_visible()
    assert whole.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1200
    page.get_by_text("Remove", exact=True).click()
    page.get_by_role("button", name="Remove the file").click()
    expect(watching.locator("#event-files > li")).to_have_count(0)
    assert not stored(settings)


def test_without_scripts_a_file_is_added_all_the_same(
    app: Flask, cast: Cast, server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    event = opened(app, cast.ada)
    notes = tmp_path / "keys.txt"
    notes.write_text("Keys are with Ana.")
    page = browsers.open(cast.vic, server.url, f"/events/{event}", java_script_enabled=False)
    page.get_by_role("link", name="File", exact=True).click()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file.")
    page.get_by_label("File", exact=True).set_input_files(notes)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#event-files")).to_contain_text("keys.txt")
    page.get_by_role("link", name="keys.txt").click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save").click()
    assert saved.value.suggested_filename == "keys.txt"


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1440, "light")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    app: Flask, cast: Cast, server: Server, browsers: Browsers, width: int, scheme: str
) -> None:
    event = opened(app, cast.ada)
    photo = sent(app, cast.vic, event, picture(size=(1200, 900)), caption="W" * 300)
    document = sent(app, cast.vic, event, PDF, "n" * 100 + ".pdf")
    page = browsers.open(cast.vic, server.url, f"/events/{event}", width=width, color_scheme=scheme)
    for path in ("", "/files", f"/files/{photo.id}", f"/files/{document.id}"):
        page.goto(f"{server.url}/events/{event}{path}")
        found = [violation["id"] for violation in Axe().run(page, options=ONLY_FAULTS).response["violations"]]
        assert found == [], path
        assert page.evaluate(SIDEWAYS) == 0, path
