"""Tasks: what a person of the staff must do"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OPEN = sa.text("status IN ('requested', 'accepted')")


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("priority", sa.String(length=8), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=True),
        sa.Column("appointment_id", sa.String(length=22), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.String(length=22), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "key"),
    )
    op.create_index("ix_task_tenant", "task", ["tenant"])
    op.create_index("ix_task_person_id", "task", ["person_id"])
    op.create_index("ix_task_appointment_id", "task", ["appointment_id"])
    op.create_index("ix_task_open", "task", ["tenant", "status"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("ix_task_next", "task", ["next_at"], sqlite_where=_OPEN, postgresql_where=_OPEN)


def downgrade() -> None:
    op.drop_table("task")
