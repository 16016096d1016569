"""Answers by text: open questions, texts that came in, and the consent ledger"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_WAKES = sa.text("wake_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "contact_consent",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("contact_id", sa.String(length=22), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact_point.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_contact_consent_tenant", "contact_consent", ["tenant"])
    op.create_index("ix_contact_consent_contact", "contact_consent", ["contact_id", "purpose", "at"])
    op.create_table(
        "dialogue",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("contact_id", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact_point.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contact_id"),
    )
    op.create_index("ix_dialogue_tenant", "dialogue", ["tenant"])
    op.create_index("ix_dialogue_expires", "dialogue", ["kind", "expires_at"])
    op.create_table(
        "heard_text",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("provider_ref", sa.String(length=64), nullable=False),
        sa.Column("sender_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "provider_ref"),
    )
    op.create_index("ix_heard_text_tenant", "heard_text", ["tenant"])
    op.create_index("ix_heard_text_sender", "heard_text", ["sender_index", "at"])
    op.create_index("ix_heard_text_wake", "heard_text", ["wake_at"], sqlite_where=_WAKES, postgresql_where=_WAKES)


def downgrade() -> None:
    op.drop_table("heard_text")
    op.drop_table("dialogue")
    op.drop_table("contact_consent")
