"""The outbox: numbered events per topic, written in the transaction of what they tell.

`event.data` is the merge patch of the viewer's snapshot, sealed at rest like
every personal column. `topic_head` gives each topic a gapless sequence in
commit order, because the row stays locked until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col, select

from server.store.types import UtcDateTime


@dataclass(frozen=True, slots=True)
class Line:
    """One event for one audience: `patch` is an RFC 7396 merge patch of that topic's snapshot."""

    topic: str
    type: str
    patch: dict[str, object]


@dataclass(frozen=True, slots=True)
class Written:
    """A line as it was committed: what the log answers for its number. `patch` is JSON, not sealed."""

    topic: str
    seq: int
    tenant: str
    type: str
    at: datetime
    patch: bytes


class TopicHead(SQLModel, table=True):
    __tablename__ = "topic_head"
    topic: str = Field(primary_key=True, max_length=64)
    seq: int


class EventRow(SQLModel, table=True):
    __tablename__ = "event"
    topic: str = Field(primary_key=True, max_length=64)
    seq: int = Field(primary_key=True)
    tenant: str = Field(max_length=22)
    type: str = Field(max_length=48)
    at: datetime = Field(sa_type=UtcDateTime)
    data: bytes


_NEXT = text(
    "INSERT INTO topic_head (topic, seq) VALUES (:topic, :count)"
    " ON CONFLICT (topic) DO UPDATE SET seq = topic_head.seq + :count RETURNING seq"
)


_AT_ONCE = 200  # topics in one statement; SQLite takes 999 parameters on old builds


async def reserve(session: AsyncSession, topic: str, count: int) -> int:
    """Take `count` numbers of a topic and return the first. The caller's transaction holds them."""
    last = (await session.execute(_NEXT, {"topic": topic, "count": count})).scalar_one()
    return int(last) - count + 1


async def reserve_all(session: AsyncSession, counts: Mapping[str, int]) -> dict[str, int]:
    """As `reserve` for many topics in one statement: the first number of each. Taken in one order, so that two
    transactions never wait for each other."""
    firsts: dict[str, int] = {}
    topics = sorted(counts)
    for begin in range(0, len(topics), _AT_ONCE):
        some = topics[begin : begin + _AT_ONCE]
        values = ", ".join(f"(:t{n}, :c{n})" for n in range(len(some)))
        query = text(
            f"INSERT INTO topic_head (topic, seq) VALUES {values}"  # noqa: S608 - only names of parameters of ours
            " ON CONFLICT (topic) DO UPDATE SET seq = topic_head.seq + excluded.seq RETURNING topic, seq"
        )
        given = {f"t{n}": topic for n, topic in enumerate(some)} | {
            f"c{n}": counts[topic] for n, topic in enumerate(some)
        }
        for topic, last in await session.execute(query, given):
            firsts[topic] = int(last) - counts[topic] + 1
    return firsts


async def heads(session: AsyncSession, topics: Sequence[str]) -> dict[str, int]:
    """The last number of each topic; 0 for one that has no event yet."""
    found = (await session.execute(select(TopicHead).where(col(TopicHead.topic).in_(topics)))).scalars()
    known = {head.topic: head.seq for head in found}
    return {topic: known.get(topic, 0) for topic in topics}


async def since(session: AsyncSession, topic: str, after: int, limit: int = 1000) -> list[EventRow]:
    """The events of a topic after `after`, oldest first."""
    query = select(EventRow).where(col(EventRow.topic) == topic, col(EventRow.seq) > after)
    return list((await session.execute(query.order_by(col(EventRow.seq)).limit(limit))).scalars())


async def prune(session: AsyncSession, tenant: str, before: datetime) -> None:
    """Forget events older than `before`: they hold sealed names, and a page that slept so long loads its snapshot."""
    await session.execute(delete(EventRow).where(col(EventRow.tenant) == tenant, col(EventRow.at) < before))


def encode(patch: dict[str, object]) -> bytes:
    return msgspec.json.encode(patch)


def instant(at: datetime) -> str:
    """An event's time as the live channel says it (RFC 3339, UTC)."""
    return at.isoformat().replace("+00:00", "Z")


def row_id(topic: str, seq: int) -> str:
    """What an event's sealed cell is bound to."""
    return f"{topic}#{seq}"
