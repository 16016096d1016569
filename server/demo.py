"""A seeded clinic with made-up people: what `careroom demo` starts. Nothing leaves this machine."""

from __future__ import annotations

import asyncio
import secrets
import sys
import webbrowser
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from server.access import links, sessions
from server.access.tables import Account, Practice
from server.appointments import service as appointments
from server.appointments.schemas import BookIn
from server.appointments.tables import Appointment, VisitType
from server.core.clock import MovableClock
from server.core.ids import b64
from server.core.principal import Principal, Role, system
from server.house import House
from server.people.schemas import NeedIn, PersonIn
from server.people.service import create as add_person
from server.people.service import search
from server.serving import LOCAL, self_made_certificate, serve
from server.settings import Mode, Settings
from server.setup import NewPractice, add_account, make_practice, practices
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
    minutes: int  # from now to the visit
    reason: str
    provider: int = 0


def _person(given: str, family: str, born: str, line: int, language: str = "en", *needs: NeedIn) -> PersonIn:
    address = f"{given}.{family}@example.org".lower().replace(" ", "")
    return PersonIn(
        given=given, family=family, birth_date=date.fromisoformat(born), number=f"RC {line:03d} 18",
        phone=f"+447700900{line:03d}", email=address.encode("ascii", "ignore").decode(), language=language,
        needs=list(needs),
    )  # fmt: skip


BENGALI = NeedIn(kind="interpreter", detail="Bengali")
PEOPLE = (
    Seed(_person("Marta", "Reis", "1986-03-14", 117), 10, "Cough, day 6"),
    Seed(_person("Tom", "Whitfield", "1947-11-30", 121), 40, "Blood pressure review"),
    Seed(_person("Aisha", "Rahman", "1985-06-21", 134, "en", BENGALI), 60, "Medicine question"),
    Seed(_person("Layla", "Haddad", "1990-08-02", 142, "ar"), 90, "New rash"),
    Seed(_person("Leo", "Fontaine", "2001-01-17", 155, "es"), 30, "Asthma check", provider=1),
)  # fmt: skip


def enter_token(keys: KeyPort, role: Role) -> str:
    """What the printed staff links carry; derived, so that it survives a restart and is stored nowhere."""
    return b64(keys.derive(f"demo/{role.value}"))


def settings_for(data_dir: Path, host: str, port: int) -> Settings:
    """Embedded defaults in demo mode; anything but localhost serves HTTPS with a self-made certificate."""
    local = host in LOCAL
    shown = "localhost" if local else host
    made: dict[str, object] = {
        "mode": Mode.demo, "data_dir": data_dir, "host": host, "port": port,
        "public_url": f"{'http' if local else 'https'}://{shown}:{port}",
    }  # fmt: skip
    if not local:
        made["tls_cert"], made["tls_key"] = self_made_certificate(data_dir / "tls", host)
    return Settings(**made)  # type: ignore[arg-type]


async def run(settings: Settings, *, browser: bool, say: Callable[[str], None]) -> None:
    """Seed on the first start, serve, print the links."""
    helper: list[asyncio.subprocess.Process] = []

    async def started(house: House) -> None:
        helper.append(await _administrator(house))
        for role, url in await printed_links(house):
            say(f"{role:<9} {url}")
        say(f"{'phone and mailbox':<9} {settings.public_url}/demo")
        say("Made-up people, nothing leaves this machine. Ctrl-C stops it.")
        if browser:
            await asyncio.to_thread(webbrowser.open, f"{settings.public_url}/demo")

    try:
        await serve(settings, clock=MovableClock(), prepare=_prepare(say), started=started)
    finally:
        for process in helper:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


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


def _prepare(say: Callable[[str], None]) -> Callable[[House], Awaitable[None]]:
    async def prepare(house: House) -> None:
        if await practices(house) == 0:
            say("Making the practice, its keys and its people")
            tenant = await make_practice(house, CLINIC, sheet_path(house.settings), demo=True)
            async with house.desk.unit(system(tenant)) as unit:
                await _staff(unit, house)
                await _people(unit, house)
        await _keep_a_visit(house)

    return prepare


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


async def _keep_a_visit(house: House) -> None:
    """A later start of the demo finds Marta with a visit she can still go to."""
    async with house.desk.unit(system(await tenant_of(house))) as unit:
        marta = (await search(unit, house.keys, PATIENT))[0].id
        if await _open_appointment(unit, house, marta, make=True):
            return


async def _open_appointment(unit: Unit, house: House, person_id: str, *, make: bool = False) -> str:
    query = unit.select(Appointment).where(col(Appointment.person_id) == person_id)
    for one in await unit.all(query.order_by(col(Appointment.start).desc())):
        if await stage_of(unit, house.settings, one) not in {Stage.ended, Stage.closed}:
            return one.id
    if not make:
        raise LookupError("the demo's patient has no visit")
    kind = await unit.first(unit.select(VisitType).where(col(VisitType.name) == "Follow-up"))
    provider = (await accounts_of(unit, Role.provider))[0]
    assert kind is not None
    start = _round(unit.clock.now() + timedelta(minutes=10))
    booking = BookIn(person_id=person_id, provider_id=provider.id, visit_type_id=kind.id, start=start, reason="Cough")
    return (await appointments.book(unit, house.keys, booking)).id


async def accounts_of(unit: Unit, role: Role) -> list[Account]:
    """Accounts with a role, in the order in which they were made."""
    rows = await unit.all(unit.select(Account).order_by(col(Account.created_at), col(Account.id)))
    return [row for row in rows if role.value in row.roles]


async def _administrator(house: House) -> asyncio.subprocess.Process:
    """A process of its own plays the administrator: it alone reads the recovery sheet, and approves staff devices."""
    tenant = await tenant_of(house)
    async with house.desk.unit(system(tenant)) as unit:
        admin = (await accounts_of(unit, Role.admin))[0]
        unit.become(Principal(Role.admin, tenant, account_id=admin.id))
        token = await sessions.open_staff(unit, admin, Role.admin, timedelta(days=7))
        scheduler = (await accounts_of(unit, Role.scheduler))[0]
        desk_token = await sessions.open_staff(unit, scheduler, Role.scheduler, timedelta(days=7))
    folder = house.settings.data_dir
    _write_private(folder / "admin.token", token)
    _write_private(folder / "scheduler.token", desk_token)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "keys", "approve", "--watch", "--yes",
        "--server", house.settings.public_url, "--token-file", str(folder / "admin.token"),
        "--sheet", str(sheet_path(house.settings)),
        stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)


def _round(at: datetime) -> datetime:
    """Up to the next five minutes."""
    seconds = -int(at.timestamp()) % 300
    return (at + timedelta(seconds=seconds)).replace(second=0, microsecond=0).astimezone(UTC)
