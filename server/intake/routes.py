"""Intake from both sides: the patient before and while waiting, staff at any time."""

from __future__ import annotations

from typing import Any

from server.access import service as access
from server.access.tables import Account
from server.api.context import Context
from server.api.routing import Route
from server.appointments.tables import Appointment, VisitType
from server.core.errors import Conflict, Fault, Invalid, NotFound
from server.core.ids import new_id
from server.core.principal import Role
from server.intake import forms, service
from server.intake.library import LIBRARY
from server.intake.schemas import (
    AllLicencesOut,
    AskIn,
    DecisionIn,
    Facts,
    FactsIn,
    LicencesIn,
    LicencesOut,
    Licensed,
    QuestionnaireIn,
    QuestionnaireOut,
    QuestionnairesOut,
    ResponseIn,
)
from server.intake.tables import Questionnaire
from server.people.service import masked_phone
from server.store.unit import Unit


def _masked(facts: Facts) -> dict[str, str | None]:
    """Enough to recognise one's own, too little to learn another's."""
    return {
        "place": f"{facts.place[:1]}•••" if facts.place else None,
        "phone": masked_phone(facts.phone) if facts.phone else None,
    }


async def own(ctx: Context) -> dict[str, Any]:
    """What this visit asks and what is known. Facts are masked; those of last time are shown only while waiting."""
    appointment = await ctx.unit.get(Appointment, ctx.principal.appointment_id)
    return await _own(ctx.unit, appointment)


async def _own(unit: Unit, appointment: Appointment) -> dict[str, Any]:
    facts = await service.facts_of(unit, await service.of_visit(unit, appointment.id))
    here = appointment.status == "arrived"
    kept = await service.last_facts(unit, appointment) if here and not (facts.place and facts.phone) else None
    shown = []
    for questionnaire, response in await service.asked(unit, appointment):
        status = "requested" if response is None or response.answers is None else response.status
        shown.append({"id": questionnaire.id, "status": status, "resource": questionnaire.resource})
    return {
        "reason": bool(facts.reason), "facts": _masked(facts), "kept": _masked(kept) if kept else None,
        "questionnaires": shown,
    }  # fmt: skip


async def say_own(ctx: Context, body: FactsIn) -> dict[str, Any]:
    """The patient says why they come, where they are and how to ring back. `keep` only after check-in."""
    appointment = await ctx.unit.get(Appointment, ctx.principal.appointment_id)
    if body.keep and appointment.status != "arrived":
        raise Conflict("What you said last time can be confirmed while you wait, not before.")
    await service.say(ctx.unit, appointment, body)
    return await _own(ctx.unit, appointment)


async def answer_own(ctx: Context, body: ResponseIn) -> dict[str, Any]:
    """The patient's answers, so far or all of them. `crisis` says that help is to be shown at once."""
    appointment = await ctx.unit.get(Appointment, ctx.principal.appointment_id)
    result = await service.answer(ctx.unit, appointment, ctx.path("questionnaire_id"), body)
    return {"status": body.status, "crisis": bool(result.alerts)}


async def read(ctx: Context) -> dict[str, Any]:
    """Everything the clinic was told for this visit. Reading is a line of the audit trail."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    ctx.unit.record("R", "intake.read", "QuestionnaireResponse", appointment.id, person_id=appointment.person_id)
    return await _whole(ctx.unit, appointment)


async def _whole(unit: Unit, appointment: Appointment) -> dict[str, Any]:
    intake = await service.of_visit(unit, appointment.id)
    facts = await service.facts_of(unit, intake)
    provider = await unit.get(Account, appointment.provider_id)
    shown = []
    for questionnaire, response in await service.asked(unit, appointment):
        answers, result = await service.opened(unit, response) if response else ({}, None)
        form = forms.read(questionnaire.resource)
        shown.append(
            {
                "id": questionnaire.id, "title": questionnaire.title, "resource": questionnaire.resource,
                "status": response.status if response and response.answers else "requested", "result": result,
                "answers": [
                    {"text": item.text, "answer": _words(item, answers[item.link_id]),
                     "alert": bool(item.alert) and item.alert in (result or {}).get("alerts", [])}
                    for item in form.items if item.link_id in answers
                ],
            }
        )  # fmt: skip
    return {
        "facts": facts.model_dump(), "by_staff": intake.by_staff if intake else False,
        "licence": service.licence(provider.licences, facts.region), "licences": provider.licences,
        "decision": intake.outside if intake else None, "questionnaires": shown,
    }  # fmt: skip


def _words(item: forms.Item, answer: str) -> str:
    return next((option.display for option in item.options if option.code == answer), answer)


async def say(ctx: Context, body: FactsIn) -> dict[str, Any]:
    """Staff fill in what the patient tells them."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    await service.say(ctx.unit, appointment, body)
    return await _whole(ctx.unit, appointment)


async def answer(ctx: Context, body: ResponseIn) -> dict[str, Any]:
    """Staff fill in a questionnaire for the patient."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    result = await service.answer(ctx.unit, appointment, ctx.path("questionnaire_id"), body)
    return {"status": body.status, "crisis": bool(result.alerts)}


async def ask(ctx: Context, body: AskIn) -> dict[str, Any]:
    """Ask one questionnaire of this visit."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    await service.ask(ctx.unit, appointment, body.questionnaire_id)
    return await _whole(ctx.unit, appointment)


