"""The live wire over a real server: who is let in, and what each page is sent."""

from collections.abc import Iterator

import pytest
import websocket
from flask import Flask

from tests.live.wires import connect
from tests.people import Cast
from tests.servers import Server, running_server
from webapp.events import service
from webapp.settings import Settings


@pytest.fixture
def server(settings: Settings, app: Flask) -> Iterator[Server]:
    """A real server on the data that the test's services change."""
    with running_server(settings) as running:
        yield running


def test_a_change_reaches_an_open_page(server: Server, app: Flask, cast: Cast) -> None:
    page = connect(server.url, cast.vic, "board")
    page.next_frame()
    with app.app_context():
        event = service.open_event(cast.ada.actor, title="Cellar flooded")
    frame = page.until(f"board-event-{event.id}")
    assert "Cellar flooded" in frame.html
