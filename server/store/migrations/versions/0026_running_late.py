"""Running late: what is said of a line, and what each person was told"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "lateness",
        sa.Column("id", sa.String(length=22), primary_key=True),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("lane", sa.String(length=22), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("said_at", _AT, nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.Integer(), nullable=True),
        sa.Column("declined", sa.Integer(), nullable=True),
        sa.UniqueConstraint("tenant", "lane"),
    )
    op.create_index("ix_lateness_tenant", "lateness", ["tenant"])
    op.create_table(
        "late_notice",
        sa.Column("id", sa.String(length=22), primary_key=True),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), sa.ForeignKey("appointment.id"), nullable=False),
        sa.Column("lane", sa.String(length=22), nullable=False),
        sa.Column("start", _AT, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("wish", sa.String(length=8), nullable=True),
        sa.UniqueConstraint("appointment_id"),
    )
    op.create_index("ix_late_notice_tenant", "late_notice", ["tenant"])
    op.create_index("ix_late_notice_lane", "late_notice", ["lane"])


def downgrade() -> None:
    op.drop_table("late_notice")
    op.drop_table("lateness")
