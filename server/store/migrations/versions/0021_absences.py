"""Absences, what becomes of each visit, and visits that their provider cannot hold"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=22), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    op.add_column("appointment", sa.Column("displaced", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "absence", _id("id"), _id("tenant"), sa.Column("status", sa.String(length=24), nullable=False),
        _number("version"), _id("provider_id"), sa.Column("day", sa.Date(), nullable=False), _number("begins"),
        _number("ends"), _at("start"), _at("end"), _at("runs_at", nullable=True), _id("made_by"), _at("created_at"),
        _at("finished_at", nullable=True), sa.ForeignKeyConstraint(["provider_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_table(
        "absence_item", _id("id"), _id("tenant"), _id("absence_id"), _id("appointment_id"),
        _id("lead_id", nullable=True), _number("revision"), _number("place"),
        sa.Column("waiting", sa.Boolean(), nullable=False), sa.Column("planned", sa.String(length=12), nullable=False),
        sa.Column("way", sa.String(length=12), nullable=False), sa.Column("why", sa.String(length=16), nullable=False),
        _id("provider_id", nullable=True), _at("start", nullable=True), _number("tries"),
        _at("done_at", nullable=True), sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(["absence_id"], ["absence.id"]),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("absence_id", "appointment_id"),
    )  # fmt: skip
    op.create_index("ix_absence_tenant", "absence", ["tenant"])
    op.create_index("ix_absence_runs_at", "absence", ["runs_at"])
    op.create_index("ix_absence_item_tenant", "absence_item", ["tenant"])
    op.create_index("ix_absence_item_absence_id", "absence_item", ["absence_id"])


def downgrade() -> None:
    op.drop_table("absence_item")
    op.drop_table("absence")
    op.drop_column("appointment", "displaced")
