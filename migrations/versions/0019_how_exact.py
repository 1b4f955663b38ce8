"""Events and offers say how exact their position is; events remember what the address search called it.

Of what is here already nobody knows: these stay without a value.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event", sa.Column("location_precision", sa.String(24), nullable=True))
    op.add_column("event", sa.Column("found_name", sa.String(160), nullable=True))
    op.add_column("offer", sa.Column("location_precision", sa.String(24), nullable=True))


def downgrade() -> None:
    op.drop_column("offer", "location_precision")
    op.drop_column("event", "found_name")
    op.drop_column("event", "location_precision")
