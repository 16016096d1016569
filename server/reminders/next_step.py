"""The desk sends the next step to somebody who is stuck: what to press on the device they have, in their language.

What stands in the way is known from the link and from the waiting room; the message goes by the channel on file and
stands in the ledger like every other one.
"""

from __future__ import annotations

from dataclasses import replace

from pydantic import BaseModel

from server.access import issues, links
from server.access.tables import Link
from server.api.context import Answer, Context
from server.api.routing import Route
from server.appointments.tables import Appointment
from server.core.errors import Conflict, NotFound, TooMany
from server.people.service import hold_contact, masked
from server.reminders import rows
from server.reminders.listeners import asked, leaves_now, plan
from server.waiting.assist import note
from server.waiting.schemas import Nothing
from server.waiting.stage import Stage, latest_entry, stage_of
from server.waiting.tables import WaitingRoomEntry

_FINE = ("ok", "unchecked")
_LACKS = ("absent", "in-use")  # nothing that a permission would mend
_HANDSETS = {"iphone": "help-iphone", "ipad": "help-iphone", "android": "help-android"}


class NextStepOut(BaseModel):
    """`step` is the kind of message (docs/protocol.md, "Messages"); `to` is masked."""

    step: str
    to: str


def next_step(link: Link, entry: WaitingRoomEntry | None) -> str | None:
    """The step for this obstacle; None for who waits and whose devices work. The microphone weighs more."""
    known = (entry.microphone, entry.camera) if entry is not None else (link.microphone, link.camera)
    broken = next((one for one in known if one not in _FINE), None)
    if broken is not None:
        return "help-voice" if broken in _LACKS else _HANDSETS.get(link.handset, "help-computer")
    if entry is not None:
        return None
    return "help-app" if link.in_app else "help-join"


async def send(ctx: Context, _body: Nothing) -> Answer:
    """Send what helps next, three times an hour at most."""
    unit = ctx.unit
    appointment = await unit.get(Appointment, ctx.path("appointment_id"))
    stage = await stage_of(unit, ctx.settings, appointment)
    if stage in {Stage.closed, Stage.ended, Stage.in_visit}:
        raise Conflict("They are in the visit or it is over: there is no next step to send.")
    waits = stage in {Stage.waiting, Stage.away, Stage.called}
    entry = await latest_entry(unit, appointment.id) if waits else None
    step = next_step(await links.of_appointment(unit, appointment.id), entry)
    if step is None:
        raise Conflict("They are in line and their devices work: there is no next step to send.")
    way = await leaves_now(unit, asked(appointment, step))
    if way is None:
        raise Conflict("Nothing can be sent to the number or mailbox on file now. Please ring them.")
    planned, reach = way
    await hold_contact(unit, reach.contact.id)
    if not await issues.take(unit, reach.contact.id, "help"):
        raise issues.refused()
    known = await rows.of_subjects(unit, [appointment.id])
    named = f"{step}.{1 + sum(one.step.startswith('help-') for one in known)}"
    await plan(unit, asked(appointment, named), replace(planned, step=named))
    note(unit, appointment, "step")
    return Answer(NextStepOut(step=step, to=masked(reach)), 202)


ROUTES = [
    Route("POST", "/v1/appointments/{appointment_id}/next-step", send, "assist.step", body=Nothing, returns=NextStepOut,
          status=202, problems=[NotFound, Conflict, TooMany]),
]  # fmt: skip
