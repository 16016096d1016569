"""What the desk does with a visit that is booked; answers show the messages that will leave."""

from __future__ import annotations

from collections.abc import Sequence

from server.access import links
from server.api.context import Context
from server.api.routing import Route
from server.appointments import moving, together
from server.appointments.schemas import BookedOut, CancelIn, MessagePreview, MoveIn, NoteIn, RowOut
from server.appointments.tables import Appointment
from server.core.errors import Conflict, SlotTaken, StaleVersion
from server.people.service import reaches
from server.reminders import service
from server.reminders.machine import Status
from server.reminders.planning import Step
from server.reminders.wording import preview, wording


async def move(ctx: Context, body: MoveIn) -> BookedOut:
    """Another time, another provider, or both: the same link, reminders planned anew."""
    return await _changed(ctx, await together.move(ctx.unit, ctx.path("appointment_id"), body))


async def cancel(ctx: Context, body: CancelIn) -> BookedOut:
    """Call a visit off: its time is free again, what was planned to be sent is not."""
    return await _changed(ctx, await together.cancel(ctx.unit, ctx.path("appointment_id"), body))


async def note(ctx: Context, body: NoteIn) -> RowOut:
    """Write the note for the desk."""
    appointment = await moving.set_note(ctx.unit, ctx.path("appointment_id"), body)
    return RowOut(row=await ctx.views.board_row(ctx.unit, appointment.id))


async def _changed(ctx: Context, changed: Sequence[Appointment]) -> BookedOut:
    row, *also = await ctx.views.board_rows(ctx.unit, [one.id for one in changed])
    return BookedOut(row=row, messages=await planned(ctx, changed[0]), also=also)


async def planned(ctx: Context, appointment: Appointment) -> list[MessagePreview]:
    """The messages that are planned for a visit as it is now, with their exact words."""
    words = await wording(ctx.unit, appointment)
    link = await links.of_appointment(ctx.unit, appointment.id)
    reached = {reach.contact.id: reach for reach in await reaches(ctx.unit, appointment.person_id)}
    shown = []
    for one in await service.ledger(ctx.unit, appointment.id):
        if one.revision == appointment.revision and one.status == Status.scheduled and one.contact_id in reached:
            step = Step(one.step, one.channel, one.due, reached[one.contact_id])
            body, count = preview(words, step, ctx.ports.keys, ctx.settings, link)
            shown.append(MessagePreview(channel=one.channel, step=one.step, due=one.due, body=body, segments=count))
    return shown


_CHANGE = [StaleVersion, Conflict]
ROUTES = [
    Route("POST", "/v1/appointments/{appointment_id}/move", move, "appointment.move", body=MoveIn, returns=BookedOut,
          problems=[*_CHANGE, SlotTaken]),
    Route("POST", "/v1/appointments/{appointment_id}/cancel", cancel, "appointment.cancel", body=CancelIn,
          returns=BookedOut, problems=_CHANGE),
    Route("PUT", "/v1/appointments/{appointment_id}/note", note, "appointment.note", body=NoteIn, returns=RowOut,
          problems=_CHANGE),
]  # fmt: skip
