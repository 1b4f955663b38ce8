"""When what an alert says ends: a column of the event, so that every list can say that it is over.

Revision ID: 0018
Revises: 0017
"""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("event", sa.Column("alert_expires_at", moment, nullable=True))
    op.add_column("event", sa.Column("alert_end_told", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_event_alert_expires",
        "event",
        ["alert_expires_at"],
        sqlite_where=sa.text("alert_expires_at IS NOT NULL"),
        postgresql_where=sa.text("alert_expires_at IS NOT NULL"),
    )
    _fill()


def downgrade() -> None:
    op.drop_index("ix_event_alert_expires", table_name="event")
    op.drop_column("event", "alert_end_told")
    op.drop_column("event", "alert_expires_at")


def _fill() -> None:
    """From the newest message of each event that says anything."""
    connection = op.get_bind()
    messages = connection.execute(
        sa.text(
            "SELECT event_id, content FROM cap_alert WHERE event_id IS NOT NULL AND content IS NOT NULL "
            "ORDER BY event_id, sent_at DESC, id DESC"
        )
    ).all()
    done: set[int] = set()
    event = sa.table("event", sa.column("id", sa.BigInteger()), sa.column("alert_expires_at", moment))
    for event_id, content in messages:
        alert = json.loads(content) if isinstance(content, str) else content
        if event_id in done or not alert.get("info"):
            continue
        done.add(event_id)
        ends = [info.get("expires") for info in alert["info"]]
        if all(ends):
            last = max(datetime.fromisoformat(end) for end in ends).astimezone(UTC)
            connection.execute(sa.update(event).where(event.c.id == event_id).values(alert_expires_at=last))
