"""What others ask of conversations: one import for views, the live door, set-up and the app's table of listeners."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from server.conversations.devices import certify, listing, mine, register, revoke
from server.conversations.epochs import post_epoch
from server.conversations.keys import install_practice_keys, key_state, practice_keys
from server.conversations.members import add_entry, claim
from server.conversations.messages import between, message_json, page, post, to_json
from server.conversations.rooms import (
    change,
    head_of,
    ids_of_people,
    keys_version,
    note_reading,
    of_person,
    reachable,
    when_booked,
    when_device_confirmed,
)
from server.conversations.tables import MessageRow
from server.store.unit import Unit

SHOWN = 500  # the newest messages of a snapshot; older ones come by page


async def snapshot(unit: Unit, conversation_id: str) -> dict[str, Any]:
    """GET /v1/conversations/{id} without its heads: conversation, keys_version, keys, the newest messages by number."""
    conversation = await reachable(unit, conversation_id)
    version = await keys_version(unit, conversation_id)
    head = await head_of(unit, conversation_id)
    rows = await between(unit, conversation_id, max(0, head.seq - SHOWN), SHOWN + 1)
    return {
        "conversation": {"id": conversation.id, "person_id": conversation.person_id, "status": conversation.status},
        "keys_version": version,
        "keys": await key_state(unit, conversation),
        "messages": {str(row.seq): to_json(row) for row in rows},
    }


async def has_message(unit: Unit, conversation_id: str, msg_id: str) -> bool:
    """Whether this message stands in the conversation."""
    query = select(col(MessageRow.seq)).where(
        col(MessageRow.tenant) == unit.tenant, col(MessageRow.conversation_id) == conversation_id,
        col(MessageRow.msg_id) == msg_id,
    )  # fmt: skip
    return (await unit.session.execute(query)).first() is not None


__all__ = [
    "add_entry",
    "certify",
    "change",
    "claim",
    "has_message",
    "ids_of_people",
    "install_practice_keys",
    "key_state",
    "keys_version",
    "listing",
    "message_json",
    "mine",
    "note_reading",
    "of_person",
    "page",
    "post",
    "post_epoch",
    "practice_keys",
    "reachable",
    "register",
    "revoke",
    "snapshot",
    "when_booked",
    "when_device_confirmed",
]
