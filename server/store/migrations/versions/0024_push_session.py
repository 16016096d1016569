"""A browser that wants to be told is known by its sign-in, and told no more when that ends"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("push_subscription", sa.Column("session_id", sa.String(length=22), nullable=True))
    op.create_index("ix_push_subscription_session_id", "push_subscription", ["session_id"])


def downgrade() -> None:
    op.drop_index("ix_push_subscription_session_id", table_name="push_subscription")
    with op.batch_alter_table("push_subscription") as batch:
        batch.drop_column("session_id")
