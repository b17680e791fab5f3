"""Which agency an article's text is credited to.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; articles that are known already stay without."""
    op.add_column("article", sa.Column("agency", sa.Text(), nullable=True))
