"""The demo's clinic: made-up people with reserved fictional numbers, and the links that open it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from server.access import links
from server.access import service as access
from server.access.tables import Account, Practice
from server.appointments import service as appointments
from server.appointments.availability import hours_of, set_hours
from server.appointments.hours_schemas import HoursIn, StretchIn
from server.appointments.schemas import BookIn
from server.appointments.tables import Appointment, VisitType
from server.core.ids import b64
from server.core.principal import Role, system
from server.house import House
from server.people.schemas import NeedIn, PersonIn
from server.people.service import create as add_person
from server.people.service import search
from server.settings import Settings
from server.setup import NewPractice, add_account, make_practice
from server.store.unit import Unit
from server.vault.port import KeyPort
from server.waiting.stage import Stage, stage_of

CLINIC = NewPractice("Riverside Clinic", "+442079460142", "Europe/London", "en", "GB", "999")
STAFF = (
    ("Dr Amara Okafor", "amara.okafor@riverside.example", [Role.provider]),
    ("Dr Sofia Marín", "sofia.marin@riverside.example", [Role.provider]),
    ("Jonas Weber", "jonas.weber@riverside.example", [Role.scheduler]),
    ("Ada Lindqvist", "ada.lindqvist@riverside.example", [Role.admin]),
)
PATIENT = "Marta Reis"


@dataclass(frozen=True, slots=True)
class Seed:
    person: PersonIn
    minutes: int  # from now to the visit: the next half hour stays free for booking one's own
    reason: str
    provider: int = 0


def _person(given: str, family: str, born: str, line: int, language: str = "en", *needs: NeedIn) -> PersonIn:
    address = f"{given}.{family}@example.org".lower().replace(" ", "")
    return PersonIn(
        given=given, family=family, birth_date=date.fromisoformat(born), number=f"RC {line:03d} 18",
        phone=f"+447700900{line:03d}", email=address.encode("ascii", "ignore").decode(), language=language,
        needs=list(needs),
    )  # fmt: skip


AROUND_THE_CLOCK = [StretchIn(weekday=weekday, begins="00:00", ends="24:00") for weekday in range(1, 8)]
"""Whoever starts the demo at night or on a Sunday must find a free time soon: a real clinic's hours would have none."""
BENGALI = NeedIn(kind="interpreter", detail="Bengali")
PEOPLE = (
    Seed(_person("Marta", "Reis", "1986-03-14", 117), 45, "Cough, day 6"),
    Seed(_person("Tom", "Whitfield", "1947-11-30", 121), 65, "Blood pressure review"),
    Seed(_person("Aisha", "Rahman", "1985-06-21", 134, "en", BENGALI), 85, "Medicine question"),
    Seed(_person("Layla", "Haddad", "1990-08-02", 142, "ar"), 110, "New rash"),
    Seed(_person("Leo", "Fontaine", "2001-01-17", 155, "es"), 30, "Asthma check", provider=1),
)  # fmt: skip


def enter_token(keys: KeyPort, role: Role) -> str:
    """What the printed staff links carry; derived, so that it survives a restart and is stored nowhere."""
    return b64(keys.derive(f"demo/{role.value}"))


async def printed_links(house: House) -> list[tuple[str, str]]:
    """(role, url) of the three roles."""
    async with house.desk.unit(system(await tenant_of(house)), write=False) as unit:
        found = await search(unit, house.keys, PATIENT)
        coming = await _open_appointment(unit, house, found[0].id)
        patient = links.url_of(house.keys, house.settings.public_url, await links.of_appointment(unit, coming))
    staff = [
        (role.value, f"{house.settings.public_url}/enter#{role.value}.{enter_token(house.keys, role)}")
        for role in (Role.provider, Role.scheduler)
    ]
    return [("patient", patient), *staff]


async def tenant_of(house: House) -> str:
    async with house.store.session(write=False) as session:
        return str(
            (await session.execute(select(col(Practice.id)).order_by(col(Practice.created_at)))).scalars().first()
        )


def sheet_path(settings: Settings) -> Path:
    return settings.data_dir / "DEMO-recovery-sheet.txt"


async def seed(house: House, zone: str) -> None:
    """Practice (in the IANA zone `zone`), keys, staff, people and today's visits."""
    tenant = await make_practice(house, replace(CLINIC, zone=zone), sheet_path(house.settings), demo=True)
    async with house.desk.unit(system(tenant)) as unit:
        await _staff(unit, house)
        await _people(unit, house)


async def _staff(unit: Unit, house: House) -> None:
    for name, email, roles in STAFF:
        # Nobody knows these passwords: the demo's links are the way in.
        await add_account(unit, house, name=name, email=email, password=secrets.token_urlsafe(24), roles=roles)
    await unit.flush()


async def _people(unit: Unit, house: House) -> None:
    kinds = {kind.name: kind.id for kind in await appointments.visit_types(unit)}
    accounts = await accounts_of(unit, Role.provider)
    for seed in PEOPLE:
        person = await add_person(unit, house.keys, seed.person)
        start = _round(unit.clock.now() + timedelta(minutes=seed.minutes))
        await appointments.book(
            unit, house.keys,
            BookIn(
                person_id=person.id, provider_id=accounts[seed.provider].id, visit_type_id=kinds["Follow-up"],
                start=start, reason=seed.reason,
            ),
        )  # fmt: skip


async def keep_a_visit(house: House) -> None:
    """Every start of the demo finds Marta with a visit she can still go to, and providers with hours."""
    async with house.desk.unit(system(await tenant_of(house))) as unit:
        marta = (await search(unit, house.keys, PATIENT))[0].id
        await _open_appointment(unit, house, marta, make=True)
        zone = (await access.practice_of(unit)).zone
        for provider in await accounts_of(unit, Role.provider):
            if not (await hours_of(unit, provider.id)).own:  # a first start, or a clinic of an older demo
                hours = HoursIn(zone=zone, step=5, notice=5, hours=AROUND_THE_CLOCK)
                await set_hours(unit, provider.id, hours)


async def _open_appointment(unit: Unit, house: House, person_id: str, *, make: bool = False) -> str:
    query = unit.select(Appointment).where(col(Appointment.person_id) == person_id)
    visits = await unit.all(query.order_by(col(Appointment.start).desc()))
    for one in visits:
        if await stage_of(unit, house.settings, one) not in {Stage.ended, Stage.closed}:
            return one.id
    if not make:
        return visits[0].id  # her link then shows that the visit has ended, as it would to anybody
    kind = await unit.first(unit.select(VisitType).where(col(VisitType.name) == "Follow-up"))
    provider = (await accounts_of(unit, Role.provider))[0]
    assert kind is not None
    start = _round(unit.clock.now() + timedelta(minutes=45))
    booking = BookIn(person_id=person_id, provider_id=provider.id, visit_type_id=kind.id, start=start, reason="Cough")
    return (await appointments.book(unit, house.keys, booking)).id


async def accounts_of(unit: Unit, role: Role) -> list[Account]:
    """Accounts with a role, in the order in which they were made."""
    rows = await unit.all(unit.select(Account).order_by(col(Account.created_at), col(Account.id)))
    return [row for row in rows if role.value in row.roles]


def _round(at: datetime) -> datetime:
    """Up to the next five minutes."""
    seconds = -int(at.timestamp()) % 300
    return (at + timedelta(seconds=seconds)).replace(second=0, microsecond=0).astimezone(UTC)
