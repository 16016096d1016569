"""Append to the chain, read it, verify it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlmodel import col

from server.audit.tables import AuditEvent
from server.core.lp import lp
from server.store.outbox import reserve
from server.store.unit import AuditLine, Unit

GENESIS = bytes(32)


class ChainAuditor:
    """Writes lines under the practice's own sequence; the topic head is the lock that orders writers."""

    async def write(self, unit: Unit, lines: Sequence[AuditLine]) -> None:
        first = await reserve(unit.session, f"audit:{unit.tenant}", len(lines))
        prev = await _hash_at(unit, first - 1)
        for seq, line in enumerate(lines, first):
            event = AuditEvent(
                tenant=unit.tenant, seq=seq, at=unit.clock.now(), action=line.action, subtype=line.subtype,
                agent_role=unit.principal.role.value, agent_id=unit.principal.agent, entity_type=line.entity_type,
                entity_id=line.entity_id, person_id=line.person_id, outcome=line.outcome, request_id=unit.request_id,
                prev=prev, hash=b"",
            )  # fmt: skip
            event.hash = prev = hash_of(event)
            unit.add(event)


def hash_of(event: AuditEvent) -> bytes:
    """SHA-256 over the previous hash and every field, unambiguously."""
    return hashlib.sha256(
        lp(
            "careroom/audit/v1", event.prev, event.tenant, str(event.seq), event.at.isoformat(), event.action,
            event.subtype, event.agent_role, event.agent_id, event.entity_type, event.entity_id, event.person_id,
            event.outcome, event.request_id,
        )
    ).digest()  # fmt: skip


def faults(events: Iterable[AuditEvent], prev: bytes = GENESIS, expected: int = 1) -> list[str]:
    """Every break in a run of lines, in plain words; an empty list means the chain holds."""
    found = []
    for event in events:
        if event.seq != expected:
            found.append(f"line {expected} is missing")
        elif event.prev != prev:
            found.append(f"line {event.seq} does not follow the line before it")
        if hash_of(event) != event.hash:
            found.append(f"line {event.seq} was altered")
        prev, expected = event.hash, event.seq + 1
    return found


async def after(unit: Unit, seq: int, limit: int = 500) -> list[AuditEvent]:
    query = select(AuditEvent).where(col(AuditEvent.tenant) == unit.tenant, col(AuditEvent.seq) > seq)
    return list((await unit.session.execute(query.order_by(col(AuditEvent.seq)).limit(limit))).scalars())


async def _hash_at(unit: Unit, seq: int) -> bytes:
    if seq == 0:
        return GENESIS
    query = select(col(AuditEvent.hash)).where(col(AuditEvent.tenant) == unit.tenant, col(AuditEvent.seq) == seq)
    return bytes((await unit.session.execute(query)).scalar_one())
