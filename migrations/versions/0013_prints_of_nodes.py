"""By what the nodes of an installation know that they belong together.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job_worker", sa.Column("key_print", sa.String(16), nullable=True))
    op.add_column("job_worker", sa.Column("files_print", sa.String(16), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("job_worker") as table:
        table.drop_column("files_print")
        table.drop_column("key_print")
