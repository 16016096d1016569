"""Waiting rooms full of people, on two real instances: for the benchmark and for the fault test of the waiting room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from server.access import confirming, links, sessions
from server.access.service import make_account
from server.access.tables import Account
from server.appointments import service as appointments
from server.appointments.schemas import BookIn
from server.appointments.tables import VisitType
from server.core.principal import Role
from server.house import House, open_house
from server.people.schemas import PersonIn
from server.people.service import create
from server.store.engine import open_store
from server.store.migrate import upgrade
from server.store.unit import Unit
from server.waiting import service as waiting
from server.waiting.schemas import ReadinessIn
from tests.parts.clinic import Surgery, _surgery, five_minutes, settings
from tests.parts.instance import Instance
from tests.parts.postgres import Postgres
from tests.parts.redis import Redis

PASSWORD = "a long enough password"
DOOR_MINUTES = 600


@dataclass
class Seat:
    """One patient of a room, signed in: `token` acts for them, `link` names the visit."""

    appointment_id: str
    entry_id: str
    link: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}", "x-careroom-role": "patient", "x-careroom-link": self.link}


@dataclass
class Room:
    """One provider's waiting room."""

    practice: Surgery
    account_id: str
    token: str
    seats: list[Seat] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}", "x-careroom-role": "provider"}


@dataclass
class Ward:
    """Two instances and the rooms in them."""

    postgres: Postgres
    redis: Redis
    database_url: str
    instances: list[Instance]
    rooms: list[Room]
    folder: Path

    def http(self) -> list[httpx.AsyncClient]:
        limits = httpx.Limits(max_connections=64)
        return [
            httpx.AsyncClient(base_url=one.url, limits=limits, timeout=20, trust_env=False) for one in self.instances
        ]


@asynccontextmanager
async def ward(
    folder: Path, *, practices: int, rooms: int, patients: int, durable: bool = False
) -> AsyncIterator[Ward]:
    """`rooms` providers of `practices` practices with `patients` in line each, on PostgreSQL and Redis. `durable`: what
    was committed outlives the database's own death, as on a clinic's server."""
    with Postgres(durable=durable) as postgres, Redis() as redis:
        url = postgres.create_database()
        built = await _build(url, folder, practices, rooms, patients)
        shared = {
            "DATABASE_URL": url, "BUS_URL": redis.url, "KEYS_URL": f"file:{folder / 'keys.json'}",
            "PUBLIC_URL": "http://clinic.test", "DOOR_MINUTES": str(DOOR_MINUTES), "LOG_LEVEL": "warning",
        }  # fmt: skip
        one, two = (Instance(folder / f"instance{number}", **shared) for number in (1, 2))
        with one, two:
            yield Ward(postgres, redis, url, [one, two], built, folder)


async def _build(url: str, folder: Path, practices: int, rooms: int, patients: int) -> list[Room]:
    store = open_store(url)
    await upgrade(store)
    await store.aclose()
    built: list[Room] = []
    async with open_house(settings(url, folder, door_minutes=DOOR_MINUTES)) as house:
        for number in range(practices):
            surgery = await _surgery(house, f"Ward{number}")
            share = range(number, rooms, practices)
            for place in share:
                built.append(await _room(house, surgery, place, patients))
    return built


async def _room(house: House, surgery: Surgery, number: int, patients: int) -> Room:
    async with house.desk.unit(surgery.system) as unit:
        kind = VisitType(tenant=surgery.id, name=f"Short {number}", minutes=5)
        unit.add(kind)
        account = await make_account(
            unit, house.keys, name=f"Dr Room {number}", email=f"room{number}@{surgery.id.lower()}.example",
            password=PASSWORD, roles=[Role.provider],
        )  # fmt: skip
        await unit.flush()
        token = await sessions.open_staff(unit, account, Role.provider, timedelta(days=1))
        room = Room(surgery, account.id, token)
    async with house.desk.unit(surgery.system) as unit:
        for place in range(patients):
            room.seats.append(await _seat(unit, house, account, kind, place))
    return room


async def _seat(unit: Unit, house: House, account: Account, kind: VisitType, place: int) -> Seat:
    body = PersonIn(given=f"Pat{place}", family="Lee", birth_date="1980-02-03")
    person = await create(unit, house.keys, body)
    start = five_minutes(unit.clock.now()) + timedelta(minutes=5 * place)
    booked = await appointments.book(
        unit, house.keys,
        BookIn(person_id=person.id, provider_id=account.id, visit_type_id=kind.id, start=start),
    )  # fmt: skip
    await unit.settle()
    entry = await waiting.check_in(unit, booked, ReadinessIn(media="video", camera="ok", microphone="ok"))
    link = await links.of_appointment(unit, booked.id)
    token, session = await sessions.open_visitor(
        unit, Role.unconfirmed, person_id=person.id, appointment_id=booked.id, link_id=link.id,
        until=start + timedelta(days=1),
    )  # fmt: skip
    await confirming.bind(unit, link, session)  # the first device of a link is the patient's, as at "I'm ready"
    return Seat(booked.id, entry.id, link.id, token)


async def ticket(http: httpx.AsyncClient, headers: dict[str, str], topics: list[str]) -> str:
    answer = await http.post("/v1/live/ticket", json={"topics": topics}, headers=headers)
    answer.raise_for_status()
    return str(answer.json()["ticket"])


async def gathered(work: list[Any], at_once: int = 24) -> list[Any]:
    """Run coroutines, so many at a time."""
    gate = asyncio.Semaphore(at_once)

    async def one(job: Any) -> Any:
        async with gate:
            return await job

    return await asyncio.gather(*(one(job) for job in work))
