"""What hangs on visits, read once for all views of one state; and that few visits have anything in most tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, bindparam, exists, select
from sqlmodel import col

from server.access import guests
from server.access.tables import Guest
from server.appointments import claims
from server.appointments.interpreter_tables import InterpreterRace
from server.appointments.tables import CoProvider
from server.intake.tables import Intake, QuestionnaireResponse
from server.store.types import Row
from server.store.unit import Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind
from server.tasks.tables import Task
from server.visits.tables import Visit, VisitRing
from server.waiting.tables import Assist, LateNotice
from server.waitlist import offers
from server.waitlist import service as waitlist
from server.waitlist.tables import SlotOffer, WaitlistEntry

T = TypeVar("T", bound=Row)


async def of_appointments(unit: Unit, table: type[T], appointment_ids: Sequence[str]) -> list[T]:
    """The rows of a table that hang on these appointments."""
    query = unit.select(table).where(unit.among(table.appointment_id, appointment_ids))  # type: ignore[attr-defined]
    return await unit.once((of_appointments, table, *appointment_ids), lambda: unit.all(query))


async def rings(unit: Unit, appointment_ids: Sequence[str]) -> list[VisitRing]:
    """Every telephone call for these visits, the oldest first."""
    visits = select(col(Visit.id)).where(unit.among(col(Visit.appointment_id), appointment_ids))
    query = unit.select(VisitRing).where(col(VisitRing.visit_id).in_(visits))
    oldest = query.order_by(col(VisitRing.asked_at), col(VisitRing.id))
    return await unit.once((rings, *appointment_ids), lambda: unit.all(oldest))


async def leave_out(unit: Unit, appointment_id: str) -> None:
    """One statement says in which of these tables a visit has nothing; whoever looks at it asks there no more."""
    if unit.knows((leave_out, appointment_id)):
        return
    found = (await unit.session.execute(_ANYTHING, {"visit": appointment_id})).one()
    for (key, nothing), there in zip(_readers(appointment_id), found, strict=True):
        if not there and not unit.knows(key):
            unit.know(key, nothing)
    unit.know((leave_out, appointment_id), None)


def _there(column: Any) -> ColumnElement[bool]:
    return exists().where(column == bindparam("visit"))


_OFTEN_EMPTY: tuple[Any, ...] = (InterpreterRace, Intake, QuestionnaireResponse, LateNotice, Assist)
_ANYTHING = select(
    *(_there(table.appointment_id) for table in (*_OFTEN_EMPTY, CoProvider, Guest, WaitlistEntry, SlotOffer, Task)),
    exists().where(col(VisitRing.visit_id) == Visit.id, col(Visit.appointment_id) == bindparam("visit")),
)


def _readers(one: str) -> Iterator[tuple[tuple[object, ...], Any]]:
    """Of each column of `_ANYTHING`: how its reader's `once` is called, and the answer when there is nothing."""
    for table in _OFTEN_EMPTY:
        yield (of_appointments, table, one), []
    yield (claims.co_providers, one), {}
    yield (guests.at, one), {}
    yield (waitlist.states_of, one), {}
    yield (offers.of_visit, one), []
    yield (tasks.of_appointment, one, Kind.feel_worse), None
    yield (rings, one), []
