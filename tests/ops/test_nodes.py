"""Machines that share a database must share what makes them one installation."""

import uuid
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from click import ClickException
from flask import Flask

from tests.conftest import dispose, postgres_database, settings_for
from webapp import create_app
from webapp.jobs import nodes, records
from webapp.ops.serve import require_agreement

pytestmark = pytest.mark.postgres
KEY = "one key of all machines, of 32 bytes or more"


@pytest.fixture
def url(migrated_postgres: str) -> Iterator[str]:
    """A database that several machines share."""
    with postgres_database(f"mayday_nodes_{uuid.uuid4().hex[:8]}", migrated_postgres) as made:
        yield made


def node(url: str, folder: Path, **more: object) -> Flask:
    """One machine's app."""
    return create_app(settings_for(folder, database_url=url, **({"secret_key": KEY} | more)))


def work(app: Flask) -> None:
    """Its job worker says that it lives."""
    with app.app_context():
        settings = app.config["SETTINGS"]
        prints = asdict(nodes.own_prints())
        records.begin(f"worker of {settings.data_dir}", nodes.place_of(settings), 1, prints)


def starts(app: Flask) -> str:
    """Nothing where it may start, else why not."""
    with app.app_context():
        try:
            require_agreement(app)
        except ClickException as refused:
            return refused.message
        finally:
            dispose(app)
    return ""


def test_a_machine_with_another_key_is_refused_while_the_first_lives(url: str, tmp_path: Path) -> None:
    shared = {"files_url": "s3://bucket/mayday"}
    first = node(url, tmp_path / "a", **shared)
    work(first)
    assert starts(node(url, tmp_path / "b", **shared)) == ""
    other = starts(node(url, tmp_path / "c", **shared, secret_key="another key of 32 bytes, or of even more"))
    assert "MAYDAY_SECRET_KEY" in other
    assert KEY not in other
    without = starts(node(url, tmp_path / "d", **shared, secret_key=""))
    assert "MAYDAY_SECRET_KEY is not set here" in without
    with first.app_context():
        records.end(f"worker of {tmp_path / 'a'}")
    assert starts(node(url, tmp_path / "d", **shared, secret_key="")) == ""
    dispose(first)


def test_a_machine_that_keeps_files_elsewhere_is_refused(url: str, tmp_path: Path) -> None:
    first = node(url, tmp_path / "a")
    work(first)
    assert "MAYDAY_FILES_URL" in starts(node(url, tmp_path / "b"))
    assert "MAYDAY_FILES_URL" in starts(node(url, tmp_path / "b", files_url="s3://bucket/mayday"))
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "files").symlink_to(tmp_path / "a" / "files")
    assert starts(node(url, tmp_path / "c")) == ""
    dispose(first)


def test_a_machine_may_start_again_with_another_key(url: str, tmp_path: Path) -> None:
    first = node(url, tmp_path / "a")
    work(first)
    assert starts(node(url, tmp_path / "a", secret_key="another key of 32 bytes, or of even more")) == ""
    dispose(first)
