"""Say, keep and open what belongs to one visit; ask questionnaires; raise the alarm that an answer calls for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlmodel import col

from notifications.numbers import parse_phone
from server.access.service import practice_of
from server.access.tables import Account
from server.appointments.tables import Appointment
from server.core.errors import Conflict, Fault, Invalid
from server.core.ids import new_id
from server.events import IntakeChanged
from server.intake import forms
from server.intake.schemas import Facts, FactsIn, ResponseIn
from server.intake.tables import Intake, Questionnaire, QuestionnaireResponse
from server.people.service import unit_allows_fiction
from server.store.unit import Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind, Priority

SELF_HARM = "self-harm"


# -- facts ------------------------------------------------------------------------------------------


async def of_visit(unit: Unit, appointment_id: str) -> Intake | None:
    return await unit.first(unit.select(Intake).where(col(Intake.appointment_id) == appointment_id))


async def facts_of(unit: Unit, intake: Intake | None) -> Facts:
    if intake is None:
        return Facts()
    handle = await unit.dek(intake.person_id)
    return Facts.model_validate_json(handle.open("intake", "facts", intake.id, intake.facts))


async def last_facts(unit: Unit, appointment: Appointment) -> Facts | None:
    """Place and number of the person's visit before, if there were any."""
    query = unit.select(Intake).where(
        col(Intake.person_id) == appointment.person_id, col(Intake.appointment_id) != appointment.id
    )
    for before in await unit.all(query.order_by(col(Intake.at).desc(), col(Intake.id)).limit(5)):
        facts = await facts_of(unit, before)
        if facts.place or facts.phone:
            return facts
    return None


async def say(unit: Unit, appointment: Appointment, body: FactsIn) -> Facts:
    """Write facts of this visit; what is left out stays. Raises Invalid with a pointer, Conflict with none kept."""
    intake = await of_visit(unit, appointment.id)
    facts = await facts_of(unit, intake)
    said = body.model_dump(exclude={"keep"}, exclude_none=True)
    for name in ("phone", "contact_phone"):
        if said.get(name):
            said[name] = await _phone(unit, said[name], f"/{name}")
    if said.get("region"):
        said["region"] = said["region"].upper()
    if body.keep:
        before = await last_facts(unit, appointment)
        if before is None:
            raise Conflict(
                "There is nothing from last time. Please say where you are and on which number we reach you."
            )
        said = before.model_dump(include={"place", "region", "phone", "contact", "contact_phone"}) | said
    facts = facts.model_copy(update=said)
    await _write(unit, appointment, intake, facts)
    unit.record("U", "intake.say", "QuestionnaireResponse", appointment.id, person_id=appointment.person_id)
    return facts


async def _write(unit: Unit, appointment: Appointment, intake: Intake | None, facts: Facts) -> None:
    handle = await unit.dek(appointment.person_id)
    if intake is None:
        intake = Intake(
            id=new_id(), tenant=unit.tenant, appointment_id=appointment.id, person_id=appointment.person_id, facts=b"",
            at=unit.clock.now(),
        )  # fmt: skip
    before = await facts_of(unit, intake) if intake.facts else Facts()
    if before.region != facts.region:
        intake.outside = intake.decided_by = None  # a decision was about another place
        held = (await unit.get(Account, appointment.provider_id)).licences
        if licence(held, facts.region) == "outside":
            who = appointment.person_id
            unit.record("E", "licence.said-outside", "Appointment", appointment.id, person_id=who)
    intake.facts = handle.seal("intake", "facts", intake.id, facts.model_dump_json())
    intake.by_staff, intake.at = unit.principal.is_staff, unit.clock.now()
    unit.add(intake)
    await unit.flush()
    unit.emit(IntakeChanged(appointment_id=appointment.id))


async def _phone(unit: Unit, typed: str, pointer: str) -> str:
    try:
        return parse_phone(typed, (await practice_of(unit)).region, fictional=unit_allows_fiction(unit))
    except ValueError as error:
        raise Invalid("The phone number needs fixing.", errors=[Fault(pointer, str(error))]) from None


async def expect_facts(unit: Unit, appointment_id: str) -> None:
    """Place and number are known. Raises Conflict naming what is missing: whom an emergency reaches must be known."""
    facts = await facts_of(unit, await of_visit(unit, appointment_id))
    missing = [name for name in ("place", "phone") if not getattr(facts, name)]
    if missing:
        said = "Ask where the patient is and on which number to ring back, and fill it in; then admit."
        raise Conflict(said, missing=missing)


# -- where a provider may practise ------------------------------------------------------------------


def licence(regions: Iterable[str], region: str) -> str:
    """`inside`, `outside`, or `unknown` when the place or the licences are not known. A country covers its parts."""
    held = {one.upper() for one in regions}
    if not held or not region:
        return "unknown"
    inside = region in held or region.partition("-")[0] in held
    if not inside and "-" not in region and any(one.startswith(f"{region}-") for one in held):
        return "unknown"  # licensed in a part of the country; which part the patient is in was not said
    return "inside" if inside else "outside"


async def outside_licence(unit: Unit, person_id: str, provider_id: str) -> str | None:
    """Where the person last said to be, when the provider is known not to be licensed there; else None."""
    held = (await unit.get(Account, provider_id)).licences
    region = await _last_region(unit, person_id) if held else ""
    return region if licence(held, region) == "outside" else None


