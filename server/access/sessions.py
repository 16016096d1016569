"""Server-side sessions: the browser holds a random token, we hold its hash.

Ending a session ends it everywhere at once, because nothing about it is
believed that the database does not say.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.access.tables import Account, Session
from server.core.clock import Clock
from server.core.errors import Forbidden, Unauthenticated
from server.core.ids import new_id
from server.core.principal import Principal, Role
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


async def open_patient(unit: Unit, *, person_id: str, appointment_id: str, link_id: str, until: datetime) -> str:
    """Bind a browser to one appointment, for as long as its link lives, and return the cookie's token."""
    token = secrets.token_urlsafe(32)
    now = unit.clock.now()
    session_id = new_id()
    unit.record("E", "session.open.patient", "Appointment", appointment_id, person_id=person_id)
    unit.add(
        Session(
            id=session_id, tenant=unit.tenant, token_hash=digest(token), role=Role.patient.value, person_id=person_id,
            appointment_id=appointment_id, link_id=link_id, created_at=now, expires_at=until,
        )
    )  # fmt: skip
    return token


async def follow(unit: Unit, appointment_id: str, later: timedelta) -> None:
    """A visit moved `later`: the browsers that are bound to it stay so for as much longer."""
    if later > timedelta():
        query = unit.select(Session).where(
            col(Session.appointment_id) == appointment_id, col(Session.ended_at).is_(None)
        )
        for session in await unit.all(query):
            session.expires_at += later
            unit.add(session)


async def end(unit: Unit) -> None:
    session = await unit.get(Session, unit.principal.session_id)
    session.ended_at = unit.clock.now()
    unit.add(session)
    unit.record("E", "sign-out", "Session", session.id)


async def lives(unit: Unit, session_id: str) -> bool:
    """Whether a session of this practice is neither ended nor expired."""
    row = await unit.first(unit.select(Session).where(col(Session.id) == session_id))
    if row is None or row.ended_at is not None or row.expires_at <= unit.clock.now():
        return False
    return row.account_id is None or (await unit.get(Account, row.account_id)).active


async def principal_of(session: AsyncSession, clock: Clock, token: str, role: Role | None) -> Principal:
    """Who holds this token. Raises Unauthenticated when nobody (any more)."""
    row = (await session.execute(select(Session).where(col(Session.token_hash) == digest(token)))).scalars().first()
    if row is None or row.ended_at is not None or row.expires_at <= clock.now():
        raise Unauthenticated("Your sign-in has ended. Please sign in again.")
    if role is not None and row.role != role.value:
        raise Unauthenticated(f"This sign-in is not one of a {role.value}.")
    if row.account_id is not None:
        account = await session.get(Account, row.account_id)
        if account is None or not account.active or row.role not in account.roles:
            raise Unauthenticated("This account is closed or lost its role. Ask your administrator.")
    return Principal(
        Role(row.role), row.tenant, row.account_id or "", row.person_id or "", row.appointment_id or "", row.id
    )
