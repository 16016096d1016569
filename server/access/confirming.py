"""How sure we are whose device a patient's session is, and how a further device shows it.

The first device that says "I'm ready" is bound to the link and types nothing. Every other one waits as
`unconfirmed` until it answers with the birth date or with a code sent to the number on file, or until staff let it in.

| level | what stands behind it |
|---|---|
| `""` | nothing yet: a further device |
| `unverified` | it had the link first |
| `code` | it had the link and the phone (or mailbox) on file |
| `dob` | it had the link and knew the birth date |
| `desk` | staff let it in, after asking |
| `video` | the provider saw the person and compared two identifiers |
"""

from __future__ import annotations

import hmac
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import col

from server.access.tables import Link, Session
from server.core.errors import Conflict, NotFound
from server.core.lp import lp
from server.core.principal import Role
from server.store.unit import Unit
from server.vault.port import KeyPort

TRIES = 5  # wrong answers for one link, whichever device gives them; then the desk
CODE_LIFE = timedelta(minutes=10)
FIRST, OTHER = "first", "other"
CONFIRMED_BY_STAFF = ("desk", "video")


def code_of(keys: KeyPort, link_id: str, n: int) -> str:
    """The six digits of a link's nth code: derived as its secret is, so a message can print what nobody stored."""
    mac = hmac.digest(keys.derive("link"), lp("careroom/code/v1", link_id, str(n)), "sha256")
    return f"{int.from_bytes(mac[:8], 'big') % 1_000_000:06d}"


async def bind(unit: Unit, link: Link, session: Session) -> bool:
    """Make this session's browser the link's first device. False when another one was first.

    One UPDATE decides between any number of devices that press at once. A first device whose session staff ended
    leaves the place free.
    """
    held = await unit.first(unit.select(Session).where(col(Session.id) == link.bound_to)) if link.bound_to else None
    free: ColumnElement[bool] = col(Link.bound_to).is_(None)
    if held is not None and held.ended_at is not None:
        free = col(Link.bound_to) == held.id
    result: Any = await unit.session.execute(
        update(Link).where(col(Link.id) == link.id, free).values(bound_to=session.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    first = bool(result.rowcount == 1)
    await unit.session.refresh(link)
    session.role = (Role.patient if first else Role.unconfirmed).value
    session.device, session.level = (FIRST, "unverified") if first else (OTHER, "")
    unit.add(session)
    await unit.flush()
    return first


async def ask_code(unit: Unit, link: Link, session: Session) -> int:
    """Number a new code for this device; only the newest one counts. Returns its number."""
    _expect_tries(link)
    link.codes += 1
    session.code_n, session.code_at = link.codes, unit.clock.now()
    unit.add(link)
    unit.add(session)
    await unit.flush()
    return link.codes


async def answer(
    unit: Unit, keys: KeyPort, link: Link, session: Session, *, code: str = "", born: date | None = None,
    birth_date: date,
) -> bool:  # fmt: skip
    """Whether the device showed whose it is, by code or by birth date. A wrong answer is counted, so it must commit.

    Raises Conflict when all tries are used.
    """
    await unit.session.refresh(link, with_for_update=True)  # two wrong answers at once are two
    _expect_tries(link)
    level = ""
    if code and session.code_at is not None and unit.clock.now() < session.code_at + CODE_LIFE:
        level = "code" if hmac.compare_digest(code_of(keys, link.id, session.code_n).encode(), code.encode()) else ""
    elif born is not None and born == birth_date:
        level = "dob"
    if not level:
        link.tries += 1
        unit.add(link)
        unit.record("E", "device.confirm", "Session", session.id, person_id=link.person_id, outcome="4")
        return False
    link.tries = 0
    unit.add(link)
    raise_level(unit, session, level)
    return True


def raise_level(unit: Unit, session: Session, level: str) -> None:
    """The device is known better than before: from here on it is the patient's."""
    session.role, session.level, session.code_at = Role.patient.value, level, None
    unit.add(session)
    unit.record("E", f"device.confirm.{level}", "Session", session.id, person_id=session.person_id or "")


async def session_of(unit: Unit, session_id: str, appointment_id: str) -> Session:
    """A patient's session at this appointment that is not ended. Raises NotFound."""
    session = await unit.get(Session, session_id)
    if session.appointment_id != appointment_id or session.ended_at is not None or not session.device:
        raise NotFound("There is no such device at this visit.")
    return session


def tries_left(link: Link) -> int:
    return max(0, TRIES - link.tries)


def _expect_tries(link: Link) -> None:
    if tries_left(link) == 0:
        raise Conflict(
            "That did not match five times. Please call the clinic: they can let you in at once.", tries_left=0
        )
