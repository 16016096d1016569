"""All interpreters of a language are asked at once; the first who says yes comes, the others are told so kindly.

Each of them is asked by a link of their own, which is the guest's link of whoever wins. The text that brings it says
nothing about the visit; the page says the language and the time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from server.access import guests
from server.access.tables import Guest
from server.api.context import Ports
from server.appointments.interpreter_tables import Interpreter, InterpreterRace
from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.core.errors import Conflict
from server.core.ids import new_id
from server.core.principal import system
from server.events import AppointmentCancelled, AppointmentMoved, LinkChanged
from server.push import service as push
from server.store.unit import Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind, Priority
from server.vault.port import KeyPort

SOON = timedelta(hours=24)
LIFE_SOON = timedelta(minutes=10)  # how long an offer stands for a visit within the next day
LIFE = timedelta(hours=4)
PRESSING = timedelta(hours=2)  # a visit so near without an interpreter is urgent
AT_ONCE = 20
_OPEN = {Appt.booked.value, Appt.arrived.value}


async def speakers(unit: Unit, language: str) -> list[Interpreter]:
    """Those who may be asked for a language; a region does not matter (`pt-BR` is `pt`)."""
    wanted = _bare(language)
    known = unit.select(Interpreter).where(col(Interpreter.active).is_(True))
    everybody = await unit.all(known.order_by(col(Interpreter.created_at), col(Interpreter.id)))
    return [one for one in everybody if wanted in {_bare(spoken) for spoken in one.languages}]


def _bare(language: str) -> str:
    return language.strip().lower().partition("-")[0]


async def ask(unit: Unit, keys: KeyPort, appointment: Appointment, language: str) -> InterpreterRace | None:
    """Ask everybody who speaks it. None when nobody does: then the staff have a task at once.

    Raises Conflict when the visit is over or some are being asked already.
    """
    now = unit.clock.now()
    if appointment.status not in _OPEN:
        raise Conflict("This visit is over, so no interpreter is needed any more.")
    before = await latest(unit, appointment.id)
    if before is not None and before.closed_at is None:
        raise Conflict("Interpreters are being asked already. Wait for the first who says yes.")
    found = await speakers(unit, language)
    life = LIFE_SOON if appointment.start - now < SOON else LIFE
    race = InterpreterRace(
        id=new_id(), tenant=unit.tenant, appointment_id=appointment.id, asked=len(found), expires_at=now + life,
        created_at=now,
    )  # fmt: skip
    unit.record("C", "interpreter.ask", "Appointment", appointment.id, person_id=appointment.person_id)
    unit.emit(LinkChanged(appointment_id=appointment.id))
    if not found:
        await _nobody(unit, appointment, race)
        return None
    unit.add(race)
    await unit.flush()
    practice = await unit.dek()
    asked = []
    for one in found:
        name = practice.open("interpreter", "name", one.id, one.name)
        guest = await guests.invite(
            unit, keys, appointment_id=appointment.id, person_id=appointment.person_id, scope="interpreter",
            name=name, by_patient=False,
        )  # fmt: skip
        guest.race_id, guest.interpreter_id, guest.offered = race.id, one.id, True
        unit.add(guest)
        asked.append(guest.id)
    await unit.flush()
    await push.text_interpreters(unit, asked, life=life)
    return race


async def claim(unit: Unit, guest: Guest, appointment: Appointment) -> bool:
    """Say yes. True for the one who is first; for everybody else nothing changes.

    One statement decides: whoever writes `taken_by` while it is empty has it.
    """
    now = unit.clock.now()
    if not guest.offered:
        return True
    won: Any = await unit.session.execute(
        update(InterpreterRace)
        .where(
            col(InterpreterRace.id) == guest.race_id, col(InterpreterRace.taken_by).is_(None),
            col(InterpreterRace.closed_at).is_(None), col(InterpreterRace.expires_at) > now,
        )
        .values(taken_by=guest.id, closed_at=now)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if won.rowcount != 1:
        return False
    guest.offered = False
    unit.add(guest)
    await unit.swap(appointment, interpreter_status="accepted")
    unit.record("C", "interpreter.claim", "Appointment", appointment.id, person_id=appointment.person_id)
    unit.emit(LinkChanged(appointment_id=appointment.id))
    return True


async def decline(unit: Unit, guest: Guest, appointment: Appointment) -> None:
    """They cannot come. When the last one says so, the staff need not wait for the clock."""
    if not guest.offered or guest.passed_at is not None:
        return
    guest.passed_at = unit.clock.now()
    unit.add(guest)
    unit.emit(LinkChanged(appointment_id=appointment.id))
    await unit.flush()
    waiting = unit.select(Guest).where(col(Guest.race_id) == guest.race_id, col(Guest.passed_at).is_(None))
    race = await unit.get(InterpreterRace, guest.race_id or "")
    if await unit.first(waiting) is None and await _close(unit, race):
        await _nobody(unit, appointment, race)


async def withdrawn(unit: Unit, guest: Guest, appointment: Appointment) -> None:
    """Whoever had said yes cannot come after all. The staff ask anew: the others were told that it is taken."""
    guest.passed_at = unit.clock.now()
    unit.add(guest)
    await _nobody(unit, appointment, await unit.get(InterpreterRace, guest.race_id or ""))


async def when_moved(unit: Unit, event: AppointmentMoved) -> None:
    """Their yes was for the old time. Whoever gave it is asked first whether they can still come, and told so."""
    appointment = await unit.get(Appointment, event.appointment_id)
    if appointment.start == event.was_start:
        return
    now = unit.clock.now()
    life = LIFE_SOON if appointment.start - now < SOON else LIFE
    for guest in await _coming(unit, appointment.id):
        race = InterpreterRace(
            id=new_id(),
            tenant=unit.tenant,
            appointment_id=appointment.id,
            asked=1,
            expires_at=now + life,
            created_at=now,
        )
        unit.add(race)
        guest.race_id, guest.offered, guest.here_at, guest.opened_at = race.id, True, None, None
        unit.add(guest)
        await unit.flush()
        await push.text_interpreters(unit, [guest.id], life=life)


async def when_cancelled(unit: Unit, event: AppointmentCancelled) -> None:
    """Nobody comes for a visit that does not take place: whoever said yes is told so."""
    coming = await _coming(unit, event.appointment_id)
    await push.text_interpreters(unit, [guest.id for guest in coming], life=LIFE)


async def _coming(unit: Unit, appointment_id: str) -> list[Guest]:
    there = (await guests.at(unit, [appointment_id])).get(appointment_id, [])
    return [guest for guest in there if guest.interpreter_id is not None]


async def latest(unit: Unit, appointment_id: str) -> InterpreterRace | None:
    query = unit.select(InterpreterRace).where(col(InterpreterRace.appointment_id) == appointment_id)
    return await unit.first(query.order_by(col(InterpreterRace.created_at).desc(), col(InterpreterRace.id).desc()))


async def once(ports: Ports) -> bool:
    """Close the races that ran out; whether there was any. Work of the worker's."""
    async with ports.desk.unit(system(""), write=False) as unit:
        over = (
            select(col(InterpreterRace.id), col(InterpreterRace.tenant))
            .where(col(InterpreterRace.closed_at).is_(None), col(InterpreterRace.expires_at) <= unit.clock.now())
            .limit(AT_ONCE)
        )
        found = list((await unit.session.execute(over)).all())
    for race_id, tenant in found:
        async with ports.desk.unit(system(tenant)) as unit:
            race = await unit.get(InterpreterRace, race_id)
            if await _close(unit, race):
                await _nobody(unit, await unit.get(Appointment, race.appointment_id), race)
                unit.emit(LinkChanged(appointment_id=race.appointment_id))
    return bool(found)


async def _close(unit: Unit, race: InterpreterRace) -> bool:
    """End it, unless somebody took it or another worker was faster."""
    ended: Any = await unit.session.execute(
        update(InterpreterRace)
        .where(col(InterpreterRace.id) == race.id, col(InterpreterRace.closed_at).is_(None))
        .values(closed_at=unit.clock.now())
        .execution_options(synchronize_session=False)
    )
    await unit.session.refresh(race)
    return bool(ended.rowcount)


async def _nobody(unit: Unit, appointment: Appointment, race: InterpreterRace) -> None:
    """Nobody took it: somebody of the staff rings around."""
    if appointment.status not in _OPEN:
        return
    near = appointment.start - unit.clock.now() < PRESSING
    await tasks.ask(
        unit, Kind.no_interpreter, Priority.urgent if near else Priority.routine, person_id=appointment.person_id,
        appointment_id=appointment.id, due=appointment.start, key=f"race:{race.id}",
    )  # fmt: skip
