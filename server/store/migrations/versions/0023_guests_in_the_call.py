"""Guests in the call: let in, muted, aside with the provider"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("guest", sa.Column("admitted_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("muted", "aside"):
        op.add_column("guest", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("guest") as batch:
        for name in ("aside", "muted", "admitted_at"):
            batch.drop_column(name)
