"""A big import is many small transactions, and whoever else writes has a turn between them."""

import itertools
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from flask import Flask

from tests.people import Cast
from tests.servers import environment
from webapp.events import service as events
from webapp.extensions import db
from webapp.interchange.tables import importing
from webapp.interchange.tables.columns import Table
from webapp.interchange.tables.importing import PIECE
from webapp.journal import SYSTEM
from webapp.journal.models import JournalEntry
from webapp.settings import Settings

pytestmark = pytest.mark.slow
ROWS = 10 * PIECE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A table of many events."""
    path = tmp_path / "events.csv"
    path.write_text("ref,title\n" + "".join(f"r{number},Imported {number}\n" for number in range(ROWS)))
    return path


class Others:
    """Three people who write without pause."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self._app, self._actor = app, cast.vic.actor
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(3)]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        with self._app.app_context():
            while not self._over.is_set():
                events.report_event(self._actor, title="Other")
            db.session.remove()


def longest_run(app: Flask) -> int:
    """Entries of the import that no other stands between."""
    with app.app_context():
        entries = db.select(JournalEntry.actor_kind).order_by(JournalEntry.seq)
        kinds = list(db.session.execute(entries).scalars())
    first = kinds.index(SYSTEM.kind)
    runs = itertools.groupby(kinds[first:], lambda kind: kind == SYSTEM.kind)
    lengths = [len(list(run)) for imported, run in runs if imported]
    assert sum(lengths) >= ROWS
    return max(lengths)


def test_threads_have_a_turn_between_its_pieces(app: Flask, cast: Cast, file: Path) -> None:
    with Others(app, cast), app.app_context():
        outcome = importing.import_table(SYSTEM, Table.EVENTS, file, importing.Options())
    assert outcome.imported == ROWS
    assert longest_run(app) <= 3 * PIECE


def test_other_processes_have_a_turn_between_its_pieces(
    app: Flask, settings: Settings, cast: Cast, file: Path
) -> None:
    command = [sys.executable, "-m", "webapp.ops.cli", "import", "events", str(file)]
    with Others(app, cast):
        done = subprocess.run(command, env=environment(settings), capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert longest_run(app) <= 3 * PIECE
