"""A real clinic, on SQLite and on PostgreSQL, whose clock stands in September 2021, when the sample was written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel, col

from server.access import sessions
from server.access.service import make_account
from server.access.tables import Practice
from server.appointments.tables import Appointment, VisitType
from server.audit.service import faults
from server.audit.tables import AuditEvent
from server.core.ids import new_id
from server.core.principal import Principal, Role, system
from server.interop.ack import Ack
from server.interop.service import intake
from server.people.service import Opened, open_people
from server.store.unit import Desk
from server.vault.port import KeyPort
from server.wiring import LISTENERS
from tests.parts.desk import clock_of, open_desk

DATA = Path(__file__).parents[2] / "data" / "hl7"
SAMPLE = DATA / "siu" / "SIU-S12-01.hl7"
NOW = datetime(2021, 9, 20, 8, 0, tzinfo=UTC)
MINUTES = (15, 30, 50)


@dataclass(frozen=True, slots=True)
class Clinic:
    """One practice in Los Angeles with two providers, `Dr. Adele Park` first, and a scheduler who is signed in."""

    desk: Desk
    practice_id: str
    principal: Principal
    token: str
    park: str
    robert: str

    @property
    def keys(self) -> KeyPort:
        return self.desk.vault.keys

    async def take(self, raw: bytes, redate: datetime | None = None) -> Ack:
        return await intake(self, self.principal, raw, redate)

    async def counts(self) -> dict[str, int]:
        """How many rows every table has."""
        async with self.desk.store.session(write=False) as session:
            return {
                name: int((await session.execute(select(func.count()).select_from(table))).scalar_one())
                for name, table in SQLModel.metadata.tables.items()
            }

    async def appointments(self) -> list[Appointment]:
        async with self.desk.unit(self.principal, write=False) as unit:
            return await unit.all(unit.select(Appointment).order_by(col(Appointment.start)))

    async def person(self, appointment_id: str) -> Opened:
        async with self.desk.unit(self.principal, write=False) as unit:
            person_id = (await unit.get(Appointment, appointment_id)).person_id
            return (await open_people(unit, [person_id]))[person_id]

    async def audit_faults(self) -> list[str]:
        async with self.desk.store.session(write=False) as session:
            query = select(AuditEvent).where(col(AuditEvent.tenant) == self.practice_id).order_by(col(AuditEvent.seq))
            return faults((await session.execute(query)).scalars())


async def open_clinic(desk: Desk) -> Clinic:
    practice_id = new_id()
    async with desk.unit(system(practice_id)) as unit:
        unit.add(
            Practice(
                id=practice_id, name="Bayview Clinic", phone="+14155550100", zone="America/Los_Angeles", locale="en-US",
                region="US", emergency_number="911", created_at=unit.clock.now(),
            )
        )  # fmt: skip
        await unit.flush()
        for minutes in MINUTES:
            unit.add(VisitType(tenant=practice_id, name=f"Video {minutes}", minutes=minutes))
        unit.add(VisitType(tenant=practice_id, name="Room 20", minutes=20, modality="in-person"))
        made = {}
        for name, role in (("Dr. Adele Park", "provider"), ("Dr. Robert Ge", "provider"), ("Sam Rao", "scheduler")):
            email = f"{name.split()[-1].lower()}@example.org"
            made[name] = await make_account(
                unit, desk.vault.keys, name=name, email=email, password="correct horse battery 42", roles=[Role(role)]
            )
        await unit.flush()
        token = await sessions.open_staff(unit, made["Sam Rao"], Role.scheduler, timedelta(hours=12))
    principal = Principal(Role.scheduler, practice_id, account_id=made["Sam Rao"].id)
    return Clinic(desk, practice_id, principal, token, made["Dr. Adele Park"].id, made["Dr. Robert Ge"].id)


@pytest.fixture(params=["sqlite", "postgres"])
async def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Clinic]:
    url = f"sqlite+aiosqlite:///{tmp_path}/data/careroom.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    async with open_desk(url, tmp_path, LISTENERS) as desk:
        clock_of(desk).forward(NOW - desk.clock.now())
        yield await open_clinic(desk)


@pytest.fixture
def sample() -> bytes:
    return SAMPLE.read_bytes()
