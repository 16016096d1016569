"""Append to the chain, read it, verify it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from server.audit.tables import AuditEvent
from server.core.lp import lp
from server.store.many import insert_many
from server.store.outbox import reserve
from server.store.unit import AuditLine, Unit

GENESIS = bytes(32)
_T: Any = AuditEvent.__table__  # type: ignore[attr-defined]


class ChainAuditor:
    """Writes lines under the practice's own sequence; the topic head is the lock that orders writers."""

    async def write(self, unit: Unit, lines: Sequence[AuditLine]) -> None:
        first = await reserve(unit.session, f"audit:{unit.tenant}", len(lines))
        prev = await _hash_at(unit, first - 1)
        rows: list[dict[str, Any]] = []
        for seq, line in enumerate(lines, first):
            row: dict[str, Any] = {
                "tenant": unit.tenant, "seq": seq, "at": unit.clock.now(), "action": line.action,
                "subtype": line.subtype, "agent_role": unit.principal.role.value, "agent_id": unit.principal.agent,
                "entity_type": line.entity_type, "entity_id": line.entity_id, "person_id": line.person_id,
                "outcome": line.outcome, "request_id": unit.request_id, "prev": prev,
            }  # fmt: skip
            row["hash"] = prev = _hash(row)
            rows.append(row)
        await insert_many(unit.session, _T, rows)


def hash_of(event: AuditEvent) -> bytes:
    """SHA-256 over the previous hash and every field, unambiguously."""
    return _hash(event.model_dump())


def _hash(row: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(
        lp(
            "careroom/audit/v1", row["prev"], row["tenant"], str(row["seq"]), row["at"].isoformat(), row["action"],
            row["subtype"], row["agent_role"], row["agent_id"], row["entity_type"], row["entity_id"],
            row["person_id"], row["outcome"], row["request_id"],
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
