"""A further device shows whose it is; staff confirm a device, let one in, or turn one out."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from server.access import confirming, links, sessions
from server.access.schemas import Shape
from server.access.tables import Link, Session
from server.api.context import Answer, Context
from server.api.problems import as_response
from server.api.routing import Route
from server.appointments.tables import Appointment
from server.core.errors import Conflict, Fault, Invalid, NotFound
from server.core.principal import Role
from server.events import DeviceConfirmed, LinkChanged
from server.people.service import open_people
from server.waiting import service
from server.waiting.schemas import ConfirmDeviceIn, ReadinessIn
from server.waiting.stage import Stage, stage_of


class ConfirmIn(Shape):
    """One of `code` and `birth_date`, as typed. `readiness` is what the device check found at the door."""

    code: Annotated[str, Field(max_length=24)] = ""
    birth_date: Annotated[str, Field(max_length=24)] = ""
    readiness: ReadinessIn = ReadinessIn(media="video")


async def confirm_own(ctx: Context, body: ConfirmIn) -> Answer:
    """Answer with the code, or with the birth date: five tries for one link, then the desk."""
    appointment, link, session = await own(ctx)
    code = _digits(body.code)
    born = None if code else typed_date(body.birth_date, "/birth_date")
    if code and not re.fullmatch(r"\d{6}", code):
        raise Invalid("The code has six digits.", errors=[Fault("/code", "Six digits, as in the message.")])
    person = (await open_people(ctx.unit, [appointment.person_id]))[appointment.person_id]
    right = await confirming.answer(
        ctx.unit, ctx.ports.keys, link, session, code=code, born=born, birth_date=person.profile.birth_date
    )
    if not right:
        ctx.unit.emit(LinkChanged(appointment_id=appointment.id))  # the board shows how many tries are left
        return _wrong(ctx, link, "/code" if code else "/birth_date")
    ctx.unit.become(sessions.principal_for(session))
    ctx.unit.emit(DeviceConfirmed(appointment_id=appointment.id, further=True))
    if await stage_of(ctx.unit, ctx.settings, appointment) not in _NO_LINE:
        await service.check_in(ctx.unit, appointment, body.readiness)
    # The socket it has was opened as a stranger's: the next one is the patient's.
    ctx.unit.afterwards(partial(ctx.ports.expel, session.id))
    return Answer(await ctx.views.patient_view(ctx.unit, ctx.ports, appointment.id))


_NO_LINE = {Stage.early, Stage.in_visit, Stage.ended, Stage.closed}


def _wrong(ctx: Context, link: Link, pointer: str) -> Answer:
    """Answered, not raised: the try that was used up must commit."""
    left = confirming.tries_left(link)
    said = "That does not match what the clinic has."
    again = f"You can try {left} more {'time' if left == 1 else 'times'}." if left else "Please call the clinic."
    problem = Invalid(f"{said} {again}", errors=[Fault(pointer, said)], tries_left=left)
    response = as_response(problem, ctx.request_id)
    return Answer(bytes(response.body), problem.status, media_type="application/problem+json")


async def own(ctx: Context) -> tuple[Appointment, Link, Session]:
    """The visit, link and session of the device that asks."""
    appointment = await ctx.unit.get(Appointment, ctx.principal.appointment_id)
    link = await ctx.unit.get(Link, ctx.principal.link_id)
    return appointment, link, await ctx.unit.get(Session, ctx.principal.session_id)


def _digits(text: str) -> str:
    """What was typed as plain digits: people copy codes with spaces, and every script has digits of its own."""
    return "".join(str(int(char)) if char.isdecimal() else char for char in re.sub(r"[\s\-\u200e\u200f]", "", text))


def typed_date(text: str, pointer: str) -> date:
    """A date typed as year, month, day with anything between. Raises Invalid with the pointer."""
    parts = re.findall(r"\d+", "".join(str(int(char)) if char.isdecimal() else char for char in text))
    try:
        if len(parts) != 3 or len(parts[0]) != 4:
            raise ValueError
        return date(*(int(part) for part in parts))
    except ValueError:
        fault = Fault(pointer, "Day, month and year, for example 14 3 1986.")
        raise Invalid("This is not a date in the calendar.", errors=[fault]) from None


async def confirm(ctx: Context, body: ConfirmDeviceIn) -> dict[str, Any]:
    """Staff know whose device this is: `video` face to face, `desk` after asking.

    `video` is for the provider of the visit while it is under way: before, nobody has been seen.
    """
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    session = await confirming.session_of(ctx.unit, ctx.path("session_id"), appointment.id)
    if body.level == "video":
        mine = appointment.provider_id == ctx.principal.account_id
        if not mine or await stage_of(ctx.unit, ctx.settings, appointment) is not Stage.in_visit:
            raise Conflict("Only the provider can confirm this, face to face in the visit.")
        if len(set(body.identifiers)) < 2:
            raise Conflict("Compare two different identifiers before you confirm a device.")
        checked = "identity.checked:" + "+".join(sorted(set(body.identifiers)))
        ctx.unit.record("E", checked, "Appointment", appointment.id, person_id=appointment.person_id)
    stranger = session.role == Role.unconfirmed
    confirming.raise_level(ctx.unit, session, body.level)
    link = await ctx.unit.get(Link, session.link_id or "")
    link.tries = 0
    ctx.unit.add(link)
    await ctx.unit.flush()
    ctx.unit.emit(DeviceConfirmed(appointment_id=appointment.id, further=session.device == confirming.OTHER))
    if stranger:
        ctx.unit.afterwards(partial(ctx.ports.expel, session.id))
    return await ctx.views.board_row(ctx.unit, appointment.id)


async def end(ctx: Context) -> dict[str, Any]:
    """Turn a device out: it was somebody else's. The link gets a new secret, so what was passed on opens nothing."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    session = await confirming.session_of(ctx.unit, ctx.path("session_id"), appointment.id)
    sessions.close(ctx.unit, [session])
    link = await ctx.unit.get(Link, session.link_id or "")
    links.renew(ctx.ports.keys, link)
    ctx.unit.add(link)
    await ctx.unit.flush()
    ctx.unit.record("E", "device.end", "Session", session.id, person_id=appointment.person_id)
    ctx.unit.emit(LinkChanged(appointment_id=appointment.id))
    ctx.unit.afterwards(partial(ctx.ports.expel, session.id))
    return await ctx.views.board_row(ctx.unit, appointment.id)


_OF = "/v1/appointments/{appointment_id}/devices/{session_id}"
ROUTES = [
    Route("POST", "/v1/my/confirm", confirm_own, "device.confirm_own", body=ConfirmIn, problems=[Conflict],
          idempotent=False),
    Route("POST", _OF, confirm, "device.confirm", body=ConfirmDeviceIn, problems=[NotFound, Conflict]),
    Route("DELETE", _OF, end, "device.end", problems=[NotFound]),
]  # fmt: skip
