"""Phones rung for a visit: the patient and the clinician into one room, or a second line in an emergency.

Asked for in a command, rung by a worker after it has committed, at most once: two phones ringing twice would be worse
than a button pressed again. Numbers are looked up when they are rung and kept nowhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from notifications.message import DeliveryError
from notifications.voice import Ring
from notifications.words_of import language_of, words
from server.access.service import practice_of
from server.access.tables import Account, Guest
from server.api.context import Ports
from server.appointments.interpreter_tables import Interpreter
from server.appointments.tables import Appointment
from server.core.errors import Conflict
from server.core.ids import new_id
from server.core.principal import system
from server.events import VisitChanged
from server.intake import service as intake
from server.people.service import Reach, open_people, reaches, signs
from server.store import outbox
from server.store.unit import Unit
from server.visits import emergency_numbers
from server.visits.machine import Status
from server.visits.tables import Visit, VisitRing

log = structlog.get_logger(__name__)

SAME = timedelta(minutes=2)  # asked again so soon, it is the same wish
MOST = 6  # times the patient's page makes phones ring in one visit; the clinic's own wish is never refused
STALE = timedelta(seconds=60)  # nobody waits longer for a phone to ring: press again


class Purpose(StrEnum):
    call_back = "call-back"  # the visit goes on by telephone
    services = "services"  # the emergency services of where the patient is
    contact = "contact"  # the person named for an emergency
    interpreter = "interpreter"  # into the room in which clinician and patient talk; see by_phone


async def ask(unit: Unit, visit: Visit, purpose: Purpose, seat: str) -> VisitRing:
    """Phones shall ring. Asked again within two minutes it is the same wish. Raises Conflict with what to do."""
    if visit.status != Status.in_progress:
        raise Conflict("This visit is not running, so nobody is rung for it.")
    await outbox.reserve(unit.session, f"ring:{visit.id}", 0)  # both pages may ask in the same moment
    known = await newest(unit, visit.id, purpose)
    if known and is_same(known, unit.clock.now()):
        return known
    if seat == "patient":
        await _not_too_often(unit, visit)
    appointment = await unit.get(Appointment, visit.appointment_id)
    if purpose is Purpose.call_back and await signs(unit, appointment.person_id):
        raise Conflict("This person does not talk on the telephone. Write to each other in the messages.")
    await number_of(unit, appointment, purpose)  # raises when nobody could be rung
    ring = VisitRing(
        id=new_id(), tenant=unit.tenant, visit_id=visit.id, purpose=purpose.value, asked_by=seat,
        asked_at=unit.clock.now(), legs=[], room=secrets.token_urlsafe(24),
    )  # fmt: skip
    unit.add(ring)
    await unit.flush()
    unit.emit(VisitChanged(appointment_id=visit.appointment_id))
    unit.record("C", f"visit.ring.{purpose.value}", "Encounter", visit.id, person_id=appointment.person_id)
    return ring


def is_same(known: VisitRing, now: datetime) -> bool:
    """Whether what was asked before is still meant. One that nobody took in time will never ring."""
    if known.ended_at is not None or known.fault is not None:
        return False
    return now - known.asked_at < (STALE if known.rung_at is None else SAME)


async def _not_too_often(unit: Unit, visit: Visit) -> None:
    """The patient says which number is rung, and calls cost the clinic money. Raises Conflict after six."""
    rung = select(func.count()).where(
        col(VisitRing.visit_id) == visit.id, col(VisitRing.asked_by) == "patient", col(VisitRing.rung_at).is_not(None)
    )
    if (await unit.session.execute(rung)).scalar_one() >= MOST:
        raise Conflict("The clinic has rung for this visit often enough. Ring the clinic, or write in the messages.")


async def talks(unit: Unit, visit_id: str) -> bool:
    """Whether the visit goes on by telephone, as far as we know: the phones rang and nobody hung up here."""
    ring = await newest(unit, visit_id, Purpose.call_back)
    return ring is not None and is_on(ring)


def is_on(ring: VisitRing) -> bool:
    """Whether these phones ring or talk, as far as we know."""
    return ring.rung_at is not None and ring.ended_at is None and ring.fault is None


def state_of(ring: VisitRing) -> str:
    """`asked`, `ringing`, `failed` or `ended`: how far that is, for who looks at it."""
    return "ended" if ring.ended_at else "failed" if ring.fault else "ringing" if ring.settled else "asked"


async def end(unit: Unit, visit: Visit) -> None:
    """Every phone of this visit shall be hung up, by a worker. None rings: nothing happens."""
    query = unit.select(VisitRing).where(col(VisitRing.visit_id) == visit.id, col(VisitRing.ended_at).is_(None))
    await _end(unit, visit, await unit.all(query))


async def end_of(unit: Unit, visit: Visit, guest_id: str) -> None:
    """As `end`, for the telephone of one guest."""
    query = unit.select(VisitRing).where(col(VisitRing.guest_id) == guest_id, col(VisitRing.ended_at).is_(None))
    await _end(unit, visit, await unit.all(query))


async def _end(unit: Unit, visit: Visit, rings: Sequence[VisitRing]) -> None:
    if not rings:
        return
    for ring in rings:
        ring.ended_at, ring.to_end = unit.clock.now(), True
        unit.add(ring)
    await unit.flush()
    unit.emit(VisitChanged(appointment_id=visit.appointment_id))
    unit.record("U", "visit.ring.end", "Encounter", visit.id)


async def newest(unit: Unit, visit_id: str, purpose: Purpose) -> VisitRing | None:
    query = unit.select(VisitRing).where(col(VisitRing.visit_id) == visit_id, col(VisitRing.purpose) == purpose.value)
    return await unit.first(query.order_by(col(VisitRing.asked_at).desc(), col(VisitRing.id)))


async def number_of(unit: Unit, appointment: Appointment, purpose: Purpose) -> str:
    """Whom to ring. Raises Conflict when nothing is known."""
    facts = await intake.facts_of(unit, await intake.of_visit(unit, appointment.id))
    if purpose is Purpose.services:
        return emergency_numbers.of_region(facts.region) or (await practice_of(unit)).emergency_number
    if purpose is Purpose.contact:
        if not facts.contact_phone:
            raise Conflict("No emergency contact is known for this visit. Ask for one, and fill it in.")
        return facts.contact_phone
    if facts.phone:
        return facts.phone
    for phone in await _on_file(unit, appointment.person_id):
        if not phone.others_may_read:  # whoever picks up would hear the clinic's words
            return phone.value
    raise Conflict("No telephone of this person's own is known. Ask for a number and fill it in, or write messages.")


async def _on_file(unit: Unit, person_id: str) -> list[Reach]:
    """Numbers for visits that are not known to be broken, in the order that the person wants."""
    known = await reaches(unit, person_id)
    return [one for one in known if one.contact.system == "phone" and one.contact.failed_at is None]


async def number_in_emergency(unit: Unit, appointment: Appointment) -> str:
    """The patient's number that the card shows: one that others answer too rather than none. Empty when none is."""
    facts = await intake.facts_of(unit, await intake.of_visit(unit, appointment.id))
    known = await _on_file(unit, appointment.person_id)
    return facts.phone or next((one.value for one in sorted(known, key=lambda one: one.others_may_read)), "")


