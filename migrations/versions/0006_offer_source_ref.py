"""Offers keep the identifier that their sender gave them.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A nullable column with a unique index: an offer of a file comes in once."""
    op.add_column("offer", sa.Column("source_ref", sa.String(length=200), nullable=True))
    op.create_index("uq_offer_source_ref", "offer", ["source_ref"], unique=True)


def downgrade() -> None:
    """Without it, an import run again would write its offers once more."""
    op.drop_index("uq_offer_source_ref", table_name="offer")
    op.drop_column("offer", "source_ref")
