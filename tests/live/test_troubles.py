"""The live wire goes on: over a feature's bug, a database that hangs up, a server without gunicorn."""

import threading
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from werkzeug.serving import make_server

from tests.conftest import postgres_database
from tests.live.conftest import served
from tests.live.wires import connect
from tests.own_postgres import shared_url
from tests.people import Cast
from webapp.events import service
from webapp.journal import JournalEntry
from webapp.journal.queries import head
from webapp.live import fragments
from webapp.live.fragments import Fragment, put
from webapp.policy import Action


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """The app on a plain development server, in this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    app.extensions["live"].stop()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def broken() -> Iterator[list[str]]:
    """A feature whose fragments fail in the way that the test asks for."""
    ways: list[str] = []

    def fail(_ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
        if "naming" in ways:
            raise KeyError("a bug of a feature")
        if "drawing" in ways:
            yield put("board", Action.BOARD, "broken-part", "no/such/template.html")

    fragments.follows("event")(fail)
    yield ways
    fragments._sources.remove(("event", fail))


def opened(app: Flask, cast: Cast, title: str) -> int:
    with app.app_context():
        event_id: int = service.open_event(cast.ada.actor, title=title).id
        return event_id


def seq_of(app: Flask) -> int:
    with app.app_context():
        return head()


def test_a_plain_development_server_works_too(app: Flask, cast: Cast, url: str) -> None:
    page = connect(url, cast.vic, "board", since=seq_of(app))
    assert page.until(f"board-event-{opened(app, cast, 'Without gunicorn')}")
    assert app.extensions["live"].stats().sockets == 1


def test_a_stopped_wire_says_goodbye_and_takes_nobody_in(app: Flask, cast: Cast, url: str) -> None:
    page = connect(url, cast.vic, "board", since=seq_of(app))
    page.next_frame()
    app.extensions["live"].stop()
    assert page.goodbye() == 1001
    assert connect(url, cast.vic, "board", since=seq_of(app)).goodbye() == 1001


def test_a_feature_that_fails_to_name_its_fragments_costs_a_reload_of_the_regions(
    app: Flask, cast: Cast, url: str, broken: list[str]
) -> None:
    page = connect(url, cast.vic, "board", since=seq_of(app))
    page.next_frame()
    broken.append("naming")
    opened(app, cast, "While it is broken")
    assert page.next_frame().parts == [("refresh", "*", "")]
    broken.clear()
    page.until(f"board-event-{opened(app, cast, 'Goes on')}")


def test_a_template_that_fails_costs_a_reload_of_its_region(
    app: Flask, cast: Cast, url: str, broken: list[str]
) -> None:
    page = connect(url, cast.vic, "board", since=seq_of(app))
    page.next_frame()
    broken.append("drawing")
    event_id = opened(app, cast, "Beside a broken part")
    frame = page.until(f"board-event-{event_id}")
    assert ("refresh", "broken-part", "") in frame.parts


def test_a_batch_too_large_for_a_frame_becomes_a_reload(app: Flask, cast: Cast, url: str) -> None:
    since = seq_of(app)
    for n in range(60):
        opened(app, cast, f"{n} " + "long " * 38)
    frame = connect(url, cast.vic, "board", since=since).next_frame()
    assert frame.parts == [("refresh", "*", "")]


@pytest.mark.postgres
def test_a_database_that_hangs_up_is_asked_again(tmp_path: Path, migrated_postgres: str) -> None:
    name = f"mayday_test_{uuid.uuid4().hex[:10]}"
    with (
        postgres_database(name, migrated_postgres) as database,
        served(tmp_path, database_url=database) as site,
    ):
        page = connect(site.url, site.cast.vic, "board", since=site.head())
        page.next_frame()
        for n in range(3):
            hang_up(name)
            page.until(f"board-event-{site.open_event(f'After hanging up {n}')}")


def hang_up(name: str) -> None:
    """Have PostgreSQL end every connection to this database."""
    engine = create_engine(shared_url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
    engine.dispose()
