"""Waitlist: entries, openings, offers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=22), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "waitlist_entry", _id("id"), _id("tenant"), _id("appointment_id"), _id("person_id"), _id("visit_type_id"),
        _id("provider_id", nullable=True), sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("standby", sa.Boolean(), nullable=False), sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True), sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("weekdays", sa.JSON(), nullable=False), sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False), _at("created_at"), _at("ended_at", nullable=True),
        sa.Column("moved_up", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("appointment_id"),
    )  # fmt: skip
    op.create_index("ix_waitlist_entry_tenant", "waitlist_entry", ["tenant"])
    op.create_table(
        "opening", _id("id"), _id("tenant"), _id("provider_id"), _at("start"), _at("end"), _at("made_at"),
        _at("next_at", nullable=True), _at("closed_at", nullable=True), _id("taken_by", nullable=True),
        sa.ForeignKeyConstraint(["provider_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("provider_id", "start", "made_at"),
    )  # fmt: skip
    op.create_index("ix_opening_tenant", "opening", ["tenant"])
    op.create_index("ix_opening_next_at", "opening", ["next_at"])
    op.create_table(
        "slot_offer", _id("id"), _id("tenant"), sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False), _id("opening_id"), _id("appointment_id"),
        _id("person_id"), _id("provider_id"), _at("start"), _at("end"), _at("made_at"), _at("expires_at"),
        sa.ForeignKeyConstraint(["opening_id"], ["opening.id"]),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("opening_id", "appointment_id"),
    )  # fmt: skip
    for name in ("tenant", "opening_id", "appointment_id", "expires_at"):
        op.create_index(f"ix_slot_offer_{name}", "slot_offer", [name])
    open_ = sa.text("status = 'open'")
    op.create_index("uq_slot_offer_open", "slot_offer", ["appointment_id"], unique=True, sqlite_where=open_,
                    postgresql_where=open_)  # fmt: skip


def downgrade() -> None:
    op.drop_table("slot_offer")
    op.drop_table("opening")
    op.drop_table("waitlist_entry")
