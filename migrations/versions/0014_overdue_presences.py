"""Presences say when they were last confirmed, and whether they were found to be overdue.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("assignment", sa.Column("confirmed_at", moment, nullable=True))
    op.add_column("assignment", sa.Column("overdue_at", moment, nullable=True))


def downgrade() -> None:
    op.drop_column("assignment", "overdue_at")
    op.drop_column("assignment", "confirmed_at")