async def clinician_number(unit: Unit, account_id: str) -> str:
    """The provider's own phone; without one the practice's."""
    account = await unit.get(Account, account_id)
    own = (await unit.dek()).open("account", "phone", account.id, account.phone)
    return own or (await practice_of(unit)).phone


async def once(ports: Ports) -> bool:
    """Ring what was asked for, hang up what is over; whether there was anything."""
    claimed = await _claim(ports)
    for ring in claimed:
        try:
            legs, fault = await _ring(ports, ring), None
        except DeliveryError as error:
            log.warning("ring.failed", ring=ring.id, code=error.code)
            legs, fault = [], error.code[:24]
        except Exception as error:  # noqa: BLE001 - one ring that cannot be made must not hold back the others
            log.error("ring.stumbled", exc_info=error, ring=ring.id)
            legs, fault = [], "internal"
        await _settle(ports, ring, legs, fault)
    over = await _claim_ends(ports)
    for ring in over:
        await _hang_up(ports, ring.legs)
    return bool(claimed) or bool(over) or await _give_up(ports)


async def _claim(ports: Ports) -> list[VisitRing]:
    """A claim is for good: a worker that dies with it rang or did not, and the page offers to ask again."""
    others = aliased(VisitRing)
    expected = select(col(others.id)).where(  # nobody is alone in a room: those who meet there are rung first
        col(others.room) == col(VisitRing.room), col(others.purpose) == Purpose.call_back.value,
        col(others.settled).is_(True), col(others.fault).is_(None), col(others.ended_at).is_(None),
    )  # fmt: skip
    async with ports.desk.unit(system("")) as unit:
        now = unit.clock.now()
        due = (
            select(col(VisitRing.id))
            .where(
                col(VisitRing.rung_at).is_(None),
                col(VisitRing.ended_at).is_(None),
                col(VisitRing.asked_at) > now - STALE,
                or_(col(VisitRing.purpose) != Purpose.interpreter.value, expected.exists()),
            )
            .with_for_update(skip_locked=True)
        )
        taken = (
            update(VisitRing)
            .where(col(VisitRing.id).in_(due), col(VisitRing.rung_at).is_(None))
            .values(rung_at=now)
            .returning(VisitRing)
            .execution_options(synchronize_session=False)
        )
        return list((await unit.session.execute(taken)).scalars())


