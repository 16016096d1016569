"""How the line of a visit was, phones rung for it, when the emergency card was opened; a provider's own phone"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visit_line",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("visit_id", sa.String(length=22), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rung", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_visit_line_visit_id", "visit_line", ["visit_id"])
    op.create_index("ix_visit_line_tenant", "visit_line", ["tenant"])
    op.create_table(
        "visit_ring",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("visit_id", sa.String(length=22), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("asked_by", sa.String(length=8), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(length=24), nullable=True),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("to_end", sa.Boolean(), nullable=False),
        sa.Column("legs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_visit_ring_visit_id", "visit_ring", ["visit_id"])
    op.create_index("ix_visit_ring_rung_at", "visit_ring", ["rung_at"])
    op.create_index("ix_visit_ring_tenant", "visit_ring", ["tenant"])
    op.add_column("visit", sa.Column("emergency_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("phone", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "phone")
    op.drop_column("visit", "emergency_at")
    op.drop_table("visit_ring")
    op.drop_table("visit_line")
