"""``mayday export``: to a file or to a pipe, by the right of who is named, with an entry for each."""

import csv
import io
import json
from pathlib import Path

from flask import Flask

from tests.conftest import both_databases
from tests.interchange.conftest import Run
from tests.interchange.table_making import entries, event
from tests.people import Cast
from webapp.accounts.models import User
from webapp.extensions import db


def contact_of(app: Flask, user_id: int) -> str:
    with app.app_context():
        return db.session.get_one(User, user_id).email or ""


@both_databases
def test_a_table_goes_to_a_pipe_or_to_a_file(app: Flask, cast: Cast, run: Run, tmp_path: Path) -> None:
    event(app, cast.ada)
    event(app, cast.ada, "Fire", priority=1)
    piped = run("export", "events", "--where", "priority=1")
    assert piped.exit_code == 0
    assert piped.stderr == "1 rows exported.\n"
    text = piped.stdout_bytes.decode()
    assert text.startswith("\ufeff")
    assert [row["title"] for row in csv.DictReader(io.StringIO(text[1:]))] == ["Fire"]
    file = tmp_path / "events.geojson"
    assert run("export", "events", "--format", "geojson", "-o", file).exit_code == 0
    assert len(json.loads(file.read_text())["features"]) == 2
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob(".*.part")) == []
    assert [entry.facts["count"] for entry in entries(app, "export.made")] == [1, 2]


def test_contacts_leave_only_when_asked_for(app: Flask, cast: Cast, run: Run) -> None:
    assert "@example.org" not in run("export", "people").stdout
    assert "@example.org" in run("export", "people", "--contacts").stdout
    assert [entry.facts["contacts"] for entry in entries(app, "export.made")] == [False, True]


def test_the_named_persons_right_counts(app: Flask, cast: Cast, run: Run, tmp_path: Path) -> None:
    vic, sam = contact_of(app, cast.vic.id), contact_of(app, cast.sam.id)
    assert run("export", "people", "--as", vic).exit_code == 0
    file = tmp_path / "people.csv"
    for args in (("--as", vic, "--contacts"), ("--as", sam), ("--as", "nobody@example.org")):
        result = run("export", "people", *args, "-o", file)
        assert result.exit_code == 2, args
        assert "Nothing was exported." in result.stderr
    assert not file.exists()
    (entry,) = entries(app, "export.made")
    assert entry.actor_id == cast.vic.id


def test_what_cannot_be_exported_is_named(app: Flask, run: Run, tmp_path: Path) -> None:
    for args, said in (
        (("people", "--format", "geojson"), "no position"),
        (("events", "--where", "colour=red"), "are filtered by status"),
        (("events", "--where", "status=sunny"), "no such status"),
        (("passwords",), "KIND"),
        (("offers", "--where", "mine=1"), "no offers of its own"),
        (("events", "-o", tmp_path / "no" / "file.csv"), "Nothing was exported."),
    ):
        result = run("export", *args)
        assert result.exit_code == 2, (args, result.output)
        assert said in result.stderr
    assert entries(app, "export.made") == []
