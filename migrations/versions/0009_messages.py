"""Messages and their deliveries; a pairing code has no tries of its own.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def partial(
    name: str, columns: list[str], where: str, *, table: str = "delivery", unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("sender_kind", sa.String(24), nullable=False),
        sa.Column("sender_id", big_id, nullable=True),
        sa.Column("sender_device_id", big_id, nullable=True),
        sa.Column("audience", sa.String(24), nullable=False),
        sa.Column("to_user_id", big_id, nullable=True),
        sa.Column("to_device_id", big_id, nullable=True),
        sa.Column("to_role", sa.String(24), nullable=True),
        sa.Column("near_latitude", sa.Double(), nullable=True),
        sa.Column("near_longitude", sa.Double(), nullable=True),
        sa.Column("near_km", sa.Double(), nullable=True),
        sa.Column("event_id", big_id, nullable=True),
        sa.Column("priority", sa.String(24), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("expired", sa.Integer(), nullable=False),
        sa.Column("id", big_id, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_message_latitude_range")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_message_longitude_range")),
        sa.CheckConstraint(
            "queued + delivered + read + expired = recipients", name=op.f("ck_message_everybody_counted")
        ),
        sa.CheckConstraint(
            "queued >= 0 AND delivered >= 0 AND read >= 0 AND expired >= 0",
            name=op.f("ck_message_counts_not_negative"),
        ),
        sa.ForeignKeyConstraint(["sender_id"], ["user.id"], name=op.f("fk_message_sender_id")),
        sa.ForeignKeyConstraint(
            ["sender_device_id"], ["device.id"], name=op.f("fk_message_sender_device_id")
        ),
        sa.ForeignKeyConstraint(["to_user_id"], ["user.id"], name=op.f("fk_message_to_user_id")),
        sa.ForeignKeyConstraint(["to_device_id"], ["device.id"], name=op.f("fk_message_to_device_id")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_message_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index("ix_message_sender", "message", ["sender_id", "id"])
    op.create_index("ix_message_event", "message", ["event_id", "id"])
    partial("ix_message_open", ["expires_at"], "ended_at IS NULL", table="message")
    op.create_table(
        "delivery",
        sa.Column("id", big_id, nullable=False),
        sa.Column("message_id", big_id, nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("device_id", big_id, nullable=True),
        sa.Column("personal", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("delivered_at", moment, nullable=True),
        sa.Column("read_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_delivery_message_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_delivery_user_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_delivery_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    order = ["rank", "message_id"]
    partial("ix_delivery_mailbox", ["device_id", *order], "status = 'queued' AND device_id IS NOT NULL")
    unread = "status IN ('queued', 'delivered') AND device_id IS NULL"
    partial("ix_delivery_unread", ["user_id", *order], unread)
    partial("ix_delivery_inbox", ["user_id", "message_id"], "device_id IS NULL")
    op.create_index("ix_delivery_message", "delivery", ["message_id", "user_id"])
    partial("uq_delivery_device", ["message_id", "device_id"], "device_id IS NOT NULL", unique=True)
    partial("uq_delivery_person", ["message_id", "user_id"], "device_id IS NULL", unique=True)
    # A wrong guess is at no one code: guesses are bounded where they come from, and all together.
    op.drop_column("pairing_code", "tries_left")


def downgrade() -> None:
    tries = sa.Column("tries_left", sa.Integer(), nullable=False, server_default="5")
    op.add_column("pairing_code", tries)
    op.drop_table("delivery")
    op.drop_table("message")
