"""Sealed messages in order: gapless numbers, a running hash, and the same answer to the same message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from server.conversations import crp
from server.conversations.devices import own
from server.conversations.epochs import stale
from server.conversations.keys import load_verified, must_rotate, seconds
from server.conversations.rooms import expect_open, head_of, lock, reachable
from server.conversations.tables import Conversation, ConversationHead, MessageRow
from server.core.errors import IdempotencyConflict, NotFound, RefusedEpoch
from server.core.ids import b64
from server.events import MessagePosted
from server.store.unit import Unit

PAGE = 500


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands. `again` says that it was there before."""

    seq: int
    chain: bytes
    received_at: int
    again: bool


async def post(unit: Unit, conversation_id: str, data: Any) -> Posted:
    """Number and keep one sealed message.

    Raises IdempotencyConflict for a used id with other bytes, StaleEpoch with `current` when it is not sealed under
    the current epoch or that must rotate, RefusedEpoch when device, certificate, size or signature is wrong, TooLarge.
    """
    conversation = await reachable(unit, conversation_id)
    message = crp.Message.from_json(data)
    if message.conv_id != conversation.id:
        raise RefusedEpoch("This message is for another conversation.")
    await own(unit, message.device_id)
    head = await lock(unit, conversation.id)
    known = await _by_msg_id(unit, conversation.id, message.msg_id)
    if known is not None:
        return _again(known, message)
    expect_open(conversation)
    await _check(unit, conversation, head, message)
    return await _append(unit, conversation, head, message)


async def _check(unit: Unit, conversation: Conversation, head: ConversationHead, message: crp.Message) -> None:
    state = await load_verified(unit, conversation, head)
    now = seconds(unit)
    author = state.directory.valid(message.device_id, now)
    if author is None or author.to not in state.allowed(now):
        raise RefusedEpoch("This device has no valid certificate for this conversation.")
    epoch = state.epoch
    if epoch is None or message.n != epoch.n or must_rotate(unit, state, head):
        raise stale(epoch)
    crp.check_message(message, epoch, message.device_id)
    crp.verify_message(message, author)


async def _append(
    unit: Unit, conversation: Conversation, head: ConversationHead, message: crp.Message
) -> Posted:  # fmt: skip
    head.seq += 1
    head.hash = crp.chain_hash(bytes(head.hash), message)
    head.epoch_messages += 1
    now = unit.clock.now()
    unit.add(head)
    unit.add(
        MessageRow(
            conversation_id=conversation.id, tenant=unit.tenant, seq=head.seq, msg_id=message.msg_id,
            device_id=message.device_id, n=message.n, epoch_commit=message.commit, kind=message.kind,
            seen_seq=message.seen_seq, seen_hash=message.seen_hash, ct=message.ct, sig=message.sig, hash=message.hash,
            chain=head.hash, received_at=now,
        )
    )  # fmt: skip
    unit.emit(MessagePosted(conversation_id=conversation.id, seq=head.seq))
    unit.record("C", "message.post", "Conversation", conversation.id, person_id=conversation.person_id)
    await unit.flush()
    return Posted(head.seq, head.hash, int(now.timestamp()), again=False)


async def _by_msg_id(unit: Unit, conversation_id: str, msg_id: str) -> MessageRow | None:
    query = select(MessageRow).where(
        MessageRow.conversation_id == conversation_id, MessageRow.tenant == unit.tenant, MessageRow.msg_id == msg_id
    )
    return (await unit.session.execute(query)).scalars().first()


def _again(row: MessageRow, message: crp.Message) -> Posted:
    if bytes(row.hash) != message.hash:
        raise IdempotencyConflict("This message id was used for a different message. Seal it again with a new id.")
    return Posted(row.seq, bytes(row.chain), int(row.received_at.timestamp()), again=True)


def to_json(row: MessageRow) -> dict[str, Any]:
    """The wire message with `seq` and `received_at`."""
    message = crp.Message(
        row.conversation_id, row.n, bytes(row.epoch_commit), row.device_id, row.msg_id, row.kind, row.seen_seq,
        bytes(row.seen_hash), bytes(row.ct), bytes(row.sig),
    )  # fmt: skip
    return {**message.to_json(), "seq": row.seq, "received_at": int(row.received_at.timestamp())}


async def message_json(unit: Unit, conversation_id: str, seq: int) -> dict[str, Any]:
    rows = await between(unit, conversation_id, seq - 1, 1)
    if not rows or rows[0].seq != seq:
        raise NotFound("There is no such message.")
    return to_json(rows[0])


async def between(unit: Unit, conversation_id: str, after: int, limit: int) -> list[MessageRow]:
    """Up to `limit` messages after a number, in order."""
    query = select(MessageRow).where(
        MessageRow.conversation_id == conversation_id, MessageRow.tenant == unit.tenant, col(MessageRow.seq) > after
    )
    return list((await unit.session.execute(query.order_by(col(MessageRow.seq)).limit(limit))).scalars())


async def page(unit: Unit, conversation_id: str, after: int) -> dict[str, Any]:
    """GET messages after a number: `messages` in order and the conversation's `head`."""
    conversation = await reachable(unit, conversation_id)
    head = await head_of(unit, conversation.id)
    rows = await between(unit, conversation.id, after, PAGE)
    return {
        "messages": [to_json(row) for row in rows],
        "head": {"seq": head.seq, "hash": b64(bytes(head.hash))},
    }
