"""The order of a line, and what a change of it means to those who stand in it.

By acuity, then by booked time, then by arrival: a place is worked out and never stored, so nothing can lose it.
Whoever falls back is told why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col

from server.store import outbox
from server.store.unit import Unit
from server.waiting.machine import IN_LINE
from server.waiting.tables import WaitingRoomEntry


class Why(StrEnum):
    """Why somebody's place got worse."""

    more_urgent = "more-urgent"  # somebody who needs help sooner goes first
    booked_before = "booked-before"  # somebody with an earlier time has arrived
    handed_over = "handed-over"  # somebody was sent to this line from another one
    put_back = "put-back"  # somebody who was in already had to step out again


async def queue(unit: Unit, lane: str) -> list[WaitingRoomEntry]:
    """Everybody in one line, the next one first."""
    query = unit.select(WaitingRoomEntry).where(
        col(WaitingRoomEntry.lane) == lane, col(WaitingRoomEntry.status).in_([status.value for status in IN_LINE])
    )
    entry = WaitingRoomEntry
    order = (col(entry.acuity), col(entry.booked_start), col(entry.since), col(entry.id))
    return await unit.once((queue, lane), lambda: unit.all(query.order_by(*order)))


@dataclass
class Shift:
    """Places before a change, by lane."""

    unit: Unit
    before: dict[str, list[WaitingRoomEntry]] = field(default_factory=dict)

    async def settle(self, why: Why | None, own: WaitingRoomEntry) -> list[str]:
        """Appointments whose place is another one now; who fell back gets the reason, who came nearer loses it.

        `own` is the entry that was changed: nobody else is the reason for its place.
        """
        await self.unit.flush()
        moved: list[str] = []
        told: dict[str | None, list[WaitingRoomEntry]] = defaultdict(list)
        for lane, before in self.before.items():
            places = {entry.id: place for place, entry in enumerate(before, 1)}
            for place, entry in enumerate(await self._now(lane, own), 1):
                was = places.get(entry.id, place)
                if was == place:
                    continue
                moved.append(entry.appointment_id)
                fell_back = place > was and entry.id != own.id
                if fell_back or entry.why:
                    told[(why.value if why else entry.why) if fell_back else None].append(entry)
        for reason, entries in told.items():
            await _explain(self.unit, entries, reason)
        return moved

    async def _now(self, lane: str, own: WaitingRoomEntry) -> list[WaitingRoomEntry]:
        """The line is held: once `own` has left it, the others stand in it as they stood."""
        if own.lane == lane and own.status in IN_LINE:
            return await queue(self.unit, lane)
        return [entry for entry in self.before[lane] if entry.id != own.id]


async def shifting(unit: Unit, lanes: Iterable[str]) -> Shift:
    """Call before a change of these lines. They are held until the end: of two changes the later sees the earlier."""
    shift = Shift(unit)
    for lane in sorted(set(lanes)):
        await outbox.reserve(unit.session, f"lane:{lane}", 0)
        shift.before[lane] = await queue(unit, lane)
    return shift


async def _explain(unit: Unit, entries: Sequence[WaitingRoomEntry], reason: str | None) -> None:
    """`version` stays: the entries are where they were, only others moved."""
    at = unit.clock.now() if reason else None
    await unit.session.execute(
        update(WaitingRoomEntry)
        .where(col(WaitingRoomEntry.id).in_([entry.id for entry in entries]))
        .values(why=reason, why_at=at)
        .execution_options(synchronize_session=False)
    )
    for entry in entries:
        set_committed_value(entry, "why", reason)
        set_committed_value(entry, "why_at", at)
