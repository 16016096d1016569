"""A provider's note pad in a visit: saved while they write, sealed under the patient's key, read by its author alone.

Whoever the visit is with may begin one; whoever has begun one may finish it, also when the visit is over or has gone to
a colleague, who has a pad of their own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy import update
from sqlmodel import col

from server.access.schemas import Shape
from server.api.context import Context
from server.api.routing import Route
from server.appointments.tables import Appointment
from server.core.errors import Conflict, NotFound, StaleVersion
from server.core.ids import new_id
from server.store.unit import Unit
from server.visits import service
from server.visits.tables import Visit, VisitNote

LONGEST = 20_000  # characters


class NoteIn(Shape):
    """The whole pad. `version` is the one that it was written upon; 0: there was none."""

    version: int = Field(ge=0)
    text: Annotated[str, Field(max_length=LONGEST)]


class NoteOut(BaseModel):
    version: int
    text: str
    saved_at: datetime | None


async def read(ctx: Context) -> NoteOut:
    """The caller's own pad; version 0 and no text before anything was written."""
    visit, note = await _mine(ctx.unit, ctx.path("visit_id"))
    if note is None:
        return NoteOut(version=0, text="", saved_at=None)
    handle = await ctx.unit.dek(await _person(ctx.unit, visit))
    text = handle.open("visit_note", "text", note.id, note.text)
    return NoteOut(version=note.version, text=text or "", saved_at=note.saved_at)


async def write(ctx: Context, body: NoteIn) -> NoteOut:
    """Save the pad. 409 `stale-version` when another window or device has saved since: read it, then write both."""
    unit = ctx.unit
    visit, note = await _mine(unit, ctx.path("visit_id"))
    known = note.version if note else 0
    if body.version != known:
        raise StaleVersion("This note was changed in another window. Look again, then save both.", current=known)
    handle, now = await unit.dek(await _person(unit, visit)), unit.clock.now()
    note_id = note.id if note else new_id()
    sealed = handle.seal("visit_note", "text", note_id, body.text)
    if note is None:
        author = unit.principal.account_id
        unit.add(
            VisitNote(id=note_id, tenant=unit.tenant, visit_id=visit.id, author_id=author, saved_at=now, text=sealed)
        )
        unit.record("C", "visit.note", "Encounter", visit.id)
    else:
        swap = update(VisitNote).where(col(VisitNote.id) == note_id, col(VisitNote.version) == known)
        done = await unit.session.execute(swap.values(version=known + 1, saved_at=now, text=sealed))
        if done.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result is a CursorResult
            raise StaleVersion(
                "This note was changed in another window. Look again, then save both.", current=known + 1
            )
    return NoteOut(version=known + 1, text=body.text, saved_at=now)


async def _mine(unit: Unit, visit_id: str) -> tuple[Visit, VisitNote | None]:
    """The visit and the caller's pad. Raises NotFound, and Conflict when neither visit nor pad is theirs."""
    visit = await unit.get(Visit, visit_id)
    mine = unit.select(VisitNote).where(
        col(VisitNote.visit_id) == visit.id, col(VisitNote.author_id) == unit.principal.account_id
    )
    note = await unit.first(mine)
    if note is None:
        await service.of_provider(unit, visit_id)
    return visit, note


async def _person(unit: Unit, visit: Visit) -> str:
    return (await unit.get(Appointment, visit.appointment_id)).person_id


_OF = "/v1/visits/{visit_id}/note"
ROUTES = [
    Route("GET", _OF, read, "visit.note", returns=NoteOut, problems=[NotFound, Conflict]),
    Route("PUT", _OF, write, "visit.note", body=NoteIn, returns=NoteOut,
          problems=[NotFound, Conflict, StaleVersion]),
]  # fmt: skip
