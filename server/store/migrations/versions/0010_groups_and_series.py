"""Groups, series, co-providers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointment", sa.Column("group_id", sa.String(length=22), nullable=True))
    op.add_column("appointment", sa.Column("series_id", sa.String(length=22), nullable=True))
    op.add_column("appointment", sa.Column("series_number", sa.Integer(), nullable=True))
    op.create_index("ix_appointment_group_id", "appointment", ["group_id"])
    op.create_index("ix_appointment_series_id", "appointment", ["series_id"])
    op.create_table(
        "co_provider",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.Column("provider_id", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["provider_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("appointment_id", "provider_id"),
    )
    op.create_index("ix_co_provider_tenant", "co_provider", ["tenant"])
    op.create_index("ix_co_provider_appointment_id", "co_provider", ["appointment_id"])
    op.create_index("ix_co_provider_provider_id", "co_provider", ["provider_id"])


def downgrade() -> None:
    op.drop_table("co_provider")
    op.drop_index("ix_appointment_series_id", "appointment")
    op.drop_index("ix_appointment_group_id", "appointment")
    op.drop_column("appointment", "series_number")
    op.drop_column("appointment", "series_id")
    op.drop_column("appointment", "group_id")
