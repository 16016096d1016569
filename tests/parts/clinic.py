"""A whole clinic in this process: an open house on a real database, the real application, people who act in it.

Two practices live in it, so that every test can ask what the other one would see. Seeding costs a second, so it is done
once for each database (`Seeded`) and copied for each test.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from sqlmodel import SQLModel, col, select
from starlette.applications import Starlette

from server.access import links, sessions
from server.access.service import make_account
from server.access.tables import Practice
from server.api.routing import cookie
from server.app import build_app
from server.appointments import service as appointments
from server.appointments.schemas import BookIn
from server.appointments.tables import Busy, VisitType
from server.conversations.service import ids_of_people, install_practice_keys
from server.core.clock import MovableClock
from server.core.ids import new_id
from server.core.limits import Limiter, Limits
from server.core.principal import Principal, Role, system
from server.house import House, open_house
from server.people.schemas import PersonIn
from server.people.service import create
from server.records import ceremony
from server.reminders.worker import Worker
from server.settings import Mode, Settings
from server.store.engine import open_store
from server.store.migrate import upgrade
from server.visits.service import of_appointment
from server.waiting import consent

PASSWORD = "a long enough password"
ORIGIN = "http://clinic.test"
STAFF = (Role.provider, Role.scheduler, Role.admin)


def roomy() -> Limits:
    """Limits that a test does not meet by accident; tests of limits bring their own."""

    def wide() -> Limiter:
        return Limiter(1e6, 1_000_000)

    return Limits(wide(), wide(), wide(), wide())


@dataclass(frozen=True, slots=True)
class Surgery:
    """One practice: its accounts, the kind of visit it offers and a signed-in browser's token for each role."""

    id: str
    accounts: dict[str, str]  # "provider", "second" (another provider), "scheduler", "admin" -> account id
    tokens: dict[str, str]
    visit_type: str

    @property
    def system(self) -> Principal:
        return system(self.id)


@dataclass(frozen=True, slots=True)
class Seeded:
    """A database with two practices, and the key file that opens it."""

    url: str
    folder: Path
    surgeries: tuple[Surgery, Surgery]


@dataclass(frozen=True, slots=True)
class Booked:
    """One booked visit and the way to it."""

    surgery: Surgery
    id: str
    person_id: str
    conversation_id: str
    visit_id: str
    link_id: str
    secret: str

    @property
    def ready(self) -> dict[str, Any]:
        """The body of "I'm ready"."""
        return {
            "secret": self.secret, "consent": {"version": consent.VERSION}, "media": "video", "camera": "ok",
            "microphone": "ok", "locale": "en",
        }  # fmt: skip


