"""Where somebody is stuck before they are in line, and who of the desk helped"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WORDS = (("handset", ""), ("in_app", ""), ("camera", "unchecked"), ("microphone", "unchecked"))


def upgrade() -> None:
    for name, empty in _WORDS:
        op.add_column("link", sa.Column(name, sa.String(length=12), server_default=empty, nullable=False))
    op.add_column("link", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("appointment", sa.Column("first", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "assist",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("by", sa.String(length=22), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_assist_appointment_id", "assist", ["appointment_id"])
    op.create_index("ix_assist_tenant", "assist", ["tenant"])


def downgrade() -> None:
    op.drop_table("assist")
    op.drop_column("appointment", "first")
    op.drop_column("link", "checked_at")
    for name, _ in reversed(_WORDS):
        op.drop_column("link", name)
