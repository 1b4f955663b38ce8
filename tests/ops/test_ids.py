"""An id is given once: a row that is made after another was removed never gets its number."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import BigInteger, text

from tests.conftest import both_databases
from tests.people import Cast
from webapp.database import Base
from webapp.extensions import db
from webapp.models import FEATURES
from webapp.ops.schema import downgrade, upgrade
from webapp.settings import Settings

NUMBERED = sorted(
    name
    for name, table in Base.metadata.tables.items()
    if len(table.primary_key.columns) == 1
    and isinstance(next(iter(table.primary_key.columns)).type, BigInteger)
)
GIVEN_ONCE, BEFORE = "0017", "0014"  # the migration that this file is about, and the one before
KEY = {name: next(iter(Base.metadata.tables[name].primary_key.columns)).name for name in NUMBERED}


def database(settings: Settings) -> Path:
    return settings.data_dir / "mayday.db"


def objects(settings: Settings) -> dict[tuple[str, str], str]:
    """All that the schema holds but the text of tables: indexes and triggers."""
    with closing(sqlite3.connect(database(settings))) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE type != 'table'")
        return {(kind, name): sql for kind, name, sql in rows}


def values_of_every_table(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(database(settings))) as connection:
        there = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        return {
            name: connection.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall()
            for name in NUMBERED
            if name in there
        }


def test_there_are_numbered_tables() -> None:
    assert FEATURES, "all models are loaded"
    assert {"attachment", "user_skill", "event", "delivery", "journal_entry"} <= set(NUMBERED)
    for name in NUMBERED:
        assert Base.metadata.tables[name].dialect_options["sqlite"]["autoincrement"], name


@pytest.mark.parametrize("name", NUMBERED)
def test_a_removed_number_is_not_given_again(migrated_sqlite: Path, tmp_path: Path, name: str) -> None:
    """Of the migrated database itself, so that a table whose migration forgot it is found."""
    with (
        closing(sqlite3.connect(migrated_sqlite / "mayday.db")) as source,
        closing(sqlite3.connect(":memory:")) as connection,
    ):
        source.backup(connection)
        connection.execute("PRAGMA ignore_check_constraints = ON")
        columns = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
        filled = [column[1] for column in columns if column[3] and not column[5]]
        names, places = ", ".join(f'"{c}"' for c in filled), ", ".join("?" for _ in filled)
        add = f'INSERT INTO "{name}" ({names}) VALUES ({places}) RETURNING "{KEY[name]}"'

        first = connection.execute(add, [f"1{c}" for c in filled]).fetchone()[0]
        connection.execute(f'DELETE FROM "{name}" WHERE "{KEY[name]}" = ?', (first,))
        second = connection.execute(add, [f"1{c}" for c in filled]).fetchone()[0]

    assert second > first


def test_the_migration_knows_ids_of_rows_that_are_gone(app: Flask, settings: Settings, cast: Cast) -> None:
    """Only the journal and the remembered commands tell of them."""
    downgrade(app, BEFORE)
    with closing(sqlite3.connect(database(settings))) as connection:
        connection.execute(
            "INSERT INTO journal_entry (at, actor_kind, verb, subject_type, subject_id, user_id, event_id, "
            "changes, effects, facts) VALUES ('2026-11-01', 'user', 'attachment.removed', 'attachment', 73, "
            "9001, 55, '{}', ?, ?)",
            (json.dumps({"user_skill:41": {}, "need:12": {}}), json.dumps({"session": "88", "family": 31})),
        )
        connection.execute(
            "INSERT INTO command (id, at, actor_kind, action, result_type, result_id) "
            "VALUES ('a', '2026-11-01', 'user', 'x', 'webhook', 7)"
        )
        connection.commit()
    upgrade(app, GIVEN_ONCE)
    with closing(sqlite3.connect(database(settings))) as connection:
        given = dict(connection.execute("SELECT name, seq FROM sqlite_sequence"))
    known = {"attachment": 73, "user_skill": 41, "need": 12, "webhook": 7, "user": 9001, "event": 55}
    assert known | {"sign_in_session": 88, "token_family": 31} == {n: given[n] for n in known} | {
        n: given[n] for n in ("sign_in_session", "token_family")
    }


def test_the_migration_keeps_rows_indexes_and_triggers(app: Flask, settings: Settings, cast: Cast) -> None:
    downgrade(app, BEFORE)
    with closing(sqlite3.connect(database(settings))) as connection:
        connection.execute("CREATE INDEX ix_expression ON event (lower(title)) WHERE status = 'active'")
        connection.execute("CREATE TABLE own_list (id INTEGER NOT NULL, t TEXT, PRIMARY KEY (id))")
        connection.execute(
            "CREATE TRIGGER own_trigger AFTER INSERT ON own_list BEGIN "
            "UPDATE own_list SET t = 'x' WHERE id = new.id; END"
        )
        connection.commit()
    held, rows = objects(settings), values_of_every_table(settings)
    upgrade(app, GIVEN_ONCE)
    assert objects(settings) == held
    assert values_of_every_table(settings) == rows
    with closing(sqlite3.connect(database(settings))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for _ in range(2):  # a table that is not ours is numbered so as well
            (own,) = connection.execute("INSERT INTO own_list (t) VALUES ('a') RETURNING id").fetchone()
            connection.execute("DELETE FROM own_list")
        assert own == 2
    downgrade(app, BEFORE)
    assert objects(settings) == held
    assert values_of_every_table(settings) == rows


@both_databases
def test_a_row_after_a_removed_one_has_a_new_number(app: Flask, cast: Cast) -> None:
    numbers = []
    for skill in ("Driving", "First aid", "Driving"):
        assert cast.sam.post("/me/skills", {"skill": skill}).status_code == 303
        with app.app_context():
            newest = db.session.execute(text("SELECT max(id) FROM user_skill")).scalar_one()
        numbers.append(newest)
        assert cast.sam.post(f"/me/skills/{newest}/remove").status_code == 303
    assert len(set(numbers)) == 3
