"""The day view finds its visits and the messages that failed without looking at others"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_FAILED = sa.text("status = 'failed'")


def upgrade() -> None:
    op.create_index("ix_appointment_day", "appointment", ["tenant", "start"])
    op.drop_index("ix_appointment_tenant", "appointment")
    op.create_index("ix_reminder_failed", "reminder", ["tenant", "due"], sqlite_where=_FAILED, postgresql_where=_FAILED)


def downgrade() -> None:
    op.drop_index("ix_reminder_failed", "reminder")
    op.create_index("ix_appointment_tenant", "appointment", ["tenant"])
    op.drop_index("ix_appointment_day", "appointment")
