"""Alerts in CAP, links of calendars, and the index of public events.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
public = sa.text("visibility = 'public'")


def upgrade() -> None:
    op.create_table(
        "cap_alert",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("event_id", big_id, nullable=True),
        sa.Column("sender", sa.String(250), nullable=False),
        sa.Column("identifier", sa.String(250), nullable=False),
        sa.Column("sent_at", moment, nullable=False),
        sa.Column("became", sa.String(24), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("xml", sa.Text(), nullable=True),
        sa.Column("id", big_id, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_cap_alert_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cap_alert")),
        sa.UniqueConstraint("key", name=op.f("uq_cap_alert_key")),
    )
    op.create_index("ix_cap_alert_event", "cap_alert", ["event_id", "sent_at"])
    op.create_table(
        "calendar_link",
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("id", big_id, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_calendar_link_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_link_token_hash")),
        sa.UniqueConstraint("user_id", name=op.f("uq_calendar_link_user_id")),
    )
    op.create_index(
        "ix_event_public",
        "event",
        ["status_rank", "priority", "id"],
        sqlite_where=public,
        postgresql_where=public,
    )


def downgrade() -> None:
    op.drop_index("ix_event_public", "event")
    op.drop_table("calendar_link")
    op.drop_index("ix_cap_alert_event", "cap_alert")
    op.drop_table("cap_alert")
