"""Intake, questionnaires and answers; licences of a provider; the hash of the consent's words"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "intake",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("by_staff", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outside", sa.String(length=8), nullable=True),
        sa.Column("decided_by", sa.String(length=22), nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("appointment_id"),
    )
    op.create_index("ix_intake_person_id", "intake", ["person_id"])
    op.create_index("ix_intake_tenant", "intake", ["tenant"])
    op.create_table(
        "questionnaire",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("resource", sa.JSON(), nullable=False),
        sa.Column("visit_types", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_questionnaire_tenant", "questionnaire", ["tenant"])
    op.create_table(
        "questionnaire_response",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("questionnaire_id", sa.String(length=22), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=True),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("by_staff", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["questionnaire_id"], ["questionnaire.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("appointment_id", "questionnaire_id"),
    )
    op.create_index("ix_questionnaire_response_appointment_id", "questionnaire_response", ["appointment_id"])
    op.create_index("ix_questionnaire_response_tenant", "questionnaire_response", ["tenant"])
    op.add_column("account", sa.Column("licences", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("consent", sa.Column("text_hash", sa.String(length=64), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("consent", "text_hash")
    op.drop_column("account", "licences")
    op.drop_table("questionnaire_response")
    op.drop_table("questionnaire")
    op.drop_table("intake")
