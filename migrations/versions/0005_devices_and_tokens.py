"""Devices, their pairing codes, and the tokens of programs and devices.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def row() -> list[sa.Column]:
    return [
        sa.Column("id", big_id, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column("owner_id", big_id, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("paired_at", moment, nullable=True),
        sa.Column("revoked_at", moment, nullable=True),
        sa.Column("last_seen_at", moment, nullable=True),
        sa.Column("silent_since", moment, nullable=True),
        sa.Column("battery", sa.SmallInteger(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("accuracy", sa.Double(), nullable=True),
        sa.Column("position_at", moment, nullable=True),
        sa.Column("signal", sa.SmallInteger(), nullable=True),
        sa.Column("app_version", sa.String(40), nullable=False),
        *row(),
        sa.CheckConstraint("battery BETWEEN 0 AND 100", name=op.f("ck_device_battery_percent")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_device_latitude_range")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_device_longitude_range")),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_device_whole_position")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_device_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_index("ix_device_owner", "device", ["owner_id", "id"])
    op.create_index("ix_device_seen", "device", ["status", "last_seen_at"])
    op.create_table(
        "pairing_code",
        sa.Column("device_id", big_id, nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("used_at", moment, nullable=True),
        *row(),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_pairing_code_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_pairing_code_code_hash")),
    )
    op.create_index("ix_pairing_code_device_id", "pairing_code", ["device_id"])
    op.create_table(
        "token_family",
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("device_id", big_id, nullable=True),
        sa.Column("client", sa.String(200), nullable=False),
        sa.Column("last_used_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("revoked_at", moment, nullable=True),
        sa.Column("revoked_for", sa.String(40), nullable=False),
        *row(),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_token_family_user_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_token_family_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_family")),
    )
    op.create_index("ix_token_family_user_id", "token_family", ["user_id"])
    op.create_index("ix_token_family_device_id", "token_family", ["device_id"])
    op.create_table(
        "refresh_token",
        sa.Column("family_id", big_id, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.Column("used_key", sa.Uuid(), nullable=True),
        *row(),
        sa.ForeignKeyConstraint(["family_id"], ["token_family.id"], name=op.f("fk_refresh_token_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_token_token_hash")),
    )
    op.create_index("ix_refresh_token_family_id", "refresh_token", ["family_id"])
    op.create_index("ix_refresh_token_used_at", "refresh_token", ["used_at"])
    op.add_column("journal_entry", sa.Column("device_id", big_id, nullable=True))


def downgrade() -> None:
    op.drop_column("journal_entry", "device_id")
    for table in ("refresh_token", "token_family", "pairing_code", "device"):
        op.drop_table(table)
