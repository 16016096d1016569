"""What the board says of a visit's intake: what is known, what is open, what must be looked at. No answer itself."""

from __future__ import annotations

import json
from typing import Any

from sqlmodel import col

from server.access.service import licences_of
from server.appointments.tables import Appointment
from server.intake.schemas import Facts
from server.intake.service import SELF_HARM, licence
from server.intake.tables import Intake, Questionnaire, QuestionnaireResponse
from server.store.unit import Unit
from server.views.hanging import of_appointments


async def summaries(unit: Unit, appointments: dict[str, Appointment]) -> dict[str, dict[str, Any]]:
    """By appointment: `{reason, place, phone, licence, decision, asked, done, alarm}`; a few queries for any number."""
    ids = list(appointments)
    intakes = {one.appointment_id: one for one in await of_appointments(unit, Intake, ids)}
    responses: dict[str, list[QuestionnaireResponse]] = {}
    for response in await of_appointments(unit, QuestionnaireResponse, ids):
        responses.setdefault(response.appointment_id, []).append(response)
    wanted = (Questionnaire.id, Questionnaire.visit_types)
    always = await unit.columns(Questionnaire, wanted, col(Questionnaire.active).is_(True))
    licences = await licences_of(unit, {one.provider_id for one in appointments.values()})
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
        asked |= {questionnaire_id for questionnaire_id, types in always if visit.visit_type_id in types}
        shown[visit.id] = {
            "reason": facts.reason or None, "place": bool(facts.place), "phone": bool(facts.phone),
            "licence": licence(licences[visit.provider_id], facts.region),
            "decision": intake.outside if intake else None,
            "asked": len(asked), "done": sum(one.status == "completed" for one in mine),
            "alarm": any(SELF_HARM in json.loads(one)["alerts"] for one in results if one),
        }  # fmt: skip
    return shown
