"""After the visit: what came of it, when they meet again, and what the patient says about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import Field
from sqlmodel import col

from server.access.schemas import Id, Shape
from server.api.context import Answer, Context
from server.api.routing import Route
from server.appointments import service as appointments
from server.appointments import slots
from server.appointments.schemas import BookIn
from server.appointments.tables import Appointment, VisitType
from server.conversations import service as conversations
from server.core.errors import Conflict, NotFound
from server.core.few import told
from server.events import MessageAsked, VisitChanged
from server.store.unit import Unit
from server.visits import service
from server.visits.machine import Status
from server.visits.outcome import Outcome
from server.visits.tables import Visit


class OutcomeIn(Shape):
    outcome: Outcome


class FollowUpIn(Shape):
    weeks: int = Field(ge=1, le=26)


class SummaryIn(Shape):
    """`msg_id` of a message that stands in the patient's conversation."""

    msg_id: Id


class SurveyIn(Shape):
    """Was it easy to join; did it help: 1 no, 2 so-so, 3 yes."""

    ease: int = Field(ge=1, le=3)
    helped: int = Field(ge=1, le=3)


async def outcome(ctx: Context, body: OutcomeIn) -> dict[str, Any]:
    """Correct what was proposed."""
    visit = await _held(ctx.unit, ctx.path("visit_id"))
    visit.outcome = body.outcome.value
    _changed(ctx.unit, visit, "outcome")
    return await ctx.views.board_row(ctx.unit, visit.appointment_id)


async def follow_up(ctx: Context, body: FollowUpIn) -> Answer:
    """The first free time of the same provider for the same kind of visit, so many weeks on, is booked. Once."""
    visit = await _held(ctx.unit, ctx.path("visit_id"))
    if visit.follow_up_id is not None:
        return Answer(await ctx.views.board_row(ctx.unit, visit.follow_up_id))
    before = await ctx.unit.get(Appointment, visit.appointment_id)
    kind = await ctx.unit.get(VisitType, before.visit_type_id)
    after = before.start + timedelta(weeks=body.weeks)
    found = await slots.next_free(ctx.unit, slots.Search([before.provider_id], kind, after, before.person_id))
    if not found.picks:
        raise Conflict("There is no free time then. The desk can find one.")
    wish = BookIn(
        person_id=before.person_id, provider_id=before.provider_id, visit_type_id=kind.id,
        start=found.picks[0].free.start, zone=before.zone,
    )  # fmt: skip
    made = await appointments.book(ctx.unit, ctx.ports.keys, wish)
    visit.follow_up_id = made.id
    _changed(ctx.unit, visit, "follow-up")
    return Answer(await ctx.views.board_row(ctx.unit, made.id), 201)


async def survey(ctx: Context, body: SurveyIn) -> Answer:
    """Two taps of the patient. The last ones count."""
    visit = await service.of_appointment(ctx.unit, ctx.principal.appointment_id)
    if visit.status != Status.completed:
        raise Conflict("The visit is not over yet.")
    visit.ease, visit.helped = body.ease, body.helped
    _changed(ctx.unit, visit, "survey")
    return Answer(await ctx.views.patient_view(ctx.unit, ctx.ports, visit.appointment_id))


async def summary(ctx: Context, body: SummaryIn) -> dict[str, Any]:
    """The message that sums the visit up was written: the page after the visit shows it, and the patient is told that
    there is something new, not what. The server cannot read it; it knows only which one it is."""
    visit = await _held(ctx.unit, ctx.path("visit_id"))
    appointment = await ctx.unit.get(Appointment, visit.appointment_id)
    conversation = (await conversations.ids_of_people(ctx.unit, [appointment.person_id]))[appointment.person_id]
    if not await conversations.has_message(ctx.unit, conversation, body.msg_id):
        raise NotFound("There is no such message in this conversation.")
    if visit.summary_id == body.msg_id:
        return await ctx.views.board_row(ctx.unit, visit.appointment_id)
    visit.summary_id, visit.summary_at = body.msg_id, ctx.unit.clock.now()
    _changed(ctx.unit, visit, "summary")
    ctx.unit.emit(
        MessageAsked(
            step="new-message", person_id=appointment.person_id, subject=body.msg_id, appointment_id=appointment.id
        )
    )
    return await ctx.views.board_row(ctx.unit, visit.appointment_id)


async def figures(ctx: Context) -> dict[str, Any]:
    """What patients said, counted; nothing of a person. `ease` and `helped`: how often 1, 2 and 3, without those that
    tell of fewer than five people."""
    query = ctx.unit.select(Visit).where(col(Visit.ease).is_not(None))
    answers = await ctx.unit.all(query)
    return {
        "answers": len(answers),
        "ease": told({str(n): sum(1 for one in answers if one.ease == n) for n in (1, 2, 3)}),
        "helped": told({str(n): sum(1 for one in answers if one.helped == n) for n in (1, 2, 3)}),
    }


async def _held(unit: Unit, visit_id: str) -> Visit:
    visit = await service.of_provider(unit, visit_id)
    if visit.status != Status.completed:
        raise Conflict("The visit is not over yet.")
    return visit


def _changed(unit: Unit, visit: Visit, what: str) -> None:
    unit.add(visit)
    unit.emit(VisitChanged(appointment_id=visit.appointment_id))
    unit.record("U", f"visit.{what}", "Encounter", visit.id)


_PROBLEMS = [NotFound, Conflict]
ROUTES = [
    Route("POST", "/v1/visits/{visit_id}/outcome", outcome, "visit.outcome", body=OutcomeIn, problems=_PROBLEMS),
    Route("POST", "/v1/visits/{visit_id}/follow-up", follow_up, "visit.follow_up", body=FollowUpIn, status=201,
          problems=_PROBLEMS),
    Route("POST", "/v1/visits/{visit_id}/summary", summary, "visit.summary", body=SummaryIn, problems=_PROBLEMS),
    Route("POST", "/v1/my/survey", survey, "visit.survey", body=SurveyIn, problems=[Conflict]),
    Route("GET", "/v1/survey-figures", figures, "visit.survey_figures"),
]  # fmt: skip
