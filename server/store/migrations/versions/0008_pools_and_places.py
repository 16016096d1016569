"""Pools; lanes, triage, hand-over, waiting elsewhere and the forecast of a waiting-room entry; presence of staff"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _entry() -> list[sa.Column[object]]:
    return [
        sa.Column("pool_id", sa.String(length=22), nullable=True),
        sa.Column("left_as", sa.String(length=8), nullable=True),
        sa.Column("triaged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("triage_note", sa.LargeBinary(), nullable=True),
        sa.Column("why", sa.String(length=16), nullable=True),
        sa.Column("why_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handover", sa.LargeBinary(), nullable=True),
        sa.Column("handed_by", sa.String(length=22), nullable=True),
        sa.Column("travel_minutes", sa.Integer(), nullable=True),
        sa.Column("summoned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("p10", sa.DateTime(timezone=True), nullable=True),
        sa.Column("p50", sa.DateTime(timezone=True), nullable=True),
        sa.Column("p80", sa.DateTime(timezone=True), nullable=True),
        sa.Column("p90", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forecast_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
    ]


def upgrade() -> None:
    op.create_table(
        "pool",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pool_tenant", "pool", ["tenant"])
    op.create_table(
        "pool_member",
        sa.Column("pool_id", sa.String(length=22), nullable=False),
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"]),
        sa.PrimaryKeyConstraint("pool_id", "account_id"),
    )
    op.create_index("ix_pool_member_account_id", "pool_member", ["account_id"])
    op.create_index("ix_pool_member_tenant", "pool_member", ["tenant"])
    op.create_table(
        "staff_presence",
        sa.Column("account_id", sa.String(length=22), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("account_id", "since"),
    )
    op.create_index("ix_staff_presence_tenant", "staff_presence", ["tenant"])
    op.create_index("ix_staff_presence_last_seen", "staff_presence", ["last_seen"])
    op.add_column("appointment", sa.Column("pool_id", sa.String(length=22), nullable=True))
    for column in _entry():
        op.add_column("waiting_entry", column)
    # Plain ALTER TABLE, also on SQLite; the defaults are for the rows that stand already.
    op.add_column("waiting_entry", sa.Column("turn", sa.Integer(), server_default="1", nullable=False))
    op.add_column("waiting_entry", sa.Column("acuity", sa.Integer(), server_default="3", nullable=False))
    op.add_column("waiting_entry", sa.Column("lane", sa.String(length=22), server_default="", nullable=False))
    op.execute("UPDATE waiting_entry SET lane = provider_id")
    op.drop_index("ix_waiting_queue", "waiting_entry")
    op.create_index("ix_waiting_lane", "waiting_entry", ["lane", "status"])


def downgrade() -> None:
    op.drop_index("ix_waiting_lane", "waiting_entry")
    op.create_index("ix_waiting_queue", "waiting_entry", ["tenant", "provider_id", "status"])
    for name in ("lane", "acuity", "turn", *(column.name for column in reversed(_entry()))):
        op.drop_column("waiting_entry", name)
    op.drop_column("appointment", "pool_id")
    op.drop_table("staff_presence")
    op.drop_table("pool_member")
    op.drop_table("pool")
