"""E-mail addresses stay as they were written, and phone numbers keep their extension.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Addresses so far stay as they are: what ``ß`` was folded to ``ss`` in them, nobody can tell."""
    op.add_column("user", sa.Column("email_typed", sa.String(length=254), nullable=True))
    _resize_phone(20, 32)


def downgrade() -> None:
    """PostgreSQL refuses while a number is longer than the column was: take its extension off first."""
    _resize_phone(32, 20)
    op.drop_column("user", "email_typed")


def _resize_phone(now: int, then: int) -> None:
    """SQLite does not look at lengths, and would copy the whole table to change one."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(
            "user", "phone", existing_type=sa.String(length=now), type_=sa.String(length=then)
        )