async def decide(ctx: Context, body: DecisionIn) -> dict[str, Any]:
    """The provider decides about a place outside the licence."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    await service.decide(ctx.unit, appointment, body.decision)
    return await ctx.views.board_row(ctx.unit, appointment.id)


async def licences(ctx: Context, body: LicencesIn) -> LicencesOut:
    """Where a provider may practise; staff with another role have none."""
    account = await ctx.unit.get(Account, ctx.path("account_id"))
    if Role.provider not in account.roles:
        raise Conflict("Only providers have licences.")
    return LicencesOut(regions=await service.set_licences(ctx.unit, account.id, list(body.regions)))


async def all_licences(ctx: Context) -> AllLicencesOut:
    """Where each provider may practise; nothing recorded means that nobody is warned."""
    found = await access.providers(ctx.unit)
    accounts = await ctx.unit.find(Account, [account_id for account_id, _ in found])
    return AllLicencesOut(
        providers=[Licensed(id=one, name=name, regions=accounts[one].licences) for one, name in found]
    )


async def questionnaires(ctx: Context) -> QuestionnairesOut:
    """The practice's questionnaires."""
    rows = await ctx.unit.all(ctx.unit.select(Questionnaire))
    return QuestionnairesOut(questionnaires=[_out(row) for row in sorted(rows, key=lambda row: row.created_at)])


async def add_questionnaire(ctx: Context, body: QuestionnaireIn) -> QuestionnaireOut:
    """Add a FHIR Questionnaire, or one of the library."""
    if (body.resource is None) == (body.library is None):
        raise Invalid("Give a resource or the name of one.", errors=[Fault("/resource", "one of resource and library")])
    resource = body.resource or LIBRARY[str(body.library)]
    form = forms.read(resource)
    await _kinds(ctx.unit, body.visit_types)
    row = Questionnaire(
        id=new_id(), tenant=ctx.unit.tenant, title=form.title, resource=resource, visit_types=body.visit_types,
        active=body.active, created_at=ctx.unit.clock.now(),
    )  # fmt: skip
    ctx.unit.add(row)
    ctx.unit.record("C", "questionnaire.add", "Questionnaire", row.id)
    return _out(row)


async def change_questionnaire(ctx: Context, body: QuestionnaireIn) -> QuestionnaireOut:
    """Change before which visits it is asked, or stop asking it. Its questions stay: answers refer to them."""
    row = await ctx.unit.get(Questionnaire, ctx.path("questionnaire_id"))
    await _kinds(ctx.unit, body.visit_types)
    row.visit_types, row.active = body.visit_types, body.active
    ctx.unit.add(row)
    ctx.unit.record("U", "questionnaire.change", "Questionnaire", row.id)
    return _out(row)


async def _kinds(unit: Unit, ids: list[str]) -> None:
    if len(await unit.find(VisitType, ids)) != len(set(ids)):
        raise NotFound("There is no such kind of visit here.")


def _out(row: Questionnaire) -> QuestionnaireOut:
    return QuestionnaireOut(id=row.id, title=row.title, visit_types=row.visit_types, active=row.active)


_OF = "/v1/appointments/{appointment_id}"
ROUTES = [
    Route("GET", "/v1/my/intake", own, "intake.read_own"),
    Route("POST", "/v1/my/intake", say_own, "intake.say_own", body=FactsIn, problems=[Conflict]),
    Route("POST", "/v1/my/questionnaires/{questionnaire_id}", answer_own, "intake.answer_own", body=ResponseIn,
          problems=[Conflict]),
    Route("GET", f"{_OF}/intake", read, "intake.read", writes=True),
    Route("POST", f"{_OF}/intake", say, "intake.say", body=FactsIn, problems=[Conflict]),
    Route("POST", f"{_OF}/questionnaires", ask, "intake.ask", body=AskIn),
    Route("POST", f"{_OF}/questionnaires/{{questionnaire_id}}", answer, "intake.answer", body=ResponseIn,
          problems=[Conflict]),
    Route("POST", f"{_OF}/licence", decide, "licence.decide", body=DecisionIn, problems=[Conflict]),
    Route("GET", "/v1/licences", all_licences, "licence.read", returns=AllLicencesOut),
    Route("PUT", "/v1/accounts/{account_id}/licences", licences, "licence.write", body=LicencesIn, returns=LicencesOut,
          problems=[Conflict]),
    Route("GET", "/v1/questionnaires", questionnaires, "questionnaire.list", returns=QuestionnairesOut),
    Route("POST", "/v1/questionnaires", add_questionnaire, "questionnaire.write", body=QuestionnaireIn,
          returns=QuestionnaireOut, status=201, problems=[NotFound]),
    Route("PUT", "/v1/questionnaires/{questionnaire_id}", change_questionnaire, "questionnaire.write",
          body=QuestionnaireIn, returns=QuestionnaireOut),
]  # fmt: skip
