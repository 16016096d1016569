"""The messages of a visit with their exact words, before they leave."""

from __future__ import annotations

from collections.abc import Sequence

from server.access import links
from server.access.tables import Link
from server.api.context import Context
from server.appointments.schemas import MessagePreview
from server.appointments.tables import Appointment
from server.people.service import reaches
from server.reminders import rows
from server.reminders.listeners import people
from server.reminders.machine import Status
from server.reminders.planning import Planned, for_visit
from server.reminders.rules import rules_for
from server.reminders.wording import preview, wording

_ONLY_IF = {"unconfirmed", "rescue", "noshow"}  # sent only if something happens, or does not


async def previewed(ctx: Context, appointment: Appointment, link: Link) -> list[MessagePreview]:
    """What a visit that is not booked yet would be sent."""
    rules = await rules_for(ctx.unit, appointment.visit_type_id)
    person = (await people(ctx.unit, [appointment.person_id]))[appointment.person_id]
    planned = for_visit(appointment, rules, person, ctx.unit.desk.channels, ctx.unit.clock.now())
    return await _worded(ctx, appointment, link, planned)


async def planned(ctx: Context, appointment: Appointment) -> list[MessagePreview]:
    """What is planned for a visit as it is now."""
    reached = {reach.contact.id: reach for reach in await reaches(ctx.unit, appointment.person_id)}
    waiting = [
        Planned(one.step, one.channel, one.due, one.not_after, reached.get(one.contact_id or ""))
        for one in await rows.of_subjects(ctx.unit, [appointment.id])
        if one.revision == appointment.revision and one.status == Status.scheduled
    ]
    return await _worded(ctx, appointment, await links.of_appointment(ctx.unit, appointment.id), waiting)


async def _worded(
    ctx: Context, appointment: Appointment, link: Link, planned: Sequence[Planned]
) -> list[MessagePreview]:
    words = await wording(ctx.unit, appointment)
    shown = []
    for one in sorted(planned, key=lambda one: (one.due, one.step, one.channel)):
        if one.step.partition(".")[0] not in _ONLY_IF:
            body, count = preview(words, one, ctx.ports.keys, ctx.settings, link)
            shown.append(MessagePreview(channel=one.channel, step=one.step, due=one.due, body=body, segments=count))
    return shown
