"""SQLite gives no id twice: every table with a number for its key gets AUTOINCREMENT.

Without it SQLite gives the id of the newest row again once that row is removed, and whatever names the old
row by its number (an open page, the journal, a remembered command) then means another one. PostgreSQL's
sequences never go back.

The word changes nothing in what a table or its indexes hold, so only the text of the schema is rewritten,
as https://www.sqlite.org/lang_altertable.html (section 7) describes for such changes: the time does not
depend on how much the database holds, and indexes, checks, foreign keys and triggers stay as they are.
Tables are found in the database, not named here.

Revision ID: 0017
Revises: 0014
"""

import re
import sqlite3

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None

# How SQLAlchemy writes the key of a table; a table made with AUTOINCREMENT has it beside the column.
_KEY = re.compile(r"PRIMARY KEY \((\w+)\)")
_COUNTED_KEY = re.compile(r"PRIMARY KEY \((\w+) AUTOINCREMENT\)")
_NUMBERED = """
SELECT t.name, t.sql FROM sqlite_master AS t, pragma_table_info(t.name) AS c
WHERE t.type = 'table' AND c.pk > 0 GROUP BY t.name HAVING count(*) = 1 AND max(upper(c.type)) = 'INTEGER'
"""
# Ids of rows that may be gone, as the journal and the remembered commands tell them.
_TOLD = """
SELECT kind, max(id) FROM (
    SELECT subject_type AS kind, subject_id AS id FROM journal_entry
    UNION ALL SELECT 'user', user_id FROM journal_entry
    UNION ALL SELECT 'user', actor_id FROM journal_entry
    UNION ALL SELECT 'event', event_id FROM journal_entry
    UNION ALL SELECT 'device', device_id FROM journal_entry
    UNION ALL SELECT 'sign_in_session', CAST(json_extract(facts, '$.session') AS INTEGER) FROM journal_entry
    UNION ALL SELECT 'token_family', CAST(json_extract(facts, '$.family') AS INTEGER) FROM journal_entry
    UNION ALL SELECT substr(key, 1, instr(key, ':') - 1), CAST(substr(key, instr(key, ':') + 1) AS INTEGER)
        FROM journal_entry, json_each(journal_entry.effects) WHERE instr(key, ':') > 0
    UNION ALL SELECT result_type, result_id FROM command
) WHERE kind IS NOT NULL AND id IS NOT NULL GROUP BY kind
"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    keys = _rewrite(connection, _KEY, r"PRIMARY KEY (\1 AUTOINCREMENT)")
    told = {kind: int(highest) for kind, highest in connection.exec_driver_sql(_TOLD)}
    for name, key in keys.items():
        there = connection.exec_driver_sql(f'SELECT max("{key}") FROM "{name}"').scalar() or 0
        connection.exec_driver_sql(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, max(there, told.get(name, 0)))
        )


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for name in _rewrite(connection, _COUNTED_KEY, r"PRIMARY KEY (\1)"):
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (name,))


def _rewrite(connection: sa.Connection, key: re.Pattern[str], becomes: str) -> dict[str, str]:
    """Rewrite how each table that is numbered names its key; gives {table: column} of those it changed."""
    _let_schema_be_written(connection)
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    tables = {name: sql for name, sql in connection.exec_driver_sql(_NUMBERED) if key.search(sql)}
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for name, sql in tables.items():
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
            (key.sub(becomes, sql, count=1), name),
        )
    # Whoever has the database open reads the schema anew.
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
    return {name: key.findall(sql)[0] for name, sql in tables.items()}


def _let_schema_be_written(connection: sa.Connection) -> None:
    """Some systems build SQLite so that it refuses this until it is asked; Python can ask since 3.12."""
    driver = connection.connection.dbapi_connection
    if hasattr(driver, "setconfig"):
        driver.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, False)
