"""Texts of which nothing was heard are found without looking at everything that is due"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_SILENT = sa.text("status = 'sent' AND wake_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_reminder_silent", "reminder", ["wake_at"], sqlite_where=_SILENT, postgresql_where=_SILENT)


def downgrade() -> None:
    op.drop_index("ix_reminder_silent", table_name="reminder")
