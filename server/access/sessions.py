"""Server-side sessions: the browser holds a random token, we hold its hash.

Ending a session ends it everywhere at once, because nothing about it is
believed that the database does not say.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.access.tables import Account, Session
from server.core.clock import Clock
from server.core.errors import Forbidden, Unauthenticated
from server.core.ids import new_id
from server.core.principal import Principal, Role
from server.events import SessionsEnded
from server.store.unit import Unit


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def open_staff(unit: Unit, account: Account, role: Role, life: timedelta) -> str:
    """Sign an account in under one of its roles and return the cookie's token."""
    if role.value not in account.roles or not account.active:
        raise Forbidden(f"This account has no {role.value} role. Ask your administrator.")
    token = secrets.token_urlsafe(32)
    now = unit.clock.now()
    row = Session(
        id=new_id(), tenant=account.tenant, token_hash=digest(token), role=role.value, account_id=account.id,
        created_at=now, expires_at=now + life,
    )  # fmt: skip
    unit.add(row)
    unit.record("E", f"sign-in.{role.value}", "Practitioner", account.id)
    return token


async def open_visitor(
    unit: Unit, role: Role, *, appointment_id: str, link_id: str, until: datetime, person_id: str = "",
    device: str = "", level: str = "",
) -> tuple[str, Session]:  # fmt: skip
    """Bind a browser to one appointment, for as long as its link lives: (the cookie's token, the session)."""
    token = secrets.token_urlsafe(32)
    session = Session(
        id=new_id(), tenant=unit.tenant, token_hash=digest(token), role=role.value, person_id=person_id or None,
        appointment_id=appointment_id, link_id=link_id, device=device, level=level, created_at=unit.clock.now(),
        expires_at=until,
    )  # fmt: skip
    unit.add(session)
    unit.record("E", f"session.open.{role.value}", "Appointment", appointment_id, person_id=person_id)
    await unit.flush()
    return token, session


def principal_for(session: Session) -> Principal:
    """Who acts in this session."""
    return Principal(
        Role(session.role), session.tenant, session.account_id or "", session.person_id or "",
        session.appointment_id or "", session.id, session.link_id or "",
    )  # fmt: skip


async def of_appointment(unit: Unit, appointment_id: str) -> list[Session]:
    """The sessions of patient and guests that are not ended, the newest first."""
    query = unit.select(Session).where(
        col(Session.appointment_id) == appointment_id,
        col(Session.ended_at).is_(None),
        col(Session.expires_at) > unit.clock.now(),
    )
    return await unit.all(query.order_by(col(Session.created_at).desc(), col(Session.id)))


async def follow(unit: Unit, appointment_id: str, later: timedelta) -> None:
    """A visit moved `later`: the browsers that are bound to it stay so for as much longer."""
    if later > timedelta():
        query = unit.select(Session).where(
            col(Session.appointment_id) == appointment_id, col(Session.ended_at).is_(None)
        )
        for session in await unit.all(query):
            session.expires_at += later
            unit.add(session)


def close(unit: Unit, sessions: Sequence[Session]) -> None:
    """End these, whoever asked for it: the one place where a session ends."""
    for session in sessions:
        session.ended_at = unit.clock.now()
        unit.add(session)
    if sessions:
        unit.emit(SessionsEnded(session_ids=[session.id for session in sessions]))


async def end(unit: Unit) -> None:
    session = await unit.get(Session, unit.principal.session_id)
    close(unit, [session])
    unit.record("E", "sign-out", "Session", session.id)


async def lives(unit: Unit, session_id: str) -> bool:
    """Whether a session of this practice is neither ended nor expired."""
    row = await unit.first(unit.select(Session).where(col(Session.id) == session_id))
    if row is None or not _open(row, unit.clock):
        return False
    return row.account_id is None or (await unit.get(Account, row.account_id)).active


def _open(row: Session, clock: Clock) -> bool:
    return row.ended_at is None and row.expires_at > clock.now()


async def principal_of(session: AsyncSession, clock: Clock, token: str, roles: Collection[Role] = ()) -> Principal:
    """Who holds this token. Raises Unauthenticated when nobody (any more), or nobody of these `roles`."""
    query = select(Session, Account).outerjoin(Account, col(Account.id) == col(Session.account_id))
    found = (await session.execute(query.where(col(Session.token_hash) == digest(token)))).first()
    row, account = found if found is not None else (None, None)
    if row is None or not _open(row, clock):
        raise Unauthenticated("Your sign-in has ended. Please sign in again.")
    if roles and Role(row.role) not in roles:
        raise Unauthenticated("This sign-in is not one of that role.")
    if row.account_id is not None and (account is None or not account.active or row.role not in account.roles):
        raise Unauthenticated("This account is closed or lost its role. Ask your administrator.")
    return principal_for(row)
