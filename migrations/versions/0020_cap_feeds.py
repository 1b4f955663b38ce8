"""Feeds of CAP alerts, and which of their entries were met.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "cap_feed",
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("radius_km", sa.Integer(), nullable=True),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("least_severity", sa.String(24), nullable=True),
        sa.Column("etag", sa.String(300), nullable=False),
        sa.Column("modified", sa.String(100), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("tried_at", moment, nullable=True),
        sa.Column("read_at", moment, nullable=True),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("passed_over", sa.Integer(), nullable=False),
        sa.Column("id", big_id, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cap_feed")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "cap_feed_item",
        sa.Column("id", big_id, nullable=False),
        sa.Column("feed_id", big_id, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["cap_feed.id"], name=op.f("fk_cap_feed_item_feed_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cap_feed_item")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_cap_feed_item_key", "cap_feed_item", ["feed_id", "key"], unique=True)


def downgrade() -> None:
    op.drop_table("cap_feed_item")
    op.drop_table("cap_feed")
