"""That a declined visit may be kept stands beside the menu of a number"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_MENU = sa.text("kind <> 'keep'")
_NAMES = {"uq": "%(table_name)s_%(column_0_name)s_key"}  # as PostgreSQL names what has no name


def upgrade() -> None:
    with op.batch_alter_table("dialogue", naming_convention=_NAMES) as batch:
        batch.drop_constraint("dialogue_contact_id_key", type_="unique")
    op.create_index("ix_dialogue_contact_id", "dialogue", ["contact_id"])
    op.create_index(
        "uq_dialogue_menu", "dialogue", ["contact_id"], unique=True, sqlite_where=_MENU, postgresql_where=_MENU
    )


def downgrade() -> None:
    op.drop_index("uq_dialogue_menu", table_name="dialogue")
    op.drop_index("ix_dialogue_contact_id", table_name="dialogue")
    # One question a number: of several the newest stays. Of a visit that is not called off then staff have the task.
    op.execute(
        "DELETE FROM dialogue WHERE EXISTS (SELECT 1 FROM dialogue other WHERE other.contact_id = dialogue.contact_id "
        "AND other.id <> dialogue.id AND (other.expires_at > dialogue.expires_at "
        "OR (other.expires_at = dialogue.expires_at AND other.id > dialogue.id)))"
    )
    with op.batch_alter_table("dialogue", naming_convention=_NAMES) as batch:
        batch.create_unique_constraint("dialogue_contact_id_key", ["contact_id"])
