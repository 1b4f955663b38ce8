"""Open pages in a real browser: they show what others change, and do not disturb who uses them."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser import Browsers
from tests.people import Cast
from tests.servers import Server, running_server
from webapp.events import service
from webapp.settings import Settings

pytestmark = pytest.mark.browser


@pytest.fixture
def server(settings: Settings, app: Flask) -> Iterator[Server]:
    """A real server on the data that the test's services change."""
    with running_server(settings) as running:
        yield running


def test_a_change_shows_in_another_browser_without_reload(
    server: Server, app: Flask, cast: Cast, browsers: Browsers
) -> None:
    board = browsers.open(cast.vic, server.url, "/board")
    expect(board.locator("#live-state")).to_have_text("Live")
    board.evaluate("window.notReloaded = true")
    with app.app_context():
        event = service.open_event(cast.ada.actor, title="Cellar flooded", priority=1)
    expect(board.locator(f"#board-event-{event.id}")).to_contain_text("Cellar flooded")
    expect(board.locator("#counts")).to_contain_text("1 active")
    assert board.evaluate("window.notReloaded")
