"""Devices of a link and how sure we are of them, guests, and how often a message was asked for"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guest",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.Column("scope", sa.String(length=12), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("by_patient", sa.Boolean(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("here_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_guest_appointment_id", "guest", ["appointment_id"])
    op.create_index("ix_guest_tenant", "guest", ["tenant"])
    op.create_table(
        "link_issue",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("contact_id", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_link_issue_contact", "link_issue", ["contact_id", "kind", "at"])
    op.create_index("ix_link_issue_tenant", "link_issue", ["tenant"])
    # Plain ALTER TABLE, also on SQLite: copying a table that others refer to would break its foreign keys.
    op.add_column("link", sa.Column("bound_to", sa.String(length=22), nullable=True))
    op.add_column("link", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("link", sa.Column("codes", sa.Integer(), server_default="0", nullable=False))
    op.add_column("session", sa.Column("device", sa.String(length=8), server_default="", nullable=False))
    op.add_column("session", sa.Column("level", sa.String(length=12), server_default="", nullable=False))
    op.add_column("session", sa.Column("code_n", sa.Integer(), server_default="0", nullable=False))
    op.add_column("session", sa.Column("code_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(  # browsers that came by a link before: as they were then, its first devices
        "UPDATE session SET device = 'first', level = 'unverified' WHERE role = 'patient'"
    )


def downgrade() -> None:
    op.execute("DELETE FROM session WHERE role NOT IN ('patient', 'provider', 'scheduler', 'admin')")
    for name in ("code_at", "code_n", "level", "device"):
        op.drop_column("session", name)
    for name in ("codes", "tries", "bound_to"):
        op.drop_column("link", name)
    op.drop_table("link_issue")
    op.drop_table("guest")
