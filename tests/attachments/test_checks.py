"""Readiness about the place of files: it fails where files could not be kept or given."""

from pathlib import Path

import pytest
from flask import Flask

from tests.attachments.making import folder_of, picture, sent
from tests.events.making import opened
from tests.people import Cast
from webapp.attachments.checks import files
from webapp.attachments.store import store
from webapp.ops.checks import State


def state(app: Flask) -> State:
    """What readiness says of files."""
    with app.app_context():
        return files().state


@pytest.fixture
def folder(app: Flask, cast: Cast) -> Path:
    """The folder, with a photo in it."""
    assert state(app) is State.UP, "before the first file"
    sent(app, cast.ada, opened(app, cast.ada), picture())
    assert state(app) is State.UP
    return folder_of(app.config["SETTINGS"])


def test_a_folder_that_was_moved_away_is_told_and_not_made_anew(app: Flask, folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    assert state(app) is State.DEGRADED
    assert not folder.exists()
    folder.with_name("elsewhere").rename(folder)
    assert state(app) is State.UP


def test_another_folder_in_its_place_is_told(app: Flask, folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.mkdir()
    assert state(app) is State.DEGRADED


def test_a_folder_that_takes_nothing_is_told(
    app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(self: Path, _data: bytes) -> int:
        raise OSError(30, "Read-only file system", str(self))

    # Root, who runs these tests, may write everywhere: the file system's own refusal has to be played.
    monkeypatch.setattr(Path, "write_bytes", read_only)
    assert state(app) is State.DEGRADED


def test_the_probe_leaves_nothing_and_its_mark_is_no_file(app: Flask, folder: Path) -> None:
    with app.app_context():
        before = sorted(key for key, _ in store().all())
        assert store().identity() == store().identity()
        files()
        assert sorted(key for key, _ in store().all()) == before
    assert not list(folder.glob(".probe*"))
