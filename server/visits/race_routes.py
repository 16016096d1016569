"""Interpreters over HTTP: who they are, asking them, and their own yes or no."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from notifications.numbers import parse_phone, show_phone
from server.access.schemas import Shape
from server.access.service import practice_of
from server.api.context import Context
from server.api.routing import Route
from server.appointments.interpreter_tables import Interpreter
from server.appointments.tables import Appointment
from server.core.errors import Conflict, Fault, Gone, Invalid, NotFound, TooMany
from server.core.ids import new_id
from server.people.schemas import OneLine
from server.people.service import open_people
from server.store.unit import Unit
from server.visits import race
from server.visits.guests import leave, prove
from server.waiting.schemas import OpenIn

Language = Annotated[str, Field(pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$")]
SIGN = "sgn"  # ISO 639-2: sign languages


class InterpreterWho(Shape):
    name: Annotated[OneLine, Field(min_length=1, max_length=80)]
    phone: Annotated[OneLine, Field(max_length=40)]
    languages: list[Language] = Field(min_length=1, max_length=20)
    active: bool = True


class InterpreterOut(BaseModel):
    """`phone` as people of the practice's country write it."""

    id: str
    name: str
    phone: str
    languages: list[str]
    active: bool


class InterpretersOut(BaseModel):
    interpreters: list[InterpreterOut]


class AskIn(Shape):
    """`language` when none was noted with the visit or of the person."""

    language: Language | None = None


class ClaimIn(OpenIn):
    come: bool


async def listing(ctx: Context) -> InterpretersOut:
    """Everybody who is or was asked, by name."""
    shown = [await _out(ctx.unit, one) for one in await ctx.unit.all(ctx.unit.select(Interpreter))]
    return InterpretersOut(interpreters=sorted(shown, key=lambda one: (one.name, one.id)))


async def make(ctx: Context, body: InterpreterWho) -> InterpreterOut:
    now = ctx.unit.clock.now()
    one = Interpreter(id=new_id(), tenant=ctx.unit.tenant, name=b"", phone=b"", languages=[], created_at=now)
    return await _saved(ctx, one, body)


async def change(ctx: Context, body: InterpreterWho) -> InterpreterOut:
    """Another name, number or languages, or not asked any more."""
    return await _saved(ctx, await ctx.unit.get(Interpreter, ctx.path("interpreter_id")), body)


async def _saved(ctx: Context, one: Interpreter, body: InterpreterWho) -> InterpreterOut:
    practice = await practice_of(ctx.unit)
    try:
        phone = parse_phone(body.phone, practice.region, fictional=ctx.unit.desk.fictional)
    except ValueError as error:
        raise Invalid("The phone number needs fixing.", errors=[Fault("/phone", str(error))]) from None
    handle = await ctx.unit.dek()
    one.name = handle.seal("interpreter", "name", one.id, body.name)
    one.phone = handle.seal("interpreter", "phone", one.id, phone)
    one.languages, one.active = list(dict.fromkeys(body.languages)), body.active
    ctx.unit.add(one)
    await ctx.unit.flush()
    ctx.unit.record("U", "interpreter.write", "Practitioner", one.id)
    return await _out(ctx.unit, one)


async def _out(unit: Unit, one: Interpreter) -> InterpreterOut:
    handle, practice = await unit.dek(), await practice_of(unit)
    phone = handle.open("interpreter", "phone", one.id, one.phone)
    return InterpreterOut(
        id=one.id, name=handle.open("interpreter", "name", one.id, one.name),
        phone=show_phone(phone, practice.region), languages=one.languages, active=one.active,
    )  # fmt: skip


async def ask(ctx: Context, body: AskIn) -> dict[str, Any]:
    """Ask all interpreters of the visit's language at once."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    language = body.language or await _wanted(ctx.unit, appointment)
    if language is None:
        fault = Fault("/language", "Choose a language.")
        raise Invalid("No language was noted with this visit. Choose one.", errors=[fault])
    await race.ask(ctx.unit, ctx.ports.keys, appointment, language)
    return await ctx.views.board_row(ctx.unit, appointment.id)


async def _wanted(unit: Unit, appointment: Appointment) -> str | None:
    """The language as booked, else as it is noted of the person."""
    handle = await unit.dek(appointment.person_id)
    booked = handle.open("appointment", "interpreter", appointment.id, appointment.interpreter)
    person = (await open_people(unit, [appointment.person_id]))[appointment.person_id]
    needs = {need.kind: need.detail for need in person.needs}
    return booked or needs.get("interpreter") or (SIGN if "signing" in needs else None)


async def claim(ctx: Context, body: ClaimIn) -> dict[str, Any]:
    """An interpreter's yes or no; a no after the yes takes it back, and ends their link. The answer says whether they
    were the first."""
    guest, appointment = await prove(ctx, body.secret)
    if guest.race_id is None:
        raise Conflict("Nobody asked you to choose: you are expected.")
    if body.come:
        await race.claim(ctx.unit, guest, appointment)
    elif not guest.offered:
        await leave(ctx, guest)
        await race.withdrawn(ctx.unit, guest, appointment)
    else:
        await race.decline(ctx.unit, guest, appointment)
    return await ctx.views.guest_view(ctx.unit, ctx.ports, guest.id)


ROUTES = [
    Route("GET", "/v1/interpreters", listing, "interpreter.list", returns=InterpretersOut),
    Route("POST", "/v1/interpreters", make, "interpreter.write", body=InterpreterWho, returns=InterpreterOut,
          status=201, problems=[Invalid]),
    Route("PUT", "/v1/interpreters/{interpreter_id}", change, "interpreter.write", body=InterpreterWho,
          returns=InterpreterOut, problems=[NotFound, Invalid]),
    Route("POST", "/v1/appointments/{appointment_id}/interpreters", ask, "interpreter.ask", body=AskIn,
          problems=[NotFound, Conflict, Invalid]),
    Route("POST", "/v1/guests/{guest_id}/claim", claim, "guest.claim", body=ClaimIn,
          problems=[Gone, TooMany, Conflict], idempotent=False),
]  # fmt: skip