async def _give_up(ports: Ports) -> bool:
    """What nobody took in time will not ring any more, and of what a worker died with nobody knows: whoever asked for
    it is told so, and may ask again. A worker that was only slow still says what became of it."""
    ring = VisitRing
    async with ports.desk.unit(system(""), write=False) as unit:
        now = unit.clock.now()
        lost = select(col(ring.id), col(ring.tenant)).where(
            col(ring.settled).is_(False), col(ring.fault).is_(None), col(ring.ended_at).is_(None),
            or_(and_(col(ring.rung_at).is_(None), col(ring.asked_at) <= now - STALE), col(ring.rung_at) <= now - SAME),
        )  # fmt: skip
        found = list((await unit.session.execute(lost)).all())
    for ring_id, tenant in found:
        async with ports.desk.unit(system(tenant)) as unit:
            given_up = await unit.session.execute(
                update(ring)
                .where(col(ring.id) == ring_id, col(ring.settled).is_(False), col(ring.fault).is_(None))
                .values(fault="nobody-took-it")
                .returning(col(ring.visit_id))
                .execution_options(synchronize_session=False)
            )
            for visit_id in given_up.scalars():
                visit = await unit.get(Visit, visit_id)
                unit.emit(VisitChanged(appointment_id=visit.appointment_id))
    return bool(found)


async def _ring(ports: Ports, ring: VisitRing) -> list[str]:
    """The clinician first, so that nobody who picks up is alone for long."""
    async with ports.desk.unit(system(ring.tenant), write=False) as unit:
        practice = await practice_of(unit)
        legs = await _legs(unit, ring, language_of(practice.locale))
    room = ring.room or secrets.token_urlsafe(24)
    made: list[str] = []
    try:
        for place, (number, language, said) in enumerate(legs):
            call = Ring(
                to=number, room=room, words=words(language)["chrome"][said], locale=language, key=f"{ring.id}:{place}",
                sender=practice.sms_number,
            )  # fmt: skip
            made.append(await ports.voice.ring(call))
    except BaseException:  # also when the worker is stopped in the middle
        await _hang_up(ports, made)  # nobody waits in a room to which nobody else comes
        raise
    return made


async def _legs(unit: Unit, ring: VisitRing, clinic: str) -> list[tuple[str, str, str]]:
    """(number, language, what is said first) of each phone; `clinic` is the language of the practice."""
    if ring.guest_id is not None:
        return [(await interpreter_number(unit, ring.guest_id), clinic, "ring_other")]
    visit = await unit.get(Visit, ring.visit_id)
    appointment = await unit.get(Appointment, visit.appointment_id)
    person = (await open_people(unit, [appointment.person_id]))[appointment.person_id]
    theirs = await number_of(unit, appointment, Purpose(ring.purpose))
    ours = await clinician_number(unit, appointment.provider_id)
    back = ring.purpose == Purpose.call_back
    patient = language_of(person.profile.language) if back else clinic
    return [(ours, clinic, "ring_clinician"), (theirs, patient, "ring_patient" if back else "ring_other")]


async def interpreter_number(unit: Unit, guest_id: str) -> str:
    """The number at which this guest is asked to interpret."""
    guest = await unit.get(Guest, guest_id)
    one = await unit.get(Interpreter, guest.interpreter_id or "")
    return str((await unit.dek()).open("interpreter", "phone", one.id, one.phone))


async def _settle(ports: Ports, ring: VisitRing, legs: list[str], fault: str | None) -> None:
    async with ports.desk.unit(system(ring.tenant)) as unit:
        row = await unit.get(VisitRing, ring.id)
        row.legs, row.fault, row.settled = legs, fault, True
        unit.add(row)
        await unit.flush()
        if fault is not None and row.room is not None:  # who waits to be rung into that room would be alone there
            waiting = unit.select(VisitRing).where(col(VisitRing.room) == row.room, col(VisitRing.rung_at).is_(None))
            for other in await unit.all(waiting):
                other.fault = "nobody-there"
                unit.add(other)
        visit = await unit.get(Visit, ring.visit_id)
        unit.emit(VisitChanged(appointment_id=visit.appointment_id))


async def _claim_ends(ports: Ports) -> list[VisitRing]:
    """Of those that have rung: one that is being rung in this moment is ended at the next look."""
    at_rest = or_(col(VisitRing.settled).is_(True), col(VisitRing.rung_at).is_(None))
    async with ports.desk.unit(system("")) as unit:
        taken = (
            update(VisitRing)
            .where(col(VisitRing.to_end).is_(True), at_rest)
            .values(to_end=False)
            .returning(VisitRing)
            .execution_options(synchronize_session=False)
        )
        return list((await unit.session.execute(taken)).scalars())


async def _hang_up(ports: Ports, legs: list[str]) -> None:
    """End calls; one that cannot be ended is over when somebody hangs up, or after two hours."""
    for leg in legs:
        try:
            await ports.voice.hang_up(leg)
        except DeliveryError as error:
            log.warning("ring.not_ended", code=error.code)