async def all_outside(unit: Unit, person_ids: Iterable[str], provider_ids: Sequence[str]) -> list[tuple[str, str, str]]:
    """The same for everybody in one visit: (person, provider, region) where that provider is not licensed."""
    held = {one: (await unit.get(Account, one)).licences for one in provider_ids}
    found = []
    for person_id in person_ids if any(held.values()) else ():
        region = await _last_region(unit, person_id)
        found += [(person_id, one, region) for one in provider_ids if licence(held[one], region) == "outside"]
    return found


async def _last_region(unit: Unit, person_id: str) -> str:
    """Where a person last said to be; empty when they never did."""
    query = unit.select(Intake).where(col(Intake.person_id) == person_id)
    for before in await unit.all(query.order_by(col(Intake.at).desc(), col(Intake.id)).limit(5)):
        if region := (await facts_of(unit, before)).region:
            return region
    return ""


async def set_licences(unit: Unit, account_id: str, regions: list[str]) -> list[str]:
    account = await unit.get(Account, account_id)
    account.licences = sorted({one.upper() for one in regions})
    unit.add(account)
    unit.record("U", "account.licences", "Practitioner", account.id)
    return account.licences


async def decide(unit: Unit, appointment: Appointment, decision: str) -> None:
    """The provider says what to do about a place outside the licence; it is logged. Raises Conflict when it is not."""
    intake = await of_visit(unit, appointment.id)
    provider = await unit.get(Account, appointment.provider_id)
    facts = await facts_of(unit, intake)
    if intake is None or licence(provider.licences, facts.region) != "outside":
        raise Conflict("The place is not known to be outside the licence: there is nothing to decide.")
    if unit.principal.account_id != appointment.provider_id:
        raise Conflict("This is for the provider of the visit to decide.")
    intake.outside, intake.decided_by = decision, unit.principal.account_id
    unit.add(intake)
    await unit.flush()
    unit.record("U", f"licence.{decision}", "Appointment", appointment.id, person_id=appointment.person_id)
    unit.emit(IntakeChanged(appointment_id=appointment.id))


# -- questionnaires ---------------------------------------------------------------------------------


async def asked(unit: Unit, appointment: Appointment) -> list[tuple[Questionnaire, QuestionnaireResponse | None]]:
    """Questionnaires of this visit: those of its kind and those that staff asked for, in one order."""
    query = unit.select(QuestionnaireResponse).where(col(QuestionnaireResponse.appointment_id) == appointment.id)
    responses = {one.questionnaire_id: one for one in await unit.all(query)}
    every = await unit.all(unit.select(Questionnaire).order_by(col(Questionnaire.created_at), col(Questionnaire.id)))
    return [
        (one, responses.get(one.id))
        for one in every
        if one.id in responses or (one.active and appointment.visit_type_id in one.visit_types)
    ]


async def ask(unit: Unit, appointment: Appointment, questionnaire_id: str) -> None:
    """Ask one questionnaire of this visit; again is the same."""
    questionnaire = await unit.get(Questionnaire, questionnaire_id)
    await _response(unit, appointment, questionnaire)
    unit.emit(IntakeChanged(appointment_id=appointment.id))


async def answer(unit: Unit, appointment: Appointment, questionnaire_id: str, body: ResponseIn) -> forms.Result:
    """Store the answers so far or all of them. An alarming one asks the staff at once, also days before the visit.

    Raises Invalid with a pointer at each answer that does not fit.
    """
    questionnaire = await unit.get(Questionnaire, questionnaire_id)
    if questionnaire.id not in {one.id for one, _ in await asked(unit, appointment)}:
        raise Conflict("This form is not asked at this visit.")
    form = forms.read(questionnaire.resource)
    given = forms.answers(form, body.item, complete=body.status == "completed")
    result = forms.judge(form, given)
    row = await _response(unit, appointment, questionnaire)
    handle = await unit.dek(appointment.person_id)
    row.answers = handle.seal("questionnaire_response", "answers", row.id, json.dumps(given))
    row.result = handle.seal("questionnaire_response", "result", row.id, json.dumps(asdict(result)))
    row.status, row.by_staff, row.at = body.status, unit.principal.is_staff, unit.clock.now()
    unit.add(row)
    await unit.flush()
    unit.record("U", f"questionnaire.{body.status}", "QuestionnaireResponse", row.id, person_id=appointment.person_id)
    if SELF_HARM in result.alerts:
        await tasks.ask(
            unit, Kind.self_harm, Priority.stat, person_id=appointment.person_id, appointment_id=appointment.id,
            note=questionnaire.title, key=f"self-harm:{row.id}",
        )  # fmt: skip
    unit.emit(IntakeChanged(appointment_id=appointment.id))
    return result


async def _response(unit: Unit, appointment: Appointment, questionnaire: Questionnaire) -> QuestionnaireResponse:
    query = unit.select(QuestionnaireResponse).where(
        col(QuestionnaireResponse.appointment_id) == appointment.id,
        col(QuestionnaireResponse.questionnaire_id) == questionnaire.id,
    )
    row = await unit.first(query)
    if row is None:
        row = QuestionnaireResponse(
            id=new_id(), tenant=unit.tenant, appointment_id=appointment.id, person_id=appointment.person_id,
            questionnaire_id=questionnaire.id, at=unit.clock.now(),
        )  # fmt: skip
        unit.add(row)
        await unit.flush()
    return row


async def opened(unit: Unit, row: QuestionnaireResponse) -> tuple[dict[str, str], dict[str, Any] | None]:
    """(answers by linkId, result) of a response; empty while it is only asked."""
    handle = await unit.dek(row.person_id)
    answers = handle.open("questionnaire_response", "answers", row.id, row.answers)
    result = handle.open("questionnaire_response", "result", row.id, row.result)
    return json.loads(answers) if answers else {}, json.loads(result) if result else None
