"""What the board says of a visit's intake: what is known, what is open, what must be looked at. No answer itself."""

from __future__ import annotations

import json
from typing import Any

from sqlmodel import col

from server.access.tables import Account
from server.appointments.tables import Appointment
from server.intake.schemas import Facts
from server.intake.service import SELF_HARM, licence
from server.intake.tables import Intake, Questionnaire, QuestionnaireResponse
from server.store.unit import Unit


async def summaries(unit: Unit, appointments: dict[str, Appointment]) -> dict[str, dict[str, Any]]:
    """By appointment: `{reason, place, phone, licence, decision, asked, done, alarm}`; a few queries for any number."""
    ids = list(appointments)
    intakes = {one.appointment_id: one for one in await unit.all(_of(unit, Intake, ids))}
    responses: dict[str, list[QuestionnaireResponse]] = {}
    for response in await unit.all(_of(unit, QuestionnaireResponse, ids)):
        responses.setdefault(response.appointment_id, []).append(response)
    always = [one for one in await unit.all(unit.select(Questionnaire)) if one.active]
    providers = await unit.find(Account, {one.provider_id for one in appointments.values()})
    cells = unit.cells()
    await cells.prefetch_cells(
        [one.facts for one in intakes.values()] + [one.result for many in responses.values() for one in many]
    )
    shown = {}
    for visit in appointments.values():
        intake, mine = intakes.get(visit.id), responses.get(visit.id, [])
        facts = Facts()
        if intake is not None:
            facts = Facts.model_validate_json(cells.open("intake", "facts", intake.id, intake.facts))
        results = [cells.open("questionnaire_response", "result", one.id, one.result) for one in mine]
        asked = {one.questionnaire_id for one in mine}
        asked |= {one.id for one in always if visit.visit_type_id in one.visit_types}
        shown[visit.id] = {
            "reason": facts.reason or None, "place": bool(facts.place), "phone": bool(facts.phone),
            "licence": licence(providers[visit.provider_id].licences, facts.region),
            "decision": intake.outside if intake else None,
            "asked": len(asked), "done": sum(one.status == "completed" for one in mine),
            "alarm": any(SELF_HARM in json.loads(one)["alerts"] for one in results if one),
        }  # fmt: skip
    return shown


def _of(unit: Unit, table: Any, ids: list[str]) -> Any:
    return unit.select(table).where(col(table.appointment_id).in_(ids))
