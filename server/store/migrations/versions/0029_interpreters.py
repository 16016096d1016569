"""Interpreters, and the races in which they are asked"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interpreter",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_interpreter_tenant", "interpreter", ["tenant"])
    op.create_table(
        "interpreter_race",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.String(length=22), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_interpreter_race_tenant", "interpreter_race", ["tenant"])
    op.create_index("ix_interpreter_race_appointment_id", "interpreter_race", ["appointment_id"])
    op.create_index("ix_interpreter_race_open", "interpreter_race", ["closed_at", "expires_at"])
    for name in ("race_id", "interpreter_id"):
        op.add_column("guest", sa.Column(name, sa.String(length=22), nullable=True))
    op.add_column("guest", sa.Column("offered", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("guest", sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_guest_race_id", "guest", ["race_id"])


def downgrade() -> None:
    op.execute("DELETE FROM guest WHERE offered")  # who was only asked is no guest
    op.drop_index("ix_guest_race_id", table_name="guest")
    with op.batch_alter_table("guest") as batch:
        for name in ("passed_at", "offered", "interpreter_id", "race_id"):
            batch.drop_column(name)
    op.drop_table("interpreter_race")
    op.drop_table("interpreter")
