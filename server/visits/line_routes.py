"""How the line of a visit is, and what is done when it does not carry: phones, and the emergency card."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlmodel import col

from notifications.numbers import parse_phone, show_phone
from server.access.schemas import Shape
from server.access.service import practice_of
from server.access.tables import Account
from server.api.context import Answer, Context
from server.api.routing import Route
from server.appointments.tables import Appointment
from server.core.errors import Conflict, Fault, Invalid, NotFound, TooMany
from server.core.ids import new_id
from server.core.principal import Role
from server.events import VisitChanged
from server.intake import service as intake
from server.visits import emergency_numbers, ringing, service
from server.visits.ringing import Purpose
from server.visits.tables import LineChange, Visit
from server.waiting.schemas import Nothing

MOST = 200  # changes of one side that are kept: a line that changes more often than that tells nothing new

Rung = Literal["video", "small", "voice", "phone", "text"]
Reason = Literal["begin", "good", "slow", "loss", "delay", "silent", "lost", "chosen", "back", "no-phone"]
Cause = Literal[
    "udp-blocked", "no-way", "own-network", "their-network", "too-slow", "lossy", "far", "device-lost", "they-left",
]  # fmt: skip


class LineIn(Shape):
    """One step on the ladder, of the one who says so."""

    rung: Rung
    reason: Reason
    cause: Cause | None = None


class LineOut(BaseModel):
    seat: Literal["patient", "provider"]
    at: datetime
    rung: Rung | Literal["hold", "resume"]  # the last two: the provider held the call
    reason: Reason
    cause: Cause | None


class LinesOut(BaseModel):
    lines: list[LineOut]


class EmergencyIn(Shape):
    """`ring`: whom to ring now on a second line; without it the card is only shown."""

    ring: Literal["services", "contact"] | None = None


class ContactOut(BaseModel):
    name: str
    phone: str
    shown: str


class EmergencyOut(BaseModel):
    """`of`: `place` when `number` is that of the country where the patient is, `practice` when that is not known."""

    at: datetime
    place: str
    region: str
    phone: str
    phone_shown: str
    number: str
    of: Literal["place", "practice"]
    contact: ContactOut | None
    ringing: Literal["services", "contact"] | None


class PhoneIn(Shape):
    phone: Annotated[str, Field(max_length=40)] = ""


class PhoneOut(BaseModel):
    """`phone` is the account's own, empty when the practice's is rung."""

    phone: str
    shown: str


def _seat(ctx: Context) -> str:
    return "patient" if ctx.principal.role is Role.patient else "provider"


async def say(ctx: Context, body: LineIn) -> None:
    """Keep how the line is. Beyond 200 changes of one side nothing more is kept."""
    visit = await service.of_two(ctx.unit, ctx.path("visit_id"))
    seat = _seat(ctx)
    kept = select(func.count()).where(col(LineChange.visit_id) == visit.id, col(LineChange.seat) == seat)
    if ((await ctx.unit.session.execute(kept)).scalar_one()) >= MOST:
        return
    ctx.unit.add(
        LineChange(
            id=new_id(), tenant=ctx.unit.tenant, visit_id=visit.id, seat=seat, at=ctx.unit.clock.now(), rung=body.rung,
            reason=body.reason, cause=body.cause,
        )
    )  # fmt: skip


async def lines(ctx: Context) -> LinesOut:
    """How the line of a visit was, from both ends."""
    visit = await ctx.unit.get(Visit, ctx.path("visit_id"))
    query = ctx.unit.select(LineChange).where(col(LineChange.visit_id) == visit.id)
    rows = await ctx.unit.all(query.order_by(col(LineChange.at), col(LineChange.id)))
    return LinesOut(lines=[LineOut.model_validate(row, from_attributes=True) for row in rows])


async def call_back(ctx: Context, _body: Nothing) -> Answer:
    """The visit goes on by telephone: both phones are rung, from the clinic's number. The video call stays ready."""
    visit, seat = await service.of_two(ctx.unit, ctx.path("visit_id")), _seat(ctx)
    if seat == "patient":
        ctx.ports.limits.ring.check(visit.id)
    await ringing.ask(ctx.unit, visit, Purpose.call_back, seat)
    return Answer(status=202)


