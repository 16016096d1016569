"""Whether somebody has agreed to interpret at a visit"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointment", sa.Column("interpreter_status", sa.String(length=12), nullable=True))


def downgrade() -> None:
    op.drop_column("appointment", "interpreter_status")
