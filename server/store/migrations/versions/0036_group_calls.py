"""What each of a group is called in its call, and whether they show their name to the others"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointment", sa.Column("group_number", sa.Integer(), nullable=True))
    op.add_column("appointment", sa.Column("shows", sa.String(length=8), server_default="nothing", nullable=False))
    # Within each group in the order of booking, once and for good.
    op.execute(
        "UPDATE appointment SET group_number = (SELECT count(*) FROM appointment AS other"
        " WHERE other.group_id = appointment.group_id AND (other.created_at < appointment.created_at"
        " OR (other.created_at = appointment.created_at AND other.id <= appointment.id)))"
        " WHERE group_id IS NOT NULL"
    )
    op.create_index("ix_appointment_group_number", "appointment", ["group_id", "group_number"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_appointment_group_number", "appointment")
    op.drop_column("appointment", "shows")
    op.drop_column("appointment", "group_number")
