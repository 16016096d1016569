"""Which providers offer a kind of visit"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visit_type", sa.Column("offered_by", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("visit_type", "offered_by")
