"""Who serves a pool: made and changed by the desk, asked by booking and by the waiting room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlmodel import col

from server.appointments.pool_tables import Pool, PoolMember
from server.appointments.wish import provider_of
from server.core.errors import Fault, Invalid
from server.core.ids import new_id
from server.store.unit import Unit


async def save(unit: Unit, pool_id: str | None, name: str, member_ids: Sequence[str], *, active: bool) -> Pool:
    """Make a pool, or give it another name, other members or an end. Raises NotFound, Invalid."""
    pool = Pool(id=new_id(), tenant=unit.tenant, name=name) if pool_id is None else await unit.get(Pool, pool_id)
    members = list(dict.fromkeys([(await provider_of(unit, member)).id for member in member_ids]))
    pool.name, pool.active = name, active
    unit.add(pool)
    await unit.flush()
    await unit.session.execute(delete(PoolMember).where(col(PoolMember.pool_id) == pool.id))
    unit.add(*(PoolMember(pool_id=pool.id, account_id=member, tenant=unit.tenant) for member in members))
    await unit.flush()
    unit.record("C" if pool_id is None else "U", "pool.write", "HealthcareService", pool.id)
    return pool


async def listing(unit: Unit) -> list[tuple[Pool, list[str]]]:
    """Every active pool with its members, by name."""
    pools = await unit.all(unit.select(Pool).where(col(Pool.active).is_(True)).order_by(col(Pool.name), col(Pool.id)))
    members = await members_of(unit, [pool.id for pool in pools])
    return [(pool, members[pool.id]) for pool in pools]


async def members_of(unit: Unit, pool_ids: Iterable[str]) -> dict[str, list[str]]:
    """Account ids by pool."""
    found: dict[str, list[str]] = {pool_id: [] for pool_id in pool_ids}
    query = select(PoolMember).where(col(PoolMember.tenant) == unit.tenant, col(PoolMember.pool_id).in_(found))
    for member in (await unit.session.execute(query.order_by(col(PoolMember.account_id)))).scalars():
        found[member.pool_id].append(member.account_id)
    return found


async def pools_of(unit: Unit, account_id: str) -> set[str]:
    """The pools an account serves."""
    query = select(col(PoolMember.pool_id)).where(
        col(PoolMember.tenant) == unit.tenant, col(PoolMember.account_id) == account_id
    )
    return set((await unit.session.execute(query)).scalars())


async def names_of(unit: Unit, pool_ids: Iterable[str]) -> dict[str, str]:
    return {pool.id: pool.name for pool in (await unit.find(Pool, pool_ids)).values()}


async def open_pool(unit: Unit, pool_id: str) -> Pool:
    """A pool that somebody serves. Raises NotFound, Invalid."""
    pool = await unit.get(Pool, pool_id)
    if not pool.active or not (await members_of(unit, [pool.id]))[pool.id]:
        raise Invalid("Nobody serves this pool. Choose another one.", errors=[Fault("/pool_id", "is not served")])
    return pool
