"""Events and offers say how exact their position is; events remember what the address search called it.

Of what is here already nobody knows: these stay without a value. On the way down the values are put aside,
with the position that they speak of, and on the way up again those whose position is still the same come
back: a rollback takes nothing from anybody.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ASIDE = "how_exact_aside"
COLUMNS = {"event": ("location_precision", "found_name"), "offer": ("location_precision",)}
LENGTHS = {"location_precision": 24, "found_name": 160}


def upgrade() -> None:
    for table, names in COLUMNS.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.String(LENGTHS[name]), nullable=True))
    if sa.inspect(op.get_bind()).has_table(ASIDE):
        for table, names in COLUMNS.items():
            for name in names:
                op.execute(_put_back(table, name))
        op.drop_table(ASIDE)


def downgrade() -> None:
    op.create_table(
        ASIDE,
        sa.Column("kind", sa.String(24), primary_key=True),
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("latitude", sa.Float(53)),
        sa.Column("longitude", sa.Float(53)),
        *(sa.Column(name, sa.String(length)) for name, length in LENGTHS.items()),
    )
    for table, names in COLUMNS.items():
        listed = ", ".join(("id", "latitude", "longitude", *names))
        op.execute(
            f"INSERT INTO {ASIDE} (kind, {listed}) SELECT '{table}', {listed} FROM {table} "
            f"WHERE {' OR '.join(f'{name} IS NOT NULL' for name in names)}"
        )
        for name in names:
            op.drop_column(table, name)


def _put_back(table: str, name: str) -> str:
    same = " AND ".join(
        f"{ASIDE}.{column} = {table}.{column}" for column in ("id", "latitude", "longitude")
    )
    return (
        f"UPDATE {table} SET {name} = "
        f"(SELECT {ASIDE}.{name} FROM {ASIDE} WHERE {ASIDE}.kind = '{table}' AND {same})"
    )
