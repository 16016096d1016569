"""What no provider has seen yet is in no index by the provider's name for it: planning and claiming write one less"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_KNOWN = sa.text("provider_ref IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_reminder_ref", table_name="reminder")
    op.create_index("ix_reminder_ref", "reminder", ["provider_ref"], sqlite_where=_KNOWN, postgresql_where=_KNOWN)


def downgrade() -> None:
    op.drop_index("ix_reminder_ref", table_name="reminder")
    op.create_index("ix_reminder_ref", "reminder", ["provider_ref"])
