"""One command, one Unit: all of it or nothing, told only once it is true."""

from __future__ import annotations

import asyncio

import pytest
from sqlmodel import col

from server.access.tables import Practice
from server.appointments.machine import Act, machine
from server.appointments.tables import Appointment, VisitType
from server.audit import service as audit
from server.audit.tables import AuditEvent
from server.core.errors import ImpossibleMove, NotFound, StaleVersion
from server.core.ids import new_id
from server.events import AppointmentChanged, topic
from server.events import Audience as To
from server.store.outbox import EventRow, TopicHead
from server.store.unit import Unit, expect
from tests.parts.clinic import Clinic
from tests.parts.desk import Announced


class Broken(Exception):
    pass


@pytest.fixture
def told(clinic: Clinic) -> Announced:
    """What the bus was told, from now on."""
    clinic.house.desk.announce = announced = Announced()
    return announced


async def write(clinic: Clinic, unit: Unit, appointment: str) -> None:
    unit.add(VisitType(tenant=clinic.north.id, name="Written", minutes=5))
    unit.emit(AppointmentChanged(appointment_id=appointment))
    unit.record("C", "test.write", "Test", "1")


async def test_rows_events_and_audit_commit_together(clinic: Clinic, told: Announced) -> None:
    booked = await clinic.book()
    board = topic(To.board, clinic.north.id)
    head = (await clinic.all(TopicHead, TopicHead.topic == board))[0].seq
    told.lines.clear()
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await write(clinic, unit, booked.id)
        assert told.lines == []
    assert len(await clinic.all(VisitType, col(VisitType.name) == "Written")) == 1
    assert len(await clinic.all(EventRow, EventRow.topic == board, col(EventRow.seq) > head)) == 1
    assert len(await clinic.all(AuditEvent, AuditEvent.subtype == "test.write")) == 1
    schedule = topic(To.schedule, clinic.north.id)
    (shown,) = await clinic.all(TopicHead, TopicHead.topic == schedule)
    assert sorted(told.lines) == [(board, head + 1), (f"patient:{booked.id}", 1), (schedule, shown.seq)]


async def test_who_only_reads_holds_up_no_writer_and_is_on_record_all_the_same(clinic: Clinic) -> None:
    desk, booked = clinic.house.desk, await clinic.book()
    async with asyncio.timeout(5), desk.unit(clinic.north.system, write=False) as reading:
        await reading.get(Appointment, booked.id)
        reading.record("R", "test.read", "Test", "1")
        async with desk.unit(clinic.north.system) as unit:
            await write(clinic, unit, booked.id)
    lines = [one.subtype for one in await clinic.all(AuditEvent) if one.subtype.startswith("test.")]
    assert lines == ["test.write", "test.read"]

    async def breaks() -> None:
        async with desk.unit(clinic.north.system, write=False) as reading:
            reading.record("R", "test.read", "Test", "2")
            raise Broken

    with pytest.raises(Broken):
        await breaks()
    assert not await clinic.all(AuditEvent, col(AuditEvent.entity_id) == "2"), "nobody got to see it"


@pytest.mark.parametrize("where", ["in the command", "in a listener"])
async def test_a_fault_takes_everything_back_and_tells_nobody(clinic: Clinic, told: Announced, where: str) -> None:
    booked = await clinic.book()
    before = await clinic.everything()
    told.lines.clear()
    called: list[str] = []

    async def listener(_unit: Unit, _event: AppointmentChanged) -> None:
        raise Broken

    if where == "in a listener":
        clinic.house.desk.listeners = {AppointmentChanged: [listener]}

    async def command() -> None:
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            await write(clinic, unit, booked.id)
            unit.afterwards(lambda: called.append("told"))
            await unit.flush()
            if where == "in the command":
                raise Broken

    with pytest.raises(Broken):
        await command()
    assert await clinic.everything() == before
    assert told.lines == []
    assert called == []


async def test_a_cancelled_writer_gives_its_turn_back(clinic: Clinic) -> None:
    """A browser that hangs up in the middle must not stop everybody else."""
    inside = asyncio.Event()

    async def hang() -> None:
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            await unit.session.get(Practice, clinic.north.id)
            inside.set()
            await asyncio.Event().wait()

    for _ in range(5):
        inside.clear()
        task = asyncio.create_task(hang())
        await inside.wait()
        task.cancel()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with asyncio.timeout(5), clinic.house.desk.unit(clinic.north.system) as unit:
        unit.record("U", "test.after", "Test", "1")