async def hang_up(ctx: Context, _body: Nothing) -> Answer:
    """Back from the telephone: every phone of the visit is hung up."""
    visit = await service.of_two(ctx.unit, ctx.path("visit_id"))
    await ringing.end(ctx.unit, visit)
    return Answer(status=202)


async def emergency(ctx: Context, body: EmergencyIn) -> EmergencyOut:
    """Where the patient is and whom to ring. The first look is noted with its time; the call goes on."""
    of = service.joinable if body.ring else service.of_clinician  # who leads is the one whose phone is rung
    visit = await of(ctx.unit, ctx.path("visit_id"))
    appointment = await ctx.unit.get(Appointment, visit.appointment_id)
    unit = ctx.unit
    if visit.emergency_at is None:
        visit.emergency_at = unit.clock.now()
        unit.add(visit)
        unit.emit(VisitChanged(appointment_id=appointment.id))
    unit.record("E", f"visit.emergency.{body.ring or 'look'}", "Encounter", visit.id, person_id=appointment.person_id)
    if body.ring:
        await ringing.ask(unit, visit, Purpose(body.ring), "provider")
    facts = await intake.facts_of(unit, await intake.of_visit(unit, appointment.id))
    practice = await practice_of(unit)
    there = emergency_numbers.of_region(facts.region)
    phone = await ringing.number_in_emergency(unit, appointment)
    contact = None
    if facts.contact_phone:
        shown = show_phone(facts.contact_phone, practice.region)
        contact = ContactOut(name=facts.contact, phone=facts.contact_phone, shown=shown)
    return EmergencyOut(
        at=visit.emergency_at.replace(microsecond=0), place=facts.place, region=facts.region, phone=phone,
        phone_shown=show_phone(phone, practice.region) if phone else "", number=there or practice.emergency_number,
        of="place" if there else "practice", contact=contact, ringing=body.ring,
    )  # fmt: skip


async def own_phone(ctx: Context) -> PhoneOut:
    """The phone on which this provider is rung for a visit."""
    account = await ctx.unit.get(Account, ctx.principal.account_id)
    return await _phone_out(ctx, account)


async def set_own_phone(ctx: Context, body: PhoneIn) -> PhoneOut:
    """Empty: the practice's own is rung."""
    account = await ctx.unit.get(Account, ctx.principal.account_id)
    number = None
    if body.phone.strip():
        try:
            number = parse_phone(body.phone, (await practice_of(ctx.unit)).region, fictional=ctx.unit.desk.fictional)
        except ValueError as error:
            raise Invalid("The phone number needs fixing.", errors=[Fault("/phone", str(error))]) from None
    account.phone = (await ctx.unit.dek()).seal("account", "phone", account.id, number)
    ctx.unit.add(account)
    ctx.unit.record("U", "account.phone", "Practitioner", account.id)
    return await _phone_out(ctx, account)


async def _phone_out(ctx: Context, account: Account) -> PhoneOut:
    own = (await ctx.unit.dek()).open("account", "phone", account.id, account.phone)
    rung = await ringing.clinician_number(ctx.unit, account.id)
    return PhoneOut(phone=own or "", shown=show_phone(rung, (await practice_of(ctx.unit)).region))


_PROBLEMS = [NotFound, Conflict]
_OF = "/v1/visits/{visit_id}"
ROUTES = [
    Route("POST", f"{_OF}/line", say, "visit.line", body=LineIn, status=204, problems=_PROBLEMS),
    Route("GET", f"{_OF}/line", lines, "visit.lines", returns=LinesOut, problems=[NotFound]),
    Route("POST", f"{_OF}/call-back", call_back, "visit.call_back", body=Nothing, status=202,
          problems=[*_PROBLEMS, TooMany]),
    Route("POST", f"{_OF}/hang-up", hang_up, "visit.hang_up", body=Nothing, status=202, problems=_PROBLEMS),
    Route("POST", f"{_OF}/emergency", emergency, "visit.emergency", body=EmergencyIn, returns=EmergencyOut,
          problems=_PROBLEMS),
    Route("GET", "/v1/me/phone", own_phone, "account.phone", returns=PhoneOut),
    Route("PUT", "/v1/me/phone", set_own_phone, "account.phone_write", body=PhoneIn, returns=PhoneOut),
]  # fmt: skip
