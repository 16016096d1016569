"""Epochs: compare-and-swap on `n`, and every rule a blind server can check."""

from __future__ import annotations

from typing import Any

from server.conversations import crp
from server.conversations.devices import own
from server.conversations.keys import load, seconds
from server.conversations.rooms import changed, expect_open, lock, reachable
from server.conversations.tables import EpochRow
from server.core.errors import RefusedEpoch, StaleEpoch
from server.store.unit import Unit


async def post_epoch(unit: Unit, conversation_id: str, data: Any) -> tuple[crp.Epoch, int]:
    """Store the next epoch; returns it and the keys' version. The same epoch again is answered as at first.

    Raises StaleEpoch with `current` (the epoch's JSON or null) when `n` is not the next number, RefusedEpoch when
    signature, author, recipients, records key, history or chain break a rule of docs/crp-1.md 3.
    """
    conversation = await reachable(unit, conversation_id)
    epoch = crp.Epoch.from_json(data)
    if epoch.id != conversation.id:
        raise RefusedEpoch("This epoch is for another conversation.")
    await own(unit, epoch.by)
    head = await lock(unit, conversation.id)
    expect_open(conversation)
    state = await load(unit, conversation)
    if any(known.n == epoch.n and known.hash == epoch.hash for known in state.epochs):
        return epoch, head.keys_version
    if epoch.n != head.epoch_n + 1:
        raise stale(state.epoch)
    state.check_epoch(epoch, seconds(unit))
    now = unit.clock.now()
    unit.add(
        EpochRow(
            conversation_id=conversation.id, tenant=unit.tenant, n=epoch.n, record=epoch.to_json(), received_at=now
        )
    )
    head.epoch_n, head.epoch_at, head.epoch_messages = epoch.n, now, 0
    unit.record("C", "epoch.create", "Conversation", conversation.id, person_id=conversation.person_id)
    return epoch, await changed(unit, head)


def stale(current: crp.Epoch | None) -> StaleEpoch:
    """Load the keys again, open or write the epoch, seal again: what a client does on this answer."""
    return StaleEpoch(
        "The conversation's keys have changed. Load them again, then send again.",
        current=current.to_json() if current else None,
    )
