"""The clinic"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email_index"),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_tenant"), ["tenant"], unique=False)

    op.create_table(
        "audit_event",
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=1), nullable=False),
        sa.Column("subtype", sa.String(length=64), nullable=False),
        sa.Column("agent_role", sa.String(length=16), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("entity_type", sa.String(length=24), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("outcome", sa.String(length=2), nullable=False),
        sa.Column("request_id", sa.String(length=22), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "seq"),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entity", ["tenant", "entity_id"], unique=False)

    op.create_table(
        "busy",
        sa.Column("provider_id", sa.String(length=22), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "tick"),
    )
    with op.batch_alter_table("busy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_busy_appointment_id"), ["appointment_id"], unique=False)

    op.create_table(
        "contact_point",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("system", sa.String(length=8), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("value_index", sa.LargeBinary(), nullable=False),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "system", "value_index"),
    )
    with op.batch_alter_table("contact_point", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_point_tenant"), ["tenant"], unique=False)

    op.create_table(
        "dek",
        sa.Column("id", sa.String(length=11), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("kek_id", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shredded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "subject", name="uq_dek_tenant_subject"),
    )
    with op.batch_alter_table("dek", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dek_kek_id"), ["kek_id"], unique=False)

    op.create_table(
        "device",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("device_id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("ds_pub", sa.LargeBinary(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "device_id"),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index("ix_device_person", ["tenant", "person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_tenant"), ["tenant"], unique=False)

    op.create_table(
        "device_certificate",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("cert_id", sa.String(length=22), nullable=False),
        sa.Column("device_id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("staff", sa.Boolean(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "cert_id"),
    )
    with op.batch_alter_table("device_certificate", schema=None) as batch_op:
        batch_op.create_index("ix_certificate_device", ["tenant", "device_id"], unique=False)
        batch_op.create_index("ix_certificate_person", ["tenant", "person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_certificate_tenant"), ["tenant"], unique=False)

    op.create_table(
        "device_revocation",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("device_id", sa.String(length=22), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("device_revocation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_revocation_tenant"), ["tenant"], unique=False)
        batch_op.create_index("ix_revocation_device", ["tenant", "device_id"], unique=False)

    op.create_table(
        "event",
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("type", sa.String(length=48), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "seq"),
    )
    op.create_table(
        "idempotency",
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "agent", "key"),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_at"), ["at"], unique=False)

    op.create_table(
        "link",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_appointment_id"), ["appointment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_link_tenant"), ["tenant"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("profile", sa.LargeBinary(), nullable=False),
        sa.Column("number_index", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "number_index"),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_tenant"), ["tenant"], unique=False)

    op.create_table(
        "practice",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=24), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("region", sa.String(length=2), nullable=False),
        sa.Column("emergency_number", sa.String(length=12), nullable=False),
        sa.Column("root_pub", sa.LargeBinary(), nullable=True),
        sa.Column("records_key", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "topic_head",
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("topic"),
    )
    op.create_table(
        "visit_type",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("modality", sa.String(length=12), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("visit_type", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_type_tenant"), ["tenant"], unique=False)

    op.create_table(
        "appointment",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("provider_id", sa.String(length=22), nullable=False),
        sa.Column("visit_type_id", sa.String(length=22), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wall_start", sa.String(length=19), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("participation", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("external_index", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["visit_type_id"],
            ["visit_type.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "external_index"),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appointment_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointment_provider_id"), ["provider_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointment_start"), ["start"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointment_tenant"), ["tenant"], unique=False)

    op.create_table(
        "conversation",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "person_id"),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conversation_tenant"), ["tenant"], unique=False)

    op.create_table(
        "need",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "kind"),
    )
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_need_tenant"), ["tenant"], unique=False)

    op.create_table(
        "person_contact",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("contact_id", sa.String(length=22), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("others_may_read", sa.Boolean(), nullable=False),
        sa.Column("safe_from", sa.String(length=5), nullable=True),
        sa.Column("safe_to", sa.String(length=5), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact_point.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "contact_id", "purpose"),
    )
    with op.batch_alter_table("person_contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_contact_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_contact_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_contact_tenant"), ["tenant"], unique=False)

    op.create_table(
        "person_name",
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("person_id", "token"),
    )
    with op.batch_alter_table("person_name", schema=None) as batch_op:
        batch_op.create_index("ix_person_name_token", ["tenant", "token"], unique=False)

    op.create_table(
        "relationship",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("related_id", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("may_join", sa.Boolean(), nullable=False),
        sa.Column("may_message", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["related_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "related_id", "kind"),
    )
    with op.batch_alter_table("relationship", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_relationship_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_relationship_related_id"), ["related_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_relationship_tenant"), ["tenant"], unique=False)

    op.create_table(
        "session",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=22), nullable=True),
        sa.Column("person_id", sa.String(length=22), nullable=True),
        sa.Column("appointment_id", sa.String(length=22), nullable=True),
        sa.Column("link_id", sa.String(length=22), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_appointment_id"), ["appointment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_session_tenant"), ["tenant"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("text_version", sa.String(length=24), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_appointment_id"), ["appointment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_tenant"), ["tenant"], unique=False)

    op.create_table(
        "conversation_claim",
        sa.Column("conversation_id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("i", sa.Integer(), nullable=False),
        sa.Column("invite_id", sa.String(length=22), nullable=False),
        sa.Column("device_id", sa.String(length=22), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id", "i"),
        sa.UniqueConstraint("conversation_id", "invite_id"),
    )
    op.create_table(
        "conversation_epoch",
        sa.Column("conversation_id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id", "n"),
    )
    op.create_table(
        "conversation_head",
        sa.Column("conversation_id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("epoch_n", sa.Integer(), nullable=False),
        sa.Column("epoch_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("epoch_messages", sa.Integer(), nullable=False),
        sa.Column("keys_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    with op.batch_alter_table("conversation_head", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conversation_head_tenant"), ["tenant"], unique=False)

    op.create_table(
        "conversation_member",
        sa.Column("conversation_id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("i", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=22), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id", "i"),
    )
    with op.batch_alter_table("conversation_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conversation_member_by"), ["by"], unique=False)

    op.create_table(
        "conversation_message",
        sa.Column("conversation_id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("msg_id", sa.String(length=22), nullable=False),
        sa.Column("device_id", sa.String(length=22), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("epoch_commit", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("seen_seq", sa.Integer(), nullable=False),
        sa.Column("seen_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ct", sa.LargeBinary(), nullable=False),
        sa.Column("sig", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq"),
        sa.UniqueConstraint("conversation_id", "msg_id"),
    )
    op.create_table(
        "conversation_reader",
        sa.Column("conversation_id", sa.String(length=22), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id", "agent"),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("contact_id", sa.String(length=22), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_owner", sa.String(length=22), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("provider_ref", sa.String(length=64), nullable=True),
        sa.Column("last_error", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact_point.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("appointment_id", "revision", "step", "channel"),
    )
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reminder_appointment_id"), ["appointment_id"], unique=False)
        batch_op.create_index(
            "ix_reminder_due",
            ["due"],
            unique=False,
            sqlite_where=sa.text("status IN ('scheduled', 'retrying', 'sending')"),
            postgresql_where=sa.text("status IN ('scheduled', 'retrying', 'sending')"),
        )
        batch_op.create_index(batch_op.f("ix_reminder_tenant"), ["tenant"], unique=False)

    op.create_table(
        "visit",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("appointment_id"),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_tenant"), ["tenant"], unique=False)

    op.create_table(
        "waiting_entry",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("tenant", sa.String(length=22), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.String(length=22), nullable=False),
        sa.Column("provider_id", sa.String(length=22), nullable=False),
        sa.Column("booked_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("media", sa.String(length=8), nullable=False),
        sa.Column("camera", sa.String(length=12), nullable=False),
        sa.Column("microphone", sa.String(length=12), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("waiting_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waiting_entry_appointment_id"), ["appointment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_waiting_entry_tenant"), ["tenant"], unique=False)
        batch_op.create_index("ix_waiting_queue", ["tenant", "provider_id", "status"], unique=False)
        batch_op.create_index(
            "uq_waiting_live",
            ["appointment_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('checking_in', 'waiting', 'away', 'called')"),
            postgresql_where=sa.text("status IN ('checking_in', 'waiting', 'away', 'called')"),
        )


def downgrade() -> None:
    with op.batch_alter_table("waiting_entry", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_waiting_live",
            sqlite_where=sa.text("status IN ('checking_in', 'waiting', 'away', 'called')"),
            postgresql_where=sa.text("status IN ('checking_in', 'waiting', 'away', 'called')"),
        )
        batch_op.drop_index("ix_waiting_queue")
        batch_op.drop_index(batch_op.f("ix_waiting_entry_tenant"))
        batch_op.drop_index(batch_op.f("ix_waiting_entry_appointment_id"))

    op.drop_table("waiting_entry")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_tenant"))

    op.drop_table("visit")
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reminder_tenant"))
        batch_op.drop_index(
            "ix_reminder_due",
            sqlite_where=sa.text("status IN ('scheduled', 'retrying', 'sending')"),
            postgresql_where=sa.text("status IN ('scheduled', 'retrying', 'sending')"),
        )
        batch_op.drop_index(batch_op.f("ix_reminder_appointment_id"))

    op.drop_table("reminder")
    op.drop_table("conversation_reader")
    op.drop_table("conversation_message")
    with op.batch_alter_table("conversation_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conversation_member_by"))

    op.drop_table("conversation_member")
    with op.batch_alter_table("conversation_head", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conversation_head_tenant"))

    op.drop_table("conversation_head")
    op.drop_table("conversation_epoch")
    op.drop_table("conversation_claim")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_tenant"))
        batch_op.drop_index(batch_op.f("ix_consent_appointment_id"))

    op.drop_table("consent")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_tenant"))
        batch_op.drop_index(batch_op.f("ix_session_appointment_id"))

    op.drop_table("session")
    with op.batch_alter_table("relationship", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_relationship_tenant"))
        batch_op.drop_index(batch_op.f("ix_relationship_related_id"))
        batch_op.drop_index(batch_op.f("ix_relationship_person_id"))

    op.drop_table("relationship")
    with op.batch_alter_table("person_name", schema=None) as batch_op:
        batch_op.drop_index("ix_person_name_token")

    op.drop_table("person_name")
    with op.batch_alter_table("person_contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_contact_tenant"))
        batch_op.drop_index(batch_op.f("ix_person_contact_person_id"))
        batch_op.drop_index(batch_op.f("ix_person_contact_contact_id"))

    op.drop_table("person_contact")
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_tenant"))
        batch_op.drop_index(batch_op.f("ix_need_person_id"))

    op.drop_table("need")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conversation_tenant"))

    op.drop_table("conversation")
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appointment_tenant"))
        batch_op.drop_index(batch_op.f("ix_appointment_start"))
        batch_op.drop_index(batch_op.f("ix_appointment_provider_id"))
        batch_op.drop_index(batch_op.f("ix_appointment_person_id"))

    op.drop_table("appointment")
    with op.batch_alter_table("visit_type", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_type_tenant"))

    op.drop_table("visit_type")
    op.drop_table("topic_head")
    op.drop_table("practice")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_tenant"))

    op.drop_table("person")
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_tenant"))
        batch_op.drop_index(batch_op.f("ix_link_appointment_id"))

    op.drop_table("link")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_at"))

    op.drop_table("idempotency")
    op.drop_table("event")
    with op.batch_alter_table("device_revocation", schema=None) as batch_op:
        batch_op.drop_index("ix_revocation_device")
        batch_op.drop_index(batch_op.f("ix_device_revocation_tenant"))

    op.drop_table("device_revocation")
    with op.batch_alter_table("device_certificate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_certificate_tenant"))
        batch_op.drop_index("ix_certificate_person")
        batch_op.drop_index("ix_certificate_device")

    op.drop_table("device_certificate")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_tenant"))
        batch_op.drop_index("ix_device_person")

    op.drop_table("device")
    with op.batch_alter_table("dek", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dek_kek_id"))

    op.drop_table("dek")
    with op.batch_alter_table("contact_point", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_point_tenant"))

    op.drop_table("contact_point")
    with op.batch_alter_table("busy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_busy_appointment_id"))

    op.drop_table("busy")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entity")

    op.drop_table("audit_event")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_tenant"))

    op.drop_table("account")
