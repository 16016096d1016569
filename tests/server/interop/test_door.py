"""`POST /v1/hl7` of the whole application behind a real web server, and what `careroom import` says of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn

from server.access import sessions
from server.access.tables import Account
from server.app import build_app
from server.core.clock import MovableClock
from server.core.principal import Role, system
from server.house import House, open_house
from server.interop.ack import MEDIA_TYPE
from server.interop.client import ImportFailed, import_file, parse_redate
from server.interop.hl7 import parse
from server.settings import Settings
from tests.parts.desk import create_tables
from tests.parts.ports import eventually, free_port
from tests.server.interop.conftest import NOW, SAMPLE, Clinic, open_clinic
from tests.server.interop.messages import changed

SOON = NOW + timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Door:
    url: str
    house: House
    clinic: Clinic

    async def post(self, raw: bytes, **headers: str) -> httpx.Response:
        sent = {"authorization": f"Bearer {self.clinic.token}", "content-type": MEDIA_TYPE}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.post(f"{self.url}/v1/hl7", content=raw, headers=sent)

    async def send(self, path: Path, token: str = "", redate: datetime | None = SOON) -> str:
        return await asyncio.to_thread(import_file, path, self.url, token or self.clinic.token, redate)

    async def token_of(self, account_id: str, role: Role) -> str:
        async with self.house.desk.unit(system(self.clinic.practice_id)) as unit:
            account = await unit.get(Account, account_id)
            return await sessions.open_staff(unit, account, role, timedelta(hours=1))


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    clock = MovableClock()
    clock.forward(NOW - clock.now())
    async with open_house(Settings(_env_file=None, data_dir=tmp_path), clock=clock) as house:
        await create_tables(house.store)
        clinic = await open_clinic(house.desk)
        port = free_port()
        server = uvicorn.Server(uvicorn.Config(build_app(house), host="127.0.0.1", port=port, log_config=None))
        task = asyncio.create_task(server.serve())
        await eventually(lambda: server.started)
        yield Door(f"http://127.0.0.1:{port}", house, clinic)
        server.should_exit = True
        await task


async def test_a_message_is_answered_by_its_ack(door: Door, sample: bytes) -> None:
    answer = await door.post(sample, x_careroom_redate="2021-09-21T10:00:31+02:00")
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPE)
    said = parse(answer.content).first("MSA")
    assert said is not None
    assert (said.value(1), said.value(2)) == ("AA", "MSG00012")
    [appointment] = await door.clinic.appointments()
    assert appointment.start == datetime(2021, 9, 21, 8, 1, tzinfo=UTC)


@pytest.mark.parametrize(("field", "value", "code"), [(9, "SIU^S15", "AR"), (9, "SIU^S12", "AE")])
async def test_a_refusal_is_the_acks_to_say_and_leaves_nothing(
    door: Door, sample: bytes, field: int, value: str, code: str
) -> None:
    before = await door.clinic.counts()
    answer = await door.post(changed(changed(sample, "MSH", field, value), "PID", 3, ""))
    assert answer.status_code == 200
    assert f"MSA|{code}|".encode() in answer.content
    assert await door.clinic.counts() == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"authorization": "Bearer nobody"}, 401), ({"authorization": ""}, 401), ({"content_type": "text/plain"}, 415),
     ({"x_careroom_redate": "tomorrow"}, 422), ({"x_careroom_redate": "2021-09-21T10:00:00"}, 422)],
)  # fmt: skip
async def test_what_is_wrong_with_the_request_itself_is_a_problem(
    door: Door, sample: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await door.post(sample, **headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_import_says_when_the_visit_starts(door: Door) -> None:
    said = await door.send(SAMPLE)
    [appointment] = await door.clinic.appointments()
    assert said.splitlines()[0] == f"Booked: appointment {appointment.id} starts at 2021-09-20T08:10Z."
    assert (
        "  Warning at PID-13, line 5: The patient has no mobile number: no text messages will be sent."
        in said.splitlines()
    )
    assert "booked before" in await door.send(SAMPLE)


async def test_import_says_why_not(door: Door, tmp_path: Path, sample: bytes) -> None:
    provider = await door.token_of(door.clinic.park, Role.provider)
    faulty = tmp_path / "faulty.hl7"
    faulty.write_bytes(changed(sample, "PID", 7, ""))  # noqa: ASYNC240
    cases = [
        (faulty, "", r"faulty\.hl7 was not imported \(AE\)\.\n  Fault at PID-7, line 5: The birth date is missing"),
        (tmp_path / "absent.hl7", "", r"absent\.hl7 cannot be read: No such file"),
        (SAMPLE, "nobody", "does not know this token"),
        (SAMPLE, "bad\ntoken", "cannot be sent"),
        (SAMPLE, provider, "must belong to a scheduler"),
    ]
    for path, token, words in cases:
        with pytest.raises(ImportFailed, match=words):
            await door.send(path, token)


async def test_a_file_of_many_names_the_lines_at_fault_and_books_the_others(
    door: Door, tmp_path: Path, sample: bytes
) -> None:
    def another(number: int, day: str) -> bytes:
        made = changed(changed(sample, "SCH", 1, str(number)), "PID", 3, f"PATID{number}^^^^MR")
        return made.replace(b"20210924", day.encode())

    second = another(2, "20210925")
    messages = [another(1, "20210924"), changed(second, "PID", 7, ""), another(3, "20210926")]
    batch = tmp_path / "batch.hl7"
    envelope = (b"FHS|^~\\&|SCHApp\rBHS|^~\\&|SCHApp\r", b"BTS|3\rFTS|1\r")
    batch.write_bytes(b"".join([envelope[0], *messages, envelope[1]]).replace(b"\r", b"\r\n"))  # noqa: ASYNC240
    with pytest.raises(ImportFailed) as refused:
        await door.send(batch, redate=None)
    said = str(refused.value).splitlines()
    length = messages[0].count(b"\r")
    assert said[0].startswith("Line 3: Booked: appointment ")
    assert f"Line {3 + length} was not imported (AE)." in said
    assert any(one.startswith(f"  Fault at PID-7, line {3 + length + 4}: The birth date is missing") for one in said)
    assert said[-2] == "1 of 3 messages of batch.hl7 were not imported; the other 2 were."
    assert sorted(one.start.day for one in await door.clinic.appointments()) == [24, 26]
    # Mended and sent again: what is new in it is booked, the rest is known.
    batch.write_bytes(b"\n".join([messages[0], second, messages[2]]))  # noqa: ASYNC240
    again = (await door.send(batch, redate=None)).splitlines()
    assert sum("booked before" in one for one in again) == 2  # noqa: PLR2004
    assert sorted(one.start.day for one in await door.clinic.appointments()) == [24, 25, 26]
    with pytest.raises(ImportFailed, match="3 messages, and they cannot all be moved to one time"):
        await door.send(batch)
    with pytest.raises(ImportFailed, match=r"Line 1: The server does not know this token[\s\S]*Nothing from there on"):
        await door.send(batch, "nobody", None)


def test_import_says_that_nobody_answers() -> None:
    with pytest.raises(ImportFailed, match=r"cannot be reached\. Is it running\?"):
        import_file(SAMPLE, f"http://127.0.0.1:{free_port()}", "token")
    with pytest.raises(ImportFailed, match=r"must look like https://clinic\.example"):
        import_file(SAMPLE, "clinic", "token")


async def test_import_says_that_somebody_else_answers() -> None:
    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(stranger, "127.0.0.1", 0, family=socket.AF_INET)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(ImportFailed, match="did not answer with an HL7 ACK"):
            await asyncio.to_thread(import_file, SAMPLE, url, "token")


@pytest.mark.parametrize(
    ("written", "at"),
    [("+10m", NOW + timedelta(minutes=10)), ("+2h", NOW + timedelta(hours=2)), ("+1d", NOW + timedelta(days=1)),
     ("2021-09-20T10:10:00+02:00", NOW + timedelta(minutes=10)), ("2021-09-20t08:10:00z", NOW + timedelta(minutes=10))],
)  # fmt: skip
def test_redate(written: str, at: datetime) -> None:
    assert parse_redate(written, NOW) == at


@pytest.mark.parametrize("written", ["", "10m", "+m", "+10", "-10m", "2021-09-20", "2021-09-20T10:10:00", "+99999d",
                                     "0001-01-01T00:00:00+14:00", "2021-02-30T10:10:00Z"])  # fmt: skip
def test_redate_refuses_what_it_cannot_mean(written: str) -> None:
    with pytest.raises(ValueError, match="Write when|too far"):
        parse_redate(written, NOW)
