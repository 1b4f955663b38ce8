"""Events in a real browser: panels, keys, address search, position, the choice between versions."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser import Browsers
from tests.events.making import opened, stored
from tests.live.conftest import Site, served
from tests.people import Cast
from webapp.events import service

pytestmark = pytest.mark.browser

POSITION = {"latitude": 18.54, "longitude": -72.33}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Site]:
    """A real server for all tests of this file."""
    folder = tmp_path_factory.mktemp("events") / "data"
    shutil.copytree(migrated_sqlite, folder)
    with served(folder) as found:
        yield found


@pytest.fixture
def app(site: Site) -> Flask:
    """The services of the server's data."""
    return site.app


@pytest.fixture
def cast(site: Site) -> Cast:
    """The people of the server."""
    return site.cast


@pytest.fixture
def url(site: Site) -> str:
    """Where the server answers."""
    return site.url


def test_an_event_is_opened_by_keyboard_at_a_found_place(
    app: Flask, cast: Cast, url: str, browsers: Browsers
) -> None:
    page = browsers.open(cast.ada, url, "/events", 1440)
    expect(page.locator("#live-state")).to_have_text("Live")  # the scripts are there
    page.keyboard.press("n")
    panel = page.locator("#panel")
    panel.get_by_label("What has happened?").fill("Bridge closed")
    panel.get_by_label("Address or place").fill("Copenhagen")
    panel.get_by_role("button", name="Find").click()
    panel.locator("#place-1").check()
    expect(panel.get_by_label("What has happened?")).to_have_value("Bridge closed")
    panel.get_by_label("What has happened?").press("Enter")
    page.wait_for_url(re.compile(r"/events/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Bridge closed")
    event = stored(app, int(page.url.rsplit("/", 1)[1]))
    assert event.latitude is not None
    assert event.place_name == "Copenhagen"


def test_the_choice_between_two_versions_is_one_key(
    app: Flask, cast: Cast, url: str, browsers: Browsers
) -> None:
    event = opened(app, cast.ada, title="Flood")
    page = browsers.open(cast.vera, url, f"/events/{event}", 1440)
    expect(page.locator("#live-state")).to_have_text("Live")  # the scripts are there
    page.keyboard.press("e")
    page.locator("#panel").get_by_label("What has happened?").fill("Vera's words")
    with app.app_context():
        service.edit_event(cast.vic.actor, event_id=event, seen_version=None, title="Vic's words")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("Vic's words")
    page.keyboard.press("2")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vera's words")
    assert stored(app, event).title == "Vera's words"


def test_a_volunteer_reports_from_where_they_stand(
    app: Flask, cast: Cast, url: str, browsers: Browsers
) -> None:
    there = {"geolocation": POSITION, "permissions": ["geolocation"]}
    page = browsers.open(cast.sam, url, "/events/new", 360, **there)
    page.get_by_label("What has happened?").fill("Smoke")
    page.get_by_role("button", name="Use my position").click()
    expect(page.get_by_label("Latitude")).to_have_value("18.540000")
    page.get_by_role("button", name="Send the report").click()
    page.wait_for_url(re.compile(r"/events/\d+$"))
    event = stored(app, int(page.url.rsplit("/", 1)[1]))
    assert (event.latitude, event.longitude) == (18.54, -72.33)


def test_without_scripts_an_address_is_found_and_nothing_typed_is_lost(
    app: Flask, cast: Cast, url: str, browsers: Browsers
) -> None:
    page = browsers.open(cast.ada, url, "/events/new", 360, java_script_enabled=False)
    page.get_by_label("What has happened?").fill("Bridge closed")
    page.get_by_label("Address or place").fill("Copenhagen")
    page.get_by_role("button", name="Find").click()
    page.locator("#place-1").check()
    expect(page.get_by_role("button", name="Use my position")).to_be_hidden()
    page.get_by_label("What has happened?").press("Enter")
    page.wait_for_url(re.compile(r"/events/\d+$"))
    assert stored(app, int(page.url.rsplit("/", 1)[1])).title == "Bridge closed"


@pytest.mark.parametrize("path", ["/events", "/events?place=Copenhagen", "/events/new", "/events/1"])
def test_nothing_is_wider_than_a_phone(
    app: Flask, cast: Cast, url: str, browsers: Browsers, path: str
) -> None:
    opened(app, cast.ada, title="W" * 200, address="x" * 300, description="y" * 500, place_name="z" * 160)
    page = browsers.open(cast.ada, url, path, 360)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_the_position_script_is_small() -> None:
    assert (Path(service.__file__).parents[1] / "static/js/position.js").stat().st_size <= 1024
