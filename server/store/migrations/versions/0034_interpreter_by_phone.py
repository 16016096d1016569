"""An interpreter is rung into the telephone call of a visit"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visit_ring", sa.Column("room", sa.String(length=64), nullable=True))
    op.add_column("visit_ring", sa.Column("guest_id", sa.String(length=22), nullable=True))


def downgrade() -> None:
    op.drop_column("visit_ring", "guest_id")
    op.drop_column("visit_ring", "room")
