"""What came of a visit, when they meet again, and what the patient says"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visit", sa.Column("outcome", sa.String(length=20), nullable=True))
    op.add_column("visit", sa.Column("follow_up_id", sa.String(length=22), nullable=True))
    op.add_column("visit", sa.Column("ease", sa.Integer(), nullable=True))
    op.add_column("visit", sa.Column("helped", sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in ("helped", "ease", "follow_up_id", "outcome"):
        op.drop_column("visit", name)
