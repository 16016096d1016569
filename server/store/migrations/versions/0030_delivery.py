"""Prices of messages, and the ledger as a page"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import server.store.types

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_price",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("tenant", sa.String(22), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("amount", sa.String(13), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("since", server.store.types.UtcDateTime(), nullable=False),
    )
    op.create_index("ix_message_price_tenant", "message_price", ["tenant"])
    op.drop_index("ix_reminder_tenant", table_name="reminder")
    op.create_index("ix_reminder_due", "reminder", ["tenant", "due"])


def downgrade() -> None:
    op.drop_index("ix_reminder_due", table_name="reminder")
    op.create_index("ix_reminder_tenant", "reminder", ["tenant"])
    op.drop_index("ix_message_price_tenant", table_name="message_price")
    op.drop_table("message_price")
