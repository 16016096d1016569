"""Messages: any subject, every channel, one wake-up time, reports of providers, plans that a practice may change"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_WAKES = sa.text("wake_at IS NOT NULL")
_DUE = sa.text("status IN ('scheduled', 'retrying', 'sending')")
_AT = sa.DateTime(timezone=True)
_SAME = (
    "id, tenant, status, version, appointment_id, revision, step, channel, contact_id, due, not_after, lease_owner,"
    " attempts, segments, provider_ref, last_error, at"
)


def upgrade() -> None:
    for name in ("delivered_at", "undelivered_at"):
        op.add_column("contact_point", sa.Column(name, _AT, nullable=True))
    _reminder("reminder_new", new=True)
    # What is planned goes on; what was being sent when the old version stopped is in doubt and asked about.
    op.execute(
        f"INSERT INTO reminder_new ({_SAME}, subject, person_id, planned_at, tried_at, in_doubt, sent_at, delivered_at,"  # noqa: S608
        f" wake_at) SELECT {_SAME}, appointment_id,"
        " (SELECT person_id FROM appointment WHERE appointment.id = reminder.appointment_id), COALESCE(at, due), at,"
        " status = 'sending', CASE WHEN status IN ('sent', 'delivered') THEN at END,"
        " CASE WHEN status = 'delivered' THEN at END, CASE WHEN status IN ('scheduled', 'retrying') THEN due"
        " WHEN status = 'sending' THEN lease_until END FROM reminder"
    )
    op.drop_table("reminder")
    op.rename_table("reminder_new", "reminder")
    op.create_index("ix_reminder_tenant", "reminder", ["tenant"])
    op.create_index("ix_reminder_appointment_id", "reminder", ["appointment_id"])
    op.create_index("ix_reminder_contact", "reminder", ["contact_id", "sent_at"])
    op.create_index("ix_reminder_ref", "reminder", ["provider_ref"])
    op.create_index(
        "ix_reminder_wake", "reminder", ["channel", "wake_at"], sqlite_where=_WAKES, postgresql_where=_WAKES
    )
    op.create_table(
        "provider_report",
        sa.Column("provider_ref", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=True),
        sa.Column("remedy", sa.String(length=16), nullable=True),
        sa.Column("at", _AT, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("provider_ref"),
    )
    op.create_index("ix_provider_report_open", "provider_report", ["open", "at"])
    op.create_table(
        "reminder_plan",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("owner_id", sa.String(length=22), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("changed_at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "owner_id"),
    )
    op.create_index("ix_reminder_plan_tenant", "reminder_plan", ["tenant"])


def downgrade() -> None:
    op.drop_table("reminder_plan")
    op.drop_table("provider_report")
    _reminder("reminder_old", new=False)
    op.execute(
        f"INSERT INTO reminder_old ({_SAME}, lease_until) SELECT {_SAME}, CASE WHEN status = 'sending'"  # noqa: S608
        " THEN wake_at END"
        " FROM reminder WHERE appointment_id IS NOT NULL AND contact_id IS NOT NULL"
    )
    op.drop_table("reminder")
    op.rename_table("reminder_old", "reminder")
    op.create_index("ix_reminder_tenant", "reminder", ["tenant"])
    op.create_index("ix_reminder_appointment_id", "reminder", ["appointment_id"])
    op.create_index("ix_reminder_due", "reminder", ["due"], sqlite_where=_DUE, postgresql_where=_DUE)
    for name in ("delivered_at", "undelivered_at"):
        op.drop_column("contact_point", name)


def _reminder(name: str, *, new: bool) -> None:
    """The table as it becomes, or as it was."""
    columns: list[sa.schema.SchemaItem] = [
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=new),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("contact_id", sa.String(length=22), nullable=new),
        sa.Column("due", _AT, nullable=False),
        sa.Column("not_after", _AT, nullable=False),
        sa.Column("lease_owner", sa.String(length=22), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("provider_ref", sa.String(length=64), nullable=True),
        sa.Column("last_error", sa.String(length=64), nullable=True),
        sa.Column("at", _AT, nullable=True),
    ]
    if not new:
        once = sa.UniqueConstraint("appointment_id", "revision", "step", "channel")
        columns.append(sa.Column("lease_until", _AT, nullable=True))
    else:
        once = sa.UniqueConstraint("subject", "revision", "step", "channel")
        columns += [
            sa.Column("subject", sa.String(length=22), nullable=False),
            sa.Column("person_id", sa.String(length=22), nullable=False),
            sa.Column("facts", sa.LargeBinary(), nullable=True),
            sa.Column("wake_at", _AT, nullable=True),
            sa.Column("tried_at", _AT, nullable=True),
            sa.Column("in_doubt", sa.Boolean(), nullable=False),
            sa.Column("planned_at", _AT, nullable=False),
            sa.Column("sent_at", _AT, nullable=True),
            sa.Column("delivered_at", _AT, nullable=True),
            sa.Column("answered_at", _AT, nullable=True),
            sa.Column("answer", sa.String(length=12), nullable=True),
            sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        ]
    op.create_table(
        name, *columns, sa.PrimaryKeyConstraint("id"), once,
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contact_point.id"]),
    )  # fmt: skip
