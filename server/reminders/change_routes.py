"""What the desk does with a visit that is booked; answers show the messages that will leave."""

from __future__ import annotations

from collections.abc import Sequence

from server.api.context import Context
from server.api.routing import Route
from server.appointments import moving, together
from server.appointments.schemas import BookedOut, CancelIn, MoveIn, NoteIn, RowOut
from server.appointments.tables import Appointment
from server.core.errors import Conflict, PersonElsewhere, SlotTaken, StaleVersion
from server.reminders.shown import planned


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


_CHANGE = [StaleVersion, Conflict]
ROUTES = [
    Route("POST", "/v1/appointments/{appointment_id}/move", move, "appointment.move", body=MoveIn, returns=BookedOut,
          problems=[*_CHANGE, SlotTaken, PersonElsewhere]),
    Route("POST", "/v1/appointments/{appointment_id}/cancel", cancel, "appointment.cancel", body=CancelIn,
          returns=BookedOut, problems=_CHANGE),
    Route("PUT", "/v1/appointments/{appointment_id}/note", note, "appointment.note", body=NoteIn, returns=RowOut,
          problems=_CHANGE),
]  # fmt: skip
