"""Other sites' pages may ask the probes where a setting names them, and nothing else anywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.conftest import dispose, settings_for
from webapp import create_app

MAP = "https://map.example"
ALLOWED = "Access-Control-Allow-Origin"


@pytest.fixture
def shared(data_dir: Path) -> Iterator[FlaskClient]:
    app = create_app(settings_for(data_dir, cors_origins=MAP))
    yield app.test_client()
    dispose(app)


def test_nobody_is_answered_by_default(client: FlaskClient) -> None:
    assert ALLOWED not in client.get("/health/live", headers={"Origin": MAP}).headers


def test_a_named_origin_may_ask_the_probes(shared: FlaskClient) -> None:
    assert shared.get("/health/live", headers={"Origin": MAP}).headers[ALLOWED] == MAP


def test_another_origin_may_not(shared: FlaskClient) -> None:
    assert ALLOWED not in shared.get("/health/live", headers={"Origin": "https://evil.example"}).headers


@pytest.mark.parametrize("path", ["/sign-in", "/board", "/healthy"])
def test_pages_are_never_shared(shared: FlaskClient, path: str) -> None:
    assert ALLOWED not in shared.get(path, headers={"Origin": MAP}).headers