async def test_a_reading_unit_keeps_nothing(clinic: Clinic) -> None:
    before = await clinic.everything()
    async with clinic.house.desk.unit(clinic.north.system, write=False) as unit:
        unit.add(VisitType(tenant=clinic.north.id, name="Written", minutes=5))
    assert await clinic.everything() == before


async def test_of_two_who_saw_the_same_one_wins(clinic: Clinic) -> None:
    booked = await clinic.book()
    ready = asyncio.Barrier(2)

    async def move(act: Act) -> str:
        try:
            async with clinic.house.desk.unit(clinic.north.system) as unit:
                row = await unit.get(Appointment, booked.id)
                expect(row, 1)
                if clinic.house.store.dialect == "postgresql":  # SQLite lets one writer in at a time anyhow
                    await ready.wait()
                await unit.move(row, machine, act)
        except StaleVersion:
            return "stale"
        return act.value

    outcomes = await asyncio.gather(move(Act.cancel), move(Act.mark_noshow))
    assert sorted(outcomes).count("stale") == 1
    row = (await clinic.all(Appointment, Appointment.id == booked.id))[0]
    assert row.version == 2
    assert row.status == {"cancel": "cancelled", "mark_noshow": "noshow"}[next(o for o in outcomes if o != "stale")]


async def test_moves_that_the_machine_lacks_and_versions_that_passed_are_refused(clinic: Clinic) -> None:
    booked = await clinic.book()
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        row = await unit.get(Appointment, booked.id)
        with pytest.raises(ImpossibleMove):
            await unit.move(row, machine, Act.fulfil)
        with pytest.raises(StaleVersion):
            expect(row, 2)
        expect(row, 1)


async def test_a_row_of_another_practice_is_not_there(clinic: Clinic) -> None:
    booked = await clinic.book()
    async with clinic.house.desk.unit(clinic.south.system, write=False) as unit:
        with pytest.raises(NotFound):
            await unit.get(Appointment, booked.id)
        assert await unit.find(Appointment, [booked.id]) == {}
        assert await unit.all(unit.select(Appointment)) == []


async def test_fifty_writers_number_a_topic_without_gap_or_double(clinic: Clinic, told: Announced) -> None:
    booked = await clinic.book()
    board = topic(To.board, clinic.north.id)
    first = (await clinic.all(TopicHead, TopicHead.topic == board))[0].seq
    told.lines.clear()

    async def change(fail: bool) -> None:
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            await write(clinic, unit, booked.id)
            if fail:
                raise Broken

    done = await asyncio.gather(*(change(number % 5 == 0) for number in range(50)), return_exceptions=True)
    assert sum(isinstance(one, Broken) for one in done) == 10
    seqs = sorted(row.seq for row in await clinic.all(EventRow, EventRow.topic == board))
    assert seqs == list(range(1, first + 41))
    assert sorted(seq for name, seq in told.lines if name == board) == list(range(first + 1, first + 41))
    lines = sorted(await clinic.all(AuditEvent, AuditEvent.tenant == clinic.north.id), key=lambda line: line.seq)
    assert audit.faults(lines) == []
    assert sum(line.subtype == "test.write" for line in lines) == 40


async def test_an_altered_moved_or_missing_audit_line_is_found(clinic: Clinic) -> None:
    await clinic.book()
    lines = sorted(await clinic.all(AuditEvent, AuditEvent.tenant == clinic.north.id), key=lambda line: line.seq)
    assert len(lines) > 4
    assert audit.faults(lines) == []
    for name in ("subtype", "entity_id", "agent_id", "outcome", "person_id", "request_id"):
        kept = getattr(lines[2], name)
        setattr(lines[2], name, new_id())
        assert audit.faults(lines) == ["line 3 was altered"]
        setattr(lines[2], name, kept)
    assert audit.faults(lines[:2] + lines[3:]) == ["line 3 is missing"]
    lines[2].hash = audit.hash_of(lines[1])
    assert audit.faults(lines) == ["line 3 was altered", "line 4 does not follow the line before it"]
