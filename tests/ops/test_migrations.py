"""Every migration goes up and down and up again on data, and a release can be rolled back by one step."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import MetaData, create_engine, select
from sqlalchemy.pool import NullPool

from tests.conftest import both_databases, dispose
from tests.ops.test_backup import command, real_command, respond
from tests.people import Cast
from webapp.ops.schema import downgrade, known_revisions, newest_revision, present_revision, upgrade
from webapp.settings import Settings

pytestmark = pytest.mark.slow
# What people wrote; a migration may not lose any of it while its table is there.
WRITTEN = ("user", "event", "need", "offer", "allocation", "assignment", "journal_entry")
Rows = dict[str, dict[object, dict[str, object]]]


def written(settings: Settings) -> Rows:
    """What people wrote: table, key, column, value."""
    with create_engine(settings.sqlalchemy_url, poolclass=NullPool).connect() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        rows: Rows = {}
        for name in WRITTEN:
            if name in metadata.tables:
                table = metadata.tables[name]
                key = next(iter(table.primary_key)).name
                rows[name] = {row[key]: dict(row) for row in connection.execute(select(table)).mappings()}
        return rows


def revision(settings: Settings) -> str | None:
    """Where the database is."""
    with create_engine(settings.sqlalchemy_url, poolclass=NullPool).connect() as connection:
        return present_revision(connection)


def assert_kept(before: Rows, after: Rows) -> None:
    """Every row is still there, with the values of every column that both schemas have."""
    for name, rows in after.items():
        assert rows.keys() == before[name].keys(), f"rows of {name}"
        for key, row in rows.items():
            common = row.keys() & before[name][key].keys()
            assert {c: row[c] for c in common} == {c: before[name][key][c] for c in common}, name


@both_databases
def test_every_migration_goes_down_and_up_and_down_on_data(
    app: Flask, settings: Settings, cast: Cast
) -> None:
    respond(app, cast)
    before = written(settings)
    assert all(before[name] for name in WRITTEN), "there is something to lose in every table"
    for older, newer in reversed(list(zip([None, *known_revisions()], known_revisions(), strict=False))):
        assert revision(settings) == newer
        downgrade(app)
        assert revision(settings) == older
        assert_kept(before, written(settings))
        upgrade(app, newer)
        if older is not None:
            assert_kept(before, written(settings))
        downgrade(app)
    assert written(settings) == {}
    upgrade(app)
    assert revision(settings) == newest_revision()
    assert command(settings, "db", "check").exit_code == 0


@both_databases
def test_the_models_are_what_the_migrations_make(app: Flask, settings: Settings) -> None:
    checked = real_command(settings, "db", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@both_databases
def test_upgrading_twice_is_upgrading_once(app: Flask, settings: Settings, cast: Cast) -> None:
    respond(app, cast)
    before = written(settings)
    upgrade(app)
    upgrade(app)
    assert written(settings) == before


def test_there_is_one_line_of_migrations_and_each_can_go_back() -> None:
    versions = Path(__file__).resolve().parents[2] / "migrations" / "versions"
    files = sorted(versions.glob("*.py"))
    assert len(files) == len(known_revisions())
    for file in files:
        body = file.read_text().split("def downgrade()")[1]
        assert body.strip().removeprefix("-> None:").strip() not in ("", "pass"), file.name


@both_databases
def test_a_rollback_by_one_step_keeps_what_was_written_and_the_way_back_up(
    app: Flask, settings: Settings, cast: Cast
) -> None:
    respond(app, cast)  # written on the new release
    before = written(settings)
    dispose(app)
    assert real_command(settings, "backup").returncode == 0
    down = real_command(settings, "db", "downgrade")
    assert down.returncode == 0, down.stderr
    assert revision(settings) == known_revisions()[-2]
    assert_kept(before, written(settings))
    assert before.keys() == written(settings).keys()
    up = real_command(settings, "db", "upgrade")
    assert up.returncode == 0, up.stderr
    assert written(settings) == before


@pytest.mark.parametrize("wanted", ["9999", "nonsense"])
def test_an_unknown_revision_is_refused_and_changes_nothing(
    app: Flask, settings: Settings, wanted: str
) -> None:
    refused = real_command(settings, "db", "upgrade", wanted)
    assert refused.returncode != 0
    assert revision(settings) == newest_revision()
