"""Web push, on-call phones, and a practice's own number for texts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("practice", sa.Column("sms_number", sa.String(length=24), nullable=True))
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("account_id", sa.String(length=22), nullable=True),
        sa.Column("person_id", sa.String(length=22), nullable=True),
        sa.Column("endpoint_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "endpoint_index"),
    )
    for column in ("tenant", "account_id", "person_id"):
        op.create_index(f"ix_push_subscription_{column}", "push_subscription", [column])
    op.create_table(
        "on_call_phone",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_on_call_phone_tenant", "on_call_phone", ["tenant"])
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("channel", sa.String(length=4), nullable=False),
        sa.Column("target_id", sa.String(length=22), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("target_id"),
    )
    op.create_index("ix_alert_tenant", "alert", ["tenant"])
    op.create_index("ix_alert_wake", "alert", ["wake_at"])


def downgrade() -> None:
    op.drop_table("alert")
    op.drop_table("on_call_phone")
    op.drop_table("push_subscription")
    op.drop_column("practice", "sms_number")
