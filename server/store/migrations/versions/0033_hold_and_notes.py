"""A visit on hold in the call, and a provider's note pad"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visit", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "visit_note",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("visit_id", sa.String(length=22), nullable=False),
        sa.Column("author_id", sa.String(length=22), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"]),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("visit_id", "author_id"),
    )
    op.create_index("ix_visit_note_visit_id", "visit_note", ["visit_id"])
    op.create_index("ix_visit_note_tenant", "visit_note", ["tenant"])


def downgrade() -> None:
    op.drop_table("visit_note")
    op.drop_column("visit", "held_at")
