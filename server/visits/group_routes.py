"""Everybody of a group who is ready comes in by one act; and what each shows the others of their name."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from server.access.schemas import Id, Shape
from server.api.context import Answer, Context
from server.api.routing import Route
from server.appointments import claims
from server.appointments.tables import Appointment
from server.core.errors import Conflict, NotFound, StaleVersion
from server.events import AppointmentChanged, CompanyChanged
from server.intake.service import expect_facts
from server.visits import rooms
from server.waiting import desk
from server.waiting.tables import WaitingRoomEntry


class MemberIn(Shape):
    """Somebody who waits, as they were seen."""

    entry_id: Id
    version: int = Field(ge=1)


class GroupAdmitIn(Shape):
    """`identifiers` were compared for each of these people."""

    entries: list[MemberIn] = Field(min_length=1, max_length=12)
    identifiers: list[Literal["name", "birth_date", "number", "address"]] = Field(min_length=2, max_length=4)


class RowsOut(BaseModel):
    rows: list[dict[str, Any]]


class ShowIn(Shape):
    """What the others of the group see of this person's name."""

    shows: Literal["nothing", "given", "full"]


async def admit(ctx: Context, body: GroupAdmitIn) -> RowsOut:
    """Let several people of a group in at once: all of those who are named, or nobody when one of them is not as they
    were seen. Whoever is not named goes on waiting, and can come in later.
    """
    wanted = {one.entry_id: one.version for one in body.entries}
    entries = await ctx.unit.find(WaitingRoomEntry, wanted)
    appointments = await ctx.unit.find(Appointment, [entry.appointment_id for entry in entries.values()])
    group_id = ctx.path("group_id")
    if len(entries) < len(wanted) or any(one.group_id != group_id for one in appointments.values()):
        raise NotFound("Somebody of these does not wait in this group. Look again.")
    if not ctx.unit.desk.relay:
        raise Conflict("This clinic has no media relay, so a group is seen one after the other. Let one person in.")
    if ctx.settings.wants_facts:
        await _expect_facts(ctx, entries)
    for entry_id in sorted(entries):  # one line, one order: two clinicians at once never wait for each other
        await desk.admit(ctx.unit, entry_id, wanted[entry_id], list(body.identifiers))
    return RowsOut(rows=await ctx.views.board_rows(ctx.unit, [one.appointment_id for one in entries.values()]))


async def _expect_facts(ctx: Context, entries: dict[str, WaitingRoomEntry]) -> None:
    """Raises Conflict with what is missing of whom."""
    missing: dict[str, object] = {}
    for entry in entries.values():
        try:
            await expect_facts(ctx.unit, entry.appointment_id)
        except Conflict as fault:
            missing[entry.appointment_id] = fault.extra["missing"]
    if missing:
        said = "Ask everybody where they are and on which number to ring back, and fill it in; then let them in."
        raise Conflict(said, missing_of=missing)


async def show(ctx: Context, body: ShowIn) -> Answer:
    """Show the others of the group a name, or hide it again: from now on they see it so, also in the running call."""
    unit = ctx.unit
    appointment = await unit.get(Appointment, unit.principal.appointment_id)
    if not rooms.is_shared(unit, appointment):
        raise Conflict("You are alone with your provider in this visit. Nobody else sees your name.")
    if appointment.shows != body.shows:
        await unit.swap(appointment, shows=body.shows)
        unit.emit(AppointmentChanged(appointment_id=appointment.id))
        for one in await claims.companions(unit, appointment):
            unit.emit(CompanyChanged(appointment_id=one.id))
        unit.record("U", f"group.show.{body.shows}", "Consent", appointment.id, person_id=appointment.person_id)
    return Answer(await ctx.views.patient_view(unit, ctx.ports, appointment.id))


ROUTES = [
    Route("POST", "/v1/groups/{group_id}/admit", admit, "group.admit", body=GroupAdmitIn, returns=RowsOut,
          problems=[NotFound, Conflict, StaleVersion]),
    Route("POST", "/v1/my/shows", show, "group.show", body=ShowIn, problems=[Conflict]),
]  # fmt: skip
