"""Hours, exceptions, holds; buffers and bookers of a visit type; the interpreter of an appointment"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedule",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("owner_id", sa.String(length=22), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("notice", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "owner_id"),
    )
    op.create_index("ix_schedule_tenant", "schedule", ["tenant"])
    op.create_table(
        "available_time",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("schedule_id", sa.String(length=22), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_available_time_schedule_id", "available_time", ["schedule_id"])
    op.create_index("ix_available_time_tenant", "available_time", ["tenant"])
    op.create_table(
        "hours_exception",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("owner_id", sa.String(length=22), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_hours_exception_day", "hours_exception", ["day"])
    op.create_index("ix_hours_exception_owner_id", "hours_exception", ["owner_id"])
    op.create_index("ix_hours_exception_tenant", "hours_exception", ["tenant"])
    op.create_table(
        "hold",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("provider_id", sa.String(length=22), nullable=False),
        sa.Column("visit_type_id", sa.String(length=22), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["visit_type_id"], ["visit_type.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_hold_expires_at", "hold", ["expires_at"])
    op.create_index("ix_hold_holder", "hold", ["holder"])
    op.create_index("ix_hold_tenant", "hold", ["tenant"])
    # Plain ALTER TABLE, also on SQLite: copying a table that others refer to would break its foreign keys.
    op.add_column("appointment", sa.Column("interpreter", sa.LargeBinary(), nullable=True))
    op.add_column("busy", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visit_type", sa.Column("before", sa.Integer(), server_default="0", nullable=False))
    op.add_column("visit_type", sa.Column("after", sa.Integer(), server_default="0", nullable=False))
    everybody = '["provider", "scheduler", "admin"]'
    op.add_column("visit_type", sa.Column("booked_by", sa.JSON(), server_default=everybody, nullable=False))


def downgrade() -> None:
    op.execute("DELETE FROM busy WHERE expires_at IS NOT NULL")  # without the column a hold would take time for ever
    op.drop_column("visit_type", "booked_by")
    op.drop_column("visit_type", "after")
    op.drop_column("visit_type", "before")
    op.drop_column("busy", "expires_at")
    op.drop_column("appointment", "interpreter")
    op.drop_table("hold")
    op.drop_table("hours_exception")
    op.drop_table("available_time")
    op.drop_table("schedule")
