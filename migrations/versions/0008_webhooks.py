"""Webhooks, their deliveries, and how far readers of the journal have come.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("verbs", sa.JSON(), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("since_seq", big_id, nullable=False),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("claimed_by", sa.String(120), nullable=True),
        sa.Column("claimed_until", moment, nullable=True),
        sa.Column("id", big_id, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", big_id, nullable=False),
        sa.Column("seq", big_id, nullable=False),
        sa.Column("verb", sa.String(60), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", moment, nullable=True),
        sa.Column("tried_at", moment, nullable=True),
        sa.Column("answer_status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index("uq_webhook_delivery_seq", "webhook_delivery", ["webhook_id", "seq"], unique=True)
    op.create_index("ix_webhook_delivery_status", "webhook_delivery", ["webhook_id", "status", "seq"])
    cursor = op.create_table(
        "reader_cursor",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("seq", big_id, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_reader_cursor")),
    )
    op.bulk_insert(cursor, [{"name": "webhooks", "seq": 0}])


def downgrade() -> None:
    op.drop_table("reader_cursor")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