class Browser:
    """One browser: it keeps cookies, and says in a header as whom it acts (None: as nobody)."""

    def __init__(self, app: Starlette, role: str | None, token: str = "", address: str = "192.0.2.1") -> None:
        transport = httpx.ASGITransport(app, client=(address, 4711))
        self.role = role
        self.link = ""
        self.http = httpx.AsyncClient(transport=transport, base_url=ORIGIN)
        if role == "patient" and token:
            self.http.headers["authorization"] = f"Bearer {token}"
        elif role and token:
            self.http.cookies.set(cookie(role), token)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """`body` is sent as JSON; headers are written with underscores. The application's own crash is raised here."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.role:
            sent.setdefault("x-careroom-role", self.role)
        if self.role in {"patient", "guest"}:
            sent.setdefault("x-careroom-link", self.link)
        if isinstance(body, bytes):
            return await self.http.request(method, path, content=body, headers=sent)
        answer = await self.http.request(method, path, json=body, headers=sent)
        if path.endswith("/ready") and answer.is_success:
            self.link = path.split("/")[3]  # a patient's or guest's page speaks for the link it was opened with
        return answer

    async def get(self, path: str, **headers: str) -> Any:
        """The JSON of an answer that must be good."""
        return good(await self.send("GET", path, **headers))

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return good(await self.send("POST", path, {} if body is None else body, **headers))

    async def refused(self, status: int, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """The problem of an answer that must be refused with `status`."""
        answer = await self.send(method, path, body, **headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        return problem


def good(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


@dataclass
class Clinic:
    """The open house and its application. `north` is where tests work, `south` is the other practice."""

    house: House
    app: Starlette
    north: Surgery
    south: Surgery
    worker: Worker
    browsers: list[Browser] = field(default_factory=list)
    hours: int = 0

    @property
    def clock(self) -> MovableClock:
        assert isinstance(self.house.clock, MovableClock)
        return self.house.clock

    def browser(self, role: str | None = None, token: str = "", address: str = "192.0.2.1") -> Browser:
        made = Browser(self.app, role, token, address)
        self.browsers.append(made)
        return made

    def staff(self, name: str, surgery: Surgery | None = None) -> Browser:
        """The signed-in browser of `provider`, `second`, `scheduler` or `admin`."""
        return self.browser("provider" if name == "second" else name, (surgery or self.north).tokens[name])

    # -- people and visits ----------------------------------------------------

    async def person(self, surgery: Surgery | None = None, **values: Any) -> str:
        """Record somebody; `values` as in PersonIn. By default reached by text and mail."""
        body = {
            "given": "Rosa", "family": "Marsh", "birth_date": date(1980, 2, 3), "phone": "+14155550123",
            "email": "rosa.marsh@example.org", **values,
        }  # fmt: skip
        place = surgery or self.north
        async with self.house.desk.unit(place.system) as unit:
            return (await create(unit, self.house.keys, PersonIn(**body))).id

    async def book(
        self, *, person: str | None = None, start: datetime | None = None, surgery: Surgery | None = None,
        provider: str = "provider",
    ) -> Booked:  # fmt: skip
        """Book a visit; by default with a new person, at a time of its own within the open door."""
        place = surgery or self.north
        person_id = person or await self.person(place)
        if start is None:
            start = five_minutes(self.clock.now()) + timedelta(minutes=15 * self.hours)
            self.hours = (self.hours + 1) % 3
            provider = provider if await self._free(place, provider, start) else "second"
        body = BookIn(
            person_id=person_id, provider_id=place.accounts[provider], visit_type_id=place.visit_type, start=start,
            reason="Cough",
        )  # fmt: skip
        async with self.house.desk.unit(place.system) as unit:
            appointment = await appointments.book(unit, self.house.keys, body)
        return await self.booked(place, appointment.id, person_id)

    async def _free(self, place: Surgery, provider: str, start: datetime) -> bool:
        async with self.house.store.session(write=False) as session:
            query = select(Busy).where(
                col(Busy.provider_id) == place.accounts[provider],
                col(Busy.tick) == int(start.timestamp()) // appointments.TICK,
            )
            return (await session.execute(query)).first() is None

    async def booked(self, place: Surgery, appointment_id: str, person_id: str) -> Booked:
        """Everything a test may need of a booked visit."""
        async with self.house.desk.unit(place.system, write=False) as unit:
            link = await links.of_appointment(unit, appointment_id)
            visit = await of_appointment(unit, appointment_id)
            conversation = (await ids_of_people(unit, [person_id]))[person_id]
        secret = links.secret_of(self.house.keys, link.id, link.generation)
        return Booked(place, appointment_id, person_id, conversation, visit.id, link.id, secret)

    async def arrive(self, booked: Booked) -> Browser:
        """A new browser that opened the link and said "I'm ready"."""
        browser = self.browser("patient")
        await browser.post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
        await browser.post(f"/v1/links/{booked.link_id}/ready", booked.ready)
        return browser

    async def guest(self, booked: Booked, scope: str, **values: Any) -> Browser:
        """A new browser of a guest whom the desk invited and who said "I'm here"."""
        desk, browser = self.staff("scheduler", booked.surgery), self.browser("guest")
        made = await desk.post(f"/v1/appointments/{booked.id}/guests", {"scope": scope, **values})
        secret = made["url"].split("#")[1]
        await browser.post(f"/v1/guests/{made['id']}/ready", {"secret": secret})
        return browser

    async def row(self, booked: Booked, by: Browser | None = None) -> dict[str, Any]:
        """The visit's row on the board."""
        board = await (by or self.staff("provider", booked.surgery)).get("/v1/board")
        row: dict[str, Any] = board["rows"][booked.id]
        return row

    def by_day(self) -> None:
        """On to the next noon where the practices are, for tests of what the night would hold back."""
        here = self.clock.now().astimezone(ZoneInfo("America/New_York"))
        noon = (here + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
        self.clock.forward(noon - here)

    async def send_due(self) -> None:
        """Let the worker send until nothing is due."""
        while await self.worker.send_due():
            pass

    # -- looking --------------------------------------------------------------

    async def all(self, table: type[Any], *where: Any) -> list[Any]:
        async with self.house.store.session(write=False) as session:
            return list((await session.execute(select(table).where(*where))).scalars())

    async def everything(self, *, refusals: bool = False) -> dict[str, list[str]]:
        """Every row of every table as text: two of these are equal when nothing was changed.

        That a refusal is noted in the audit trail changes nothing; with `refusals` those lines count too.
        """
        found: dict[str, list[str]] = {}
        async with self.house.store.session(write=False) as session:
            for table in SQLModel.metadata.sorted_tables:
                rows = (await session.execute(table.select())).mappings()
                found[table.name] = sorted(
                    repr(tuple(row.values()))
                    for row in rows
                    if refusals or (row.get("outcome") != "4" and not str(row.get("topic")).startswith("audit:"))
                )
        return found


def five_minutes(at: datetime) -> datetime:
    """Up to the next five minutes."""
    seconds = 300 - int(at.timestamp()) % 300
    return (at + timedelta(seconds=seconds)).replace(microsecond=0).astimezone(UTC)


def settings(url: str, folder: Path, **values: Any) -> Settings:
    """Embedded ports under `folder`, no environment."""
    made: dict[str, Any] = {
        "mode": Mode.development, "data_dir": folder / "state", "database_url": url, "worker": False,
        "public_url": ORIGIN, "keys_url": f"file:{folder / 'keys.json'}", **values,
    }  # fmt: skip
    return Settings(_env_file=None, **made)


async def _surgery(house: House, name: str) -> Surgery:
    tenant = new_id()
    public, _ = ceremony(tenant, name, demo=True)
    accounts, tokens = {}, {}
    async with house.desk.unit(system(tenant)) as unit:
        now = unit.clock.now()
        unit.add(
            Practice(
                id=tenant, name=f"{name} Practice", phone="+14155550100", zone="America/New_York", locale="en-US",
                region="US", emergency_number="911", created_at=now,
            )
        )  # fmt: skip
        kind = VisitType(tenant=tenant, name="Follow-up", minutes=15)
        unit.add(kind)
        await unit.flush()
        await install_practice_keys(unit, public)
        for who in ("provider", "second", "scheduler", "admin"):
            role = Role.provider if who == "second" else Role(who)
            made = await make_account(
                unit, house.keys, name=f"Dr {who.title()} {name}", email=f"{who}@{name.lower()}.example",
                password=PASSWORD, roles=[role],
            )  # fmt: skip
            await unit.flush()
            accounts[who] = made.id
            tokens[who] = await sessions.open_staff(unit, made, role, timedelta(days=3))
    return Surgery(tenant, accounts, tokens, kind.id)


async def seed(url: str, folder: Path) -> Seeded:
    """Migrate the empty database at `url` and make the two practices."""
    store = open_store(url)
    await upgrade(store)
    await store.aclose()
    async with open_house(settings(url, folder), clock=MovableClock()) as house:
        surgeries = (await _surgery(house, "North"), await _surgery(house, "South"))
    return Seeded(url, folder, surgeries)


@asynccontextmanager
async def open_clinic(
    url: str, folder: Path, seeded: Seeded, *, limits: Callable[[], Limits] = roomy, **values: Any
) -> AsyncIterator[Clinic]:
    """A clinic on `url`, which is a copy of `seeded.url`."""
    shutil.copy(seeded.folder / "keys.json", folder / "keys.json")
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings(url, folder, **values), clock=MovableClock()))
        house = replace(house, limits=limits())
        clinic = Clinic(house, build_app(house), *seeded.surgeries, Worker(house))
        yield clinic
        for browser in clinic.browsers:
            await browser.http.aclose()


def merge(old: Any, patch: Any) -> Any:
    """RFC 7396 section 2, word for word."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(old) if isinstance(old, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def seed_now(url: str, folder: Path) -> Seeded:
    folder.mkdir(parents=True, exist_ok=True)
    return asyncio.run(seed(url, folder))
