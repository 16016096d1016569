"""Move and cancel: the reason of a cancellation, the note for the desk"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointment", sa.Column("note", sa.LargeBinary(), nullable=True))
    op.add_column("appointment", sa.Column("cancel_reason", sa.String(length=12), nullable=True))


def downgrade() -> None:
    op.drop_column("appointment", "cancel_reason")
    op.drop_column("appointment", "note")
