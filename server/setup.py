"""Make a practice, its accounts and its keys: used by `careroom setup` and by the demo."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from server.access.service import make_account
from server.access.tables import Account, Practice
from server.appointments.availability import set_hours
from server.appointments.hours_schemas import HoursIn, StretchIn
from server.appointments.tables import VisitType
from server.conversations.crp_records import RecordsKey
from server.conversations.service import install_practice_keys
from server.core.clock import zone as known_zone
from server.core.ids import new_id, unb64
from server.core.principal import Role, system
from server.house import House
from server.store.unit import Unit

VISIT_TYPES = (("First visit", 30), ("Follow-up", 15), ("Short question", 10))


def office_hours(zone: str) -> HoursIn:
    """Monday to Friday with a lunch hour: what a new practice offers until it says otherwise."""
    day = (("09:00", "12:30"), ("13:30", "17:00"))
    return HoursIn(
        zone=zone,
        hours=[
            StretchIn(weekday=weekday, begins=begins, ends=ends) for weekday in range(1, 6) for begins, ends in day
        ],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewPractice:
    name: str
    phone: str  # E.164
    zone: str
    locale: str
    region: str
    emergency_number: str


async def practices(house: House) -> int:
    """How many practices this installation has."""
    async with house.store.session(write=False) as session:
        return int((await session.execute(select(func.count()).select_from(Practice))).scalar_one())


async def make_practice(house: House, new: NewPractice, sheet_path: Path, *, demo: bool) -> str:
    """Create a practice with visit types, practice root and records key; returns its id.

    The private halves exist only on the recovery sheet at `sheet_path` (mode 0600).
    """
    known_zone(new.zone)
    practice_id = new_id()
    public = await _ceremony(practice_id, new.name, sheet_path, demo=demo)
    async with house.desk.unit(system(practice_id)) as unit:
        unit.add(
            Practice(
                id=practice_id, name=new.name, phone=new.phone, zone=new.zone, locale=new.locale, region=new.region,
                emergency_number=new.emergency_number, created_at=unit.clock.now(),
            )
        )  # fmt: skip
        await unit.flush()
        await set_hours(unit, practice_id, office_hours(new.zone))
        for name, minutes in VISIT_TYPES:
            unit.add(VisitType(id=new_id(), tenant=practice_id, name=name, minutes=minutes, modality="video"))
        await install_practice_keys(unit, public)
        unit.record("C", "practice.create", "Organization", practice_id)
    return practice_id


@dataclass(frozen=True, slots=True)
class Public:
    """The half of a ceremony that the server may know."""

    practice_id: str
    root_pub: bytes
    records_key: RecordsKey


async def _ceremony(practice_id: str, name: str, sheet_path: Path, *, demo: bool) -> Public:
    """Make root and records key in a process of its own: no server process ever holds their private halves."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "keys", "ceremony", "--practice-id", practice_id, "--name", name,
        "--sheet", str(sheet_path), *(["--demo"] if demo else []),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError("the key ceremony failed; its message stands above")
    made = json.loads(out)
    return Public(practice_id, unb64(made["root_pub"]), RecordsKey.from_json(made["records_key"], practice_id))


async def add_account(unit: Unit, house: House, *, name: str, email: str, password: str, roles: list[Role]) -> Account:
    return await make_account(unit, house.keys, name=name, email=email, password=password, roles=roles)
