"""Forecasts and what became of them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forecast_sample",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("entry_id", sa.String(length=22), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("p10", sa.Float(), nullable=False),
        sa.Column("p50", sa.Float(), nullable=False),
        sa.Column("p80", sa.Float(), nullable=False),
        sa.Column("p90", sa.Float(), nullable=False),
        sa.Column("stretch", sa.Float(), nullable=False),
        sa.Column("outcome", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_forecast_sample_tenant", "forecast_sample", ["tenant"])
    op.create_index("ix_forecast_sample_entry_id", "forecast_sample", ["entry_id"])
    op.create_index("ix_forecast_sample_at", "forecast_sample", ["at"])


def downgrade() -> None:
    op.drop_table("forecast_sample")
