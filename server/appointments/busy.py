"""A provider's time by fives of minutes: free, taken, held, given back. The primary key of `busy` decides races."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, not_, or_, select
from sqlmodel import col

from server.appointments.tables import Busy, Hold
from server.store.unit import Unit

TICK = 300  # seconds; the grain of a provider's time


def ticks(start: datetime, end: datetime) -> range:
    """Every tick that a stretch touches."""
    return range(int(start.timestamp()) // TICK, (int(end.timestamp()) - 1) // TICK + 1)


async def is_free(unit: Unit, provider_id: str, start: datetime, end: datetime, *, but: str = "") -> bool:
    """Whether a provider has nothing between two instants, neither a visit nor a hold that lives.

    What the owner `but` has there is no obstacle.
    """
    wanted = list(ticks(start, end))
    taken = select(col(Busy.tick)).where(
        col(Busy.provider_id) == provider_id, col(Busy.tick).in_(wanted), _lives(await unit.database_now()),
        col(Busy.appointment_id) != but,
    )  # fmt: skip
    return (await unit.session.execute(taken.limit(1))).first() is None


async def taken_ticks(unit: Unit, provider_ids: Iterable[str], start: datetime, end: datetime) -> dict[str, set[int]]:
    """The ticks of each provider that are taken or held between two instants, in one query."""
    wanted = ticks(start, end)
    found: dict[str, set[int]] = {provider_id: set() for provider_id in provider_ids}
    query = select(col(Busy.provider_id), col(Busy.tick)).where(
        col(Busy.provider_id).in_(found),
        col(Busy.tick).between(wanted.start, wanted.stop),
        _lives(await unit.database_now()),
    )
    for provider_id, tick in await unit.session.execute(query):
        found[provider_id].add(tick)
    return found


async def take(
    unit: Unit, provider_id: str, start: datetime, end: datetime, owner_id: str, expires_at: datetime | None = None
) -> bool:
    """Take every tick for an appointment, or until `expires_at` for a hold; False when others have some of them.

    Ticks that the owner has already stay the owner's: a visit may move onto a part of its own time.
    The query finds the usual case; of those who ask in the same moment the primary key lets one in, and the others'
    transactions are run again by the route and find the winner's rows here.
    """
    await sweep(unit, provider_id)
    wanted = list(ticks(start, end))
    await unit.session.execute(
        delete(Busy).where(
            col(Busy.provider_id) == provider_id,
            col(Busy.tick).in_(wanted),
            col(Busy.expires_at) <= await unit.database_now(),
        )
    )
    if not await is_free(unit, provider_id, start, end, but=owner_id):
        return False
    own = select(col(Busy.tick)).where(col(Busy.provider_id) == provider_id, col(Busy.appointment_id) == owner_id)
    have = set((await unit.session.execute(own)).scalars())
    for tick in (one for one in wanted if one not in have):
        unit.add(Busy(provider_id=provider_id, tick=tick, appointment_id=owner_id, expires_at=expires_at))
    await unit.flush()
    return True


async def give_back(unit: Unit, owner_id: str, provider_id: str | None = None) -> None:
    """Free all the time of an appointment or a hold, or only what it has of one provider."""
    query = delete(Busy).where(col(Busy.appointment_id) == owner_id)
    await unit.session.execute(query if provider_id is None else query.where(col(Busy.provider_id) == provider_id))


async def keep_only(unit: Unit, owner_id: str, provider_ids: Iterable[str], start: datetime, end: datetime) -> None:
    """Free what an owner has besides one stretch of these providers' time."""
    wanted = ticks(start, end)
    kept = and_(col(Busy.provider_id).in_(list(provider_ids)), col(Busy.tick).between(wanted.start, wanted.stop - 1))
    await unit.session.execute(delete(Busy).where(col(Busy.appointment_id) == owner_id, not_(kept)))


async def sweep(unit: Unit, provider_id: str | None = None) -> None:
    """Forget this practice's holds that have run out; those that another transaction is just using are left to it."""
    query = select(col(Hold.id)).where(
        col(Hold.tenant) == unit.tenant, col(Hold.expires_at) <= await unit.database_now()
    )
    if provider_id is not None:
        query = query.where(col(Hold.provider_id) == provider_id)
    over = list((await unit.session.execute(query.with_for_update(skip_locked=True))).scalars())
    if over:
        await unit.session.execute(delete(Busy).where(col(Busy.appointment_id).in_(over)))
        await unit.session.execute(delete(Hold).where(col(Hold.id).in_(over)))


def _lives(now: datetime) -> ColumnElement[bool]:
    return or_(col(Busy.expires_at).is_(None), col(Busy.expires_at) > now)
