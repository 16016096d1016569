"""Everything the practice's offline tool needs to open its record: ciphertext and signed records, line by line."""

from __future__ import annotations

import re
from typing import Any

from sqlmodel import col

from server.conversations.keys import load, seconds
from server.conversations.messages import between, to_json
from server.conversations.rooms import head_of
from server.conversations.tables import Conversation
from server.core.errors import Fault, Invalid
from server.core.ids import b64
from server.store.unit import Unit

PAGE = 200  # messages on a page; a message is at most 88 KB of JSON
_CURSOR = re.compile(r"([A-Za-z0-9_-]{22})\.([0-9]{1,12})\.([0-9]{1,12})")


async def page(unit: Unit, after: str) -> tuple[list[dict[str, Any]], str | None]:
    """(lines, cursor of the next page or None). Conversations in order of id, each `keys` line before its messages.

    A conversation is exported up to the head that its `keys` line names; what is posted meanwhile belongs to the next
    export. Raises Invalid for a cursor that is none.
    """
    conversation_id, seq, upto = _read(after)
    if seq < upto:
        lines, seq = await _messages(unit, conversation_id, seq, upto)
        return lines, f"{conversation_id}.{seq}.{upto}"
    query = unit.select(Conversation).where(col(Conversation.id) > conversation_id).order_by(col(Conversation.id))
    conversation = await unit.first(query)
    if conversation is None:
        return [], None
    unit.record("R", "records.export", "Conversation", conversation.id, person_id=conversation.person_id)
    head = await head_of(unit, conversation.id)
    state = await load(unit, conversation)
    keys = {"record": "keys", "keys": state.to_json(seconds(unit), seq=head.seq, head=bytes(head.hash))}
    lines, seq = await _messages(unit, conversation.id, 0, head.seq)
    return [keys, *lines], f"{conversation.id}.{seq}.{head.seq}"


async def _messages(unit: Unit, conversation_id: str, after: int, upto: int) -> tuple[list[dict[str, Any]], int]:
    rows = [row for row in await between(unit, conversation_id, after, PAGE) if row.seq <= upto]
    lines = [{"record": "message", "hash": b64(bytes(row.chain)), "message": to_json(row)} for row in rows]
    return lines, rows[-1].seq if rows else upto


def _read(after: str) -> tuple[str, int, int]:
    if after in {"", "0"}:
        return "", 0, 0
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise Invalid("`after` is the `next` of the page before.", errors=[Fault("/after", "is not a cursor of ours")])
    return found[1], int(found[2]), int(found[3])
