"""Which sealed message sums a visit up"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visit", sa.Column("summary_id", sa.String(length=22), nullable=True))
    op.add_column("visit", sa.Column("summary_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("visit", "summary_at")
    op.drop_column("visit", "summary_id")
