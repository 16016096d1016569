"""What the clinic asks before the visit: known at admit, sealed, masked, and heard when it is an alarm."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col

from server.audit.tables import AuditEvent
from server.core.errors import Invalid
from server.intake import forms
from server.intake.library import GAD7, PHQ9
from server.intake.service import licence
from server.tasks.tables import Task
from server.waiting import consent
from server.waiting.tables import ConsentRecord
from tests.parts.clinic import Clinic, Seeded, five_minutes, open_clinic
from tests.parts.marks import sqlite_only

PLACE = {"place": "12 Mill Lane, Leeds", "region": "gb", "phone": "(415) 555-0133"}


@asynccontextmanager
async def strict(place: tuple[str, Seeded], folder: Path) -> AsyncIterator[Clinic]:
    """A clinic that admits nobody before place and number are known, as production does."""
    async with open_clinic(place[0], folder, place[1], facts_at_admit=True) as clinic:
        yield clinic


async def phq(clinic: Clinic, **values: Any) -> str:
    """PHQ-9, asked before every visit of the practice's kind; its id."""
    body = {"library": "phq-9", "visit_types": [clinic.north.visit_type], **values}
    made: str = (await clinic.staff("admin").post("/v1/questionnaires", body))["id"]
    return made


def answered(status: str, **choices: int) -> dict[str, Any]:
    """A QuestionnaireResponse; `q9=2` answers question nine with two."""
    return {
        "resourceType": "QuestionnaireResponse", "status": status,
        "item": [{"linkId": f"phq-9-{name[1:]}", "answer": [{"valueCoding": {"code": str(value)}}]}
                 for name, value in choices.items()],
    }  # fmt: skip


ALL_BUT_LAST = {f"q{n}": 1 for n in range(1, 9)}


async def test_place_and_number_must_be_known_at_admit_and_staff_can_fill_them_in(
    place: tuple[str, Seeded], tmp_path: Path
) -> None:
    async with strict(place, tmp_path) as clinic:
        booked = await clinic.book()
        await clinic.arrive(booked)
        row = await clinic.row(booked)
        assert (row["intake"]["place"], row["intake"]["phone"]) == (False, False), "not asked for at check-in"
        by = "provider" if row["provider"]["id"] == clinic.north.accounts["provider"] else "second"
        body = {"version": row["entry"]["version"], "identifiers": ["name", "birth_date"]}
        problem = await clinic.staff(by).refused(409, "POST", f"/v1/waiting/{row['entry']['id']}/admit", body)
        assert problem["missing"] == ["place", "phone"]
        path = f"/v1/appointments/{booked.id}/intake"
        await clinic.staff("scheduler").post(path, {"place": PLACE["place"]})
        problem = await clinic.staff(by).refused(409, "POST", f"/v1/waiting/{row['entry']['id']}/admit", body)
        assert problem["missing"] == ["phone"]
        whole = await clinic.staff("scheduler").post(path, PLACE)
        assert whole["facts"]["phone"] == "+14155550133"
        assert whole["by_staff"]
        row = await clinic.staff(by).post(f"/v1/waiting/{row['entry']['id']}/admit", body)
        assert row["visit"]["status"] == "in-progress"


async def test_intake_is_sealed_and_shown_masked_to_the_patient(clinic: Clinic) -> None:
    booked = await clinic.book()
    phone = await clinic.arrive(booked)
    view = await phone.post("/v1/my/intake", {**PLACE, "reason": "It hurts when I laugh"})
    assert view["facts"] == {"place": "1•••", "phone": "•••• 33"}
    assert view["reason"] is True
    row = await clinic.row(booked)
    assert row["intake"]["reason"] == "It hurts when I laugh"
    stored = str(await clinic.everything(refusals=True))
    for word in ("Mill Lane", "laugh", "5550133"):
        assert word not in stored
        assert word not in str(view)


async def test_what_is_kept_from_last_time_is_masked_and_confirmed_by_one_tap_while_waiting(
    clinic: Clinic,
) -> None:
    before = await clinic.book()
    await (await clinic.arrive(before)).post("/v1/my/intake", PLACE)
    start = five_minutes(clinic.clock.now()) + timedelta(hours=26)
    booked = await clinic.book(person=before.person_id, start=start)
    phone = clinic.browser("patient")
    await phone.post(f"/v1/links/{booked.link_id}/ready", booked.ready)  # early: no check-in yet
    assert (await phone.get("/v1/my/intake"))["kept"] is None
    await phone.refused(409, "POST", "/v1/my/intake", {"keep": True})
    clinic.clock.forward(timedelta(hours=26))
    await phone.post("/v1/my/check-in", {})
    assert (await phone.get("/v1/my/intake"))["kept"] == {"place": "1•••", "phone": "•••• 33"}
    view = await phone.post("/v1/my/intake", {"keep": True})
    assert (view["facts"]["phone"], view["kept"]) == ("•••• 33", None)
    assert (await clinic.row(booked))["intake"]["place"] is True


@sqlite_only
async def test_bad_facts_are_said_beside_their_field_and_change_nothing(clinic: Clinic) -> None:
    booked = await clinic.book()
    phone = await clinic.arrive(booked)
    before = await clinic.everything()
    for body, pointer in (
        ({"phone": "hello"}, "/phone"), ({"phone": "12"}, "/phone"), ({"place": "a\u0007b"}, "/place"),
        ({"place": "x" * 201}, "/place"), ({"region": "Narnia"}, "/region"), ({"reason": "x" * 1001}, "/reason"),
    ):  # fmt: skip
        problem = await phone.refused(422, "POST", "/v1/my/intake", body)
        assert problem["errors"][0]["pointer"] == pointer, body
    await phone.refused(409, "POST", "/v1/my/intake", {"keep": True})
    assert await clinic.everything() == before


@pytest.mark.parametrize(
    ("held", "place", "said"),
    [
        (["GB"], "GB", "inside"), (["GB"], "GB-SCT", "inside"), (["US-CA"], "US-CA", "inside"),
        (["US-CA"], "US-NV", "outside"), (["US-CA"], "US", "unknown"), (["GB"], "PT", "outside"),
        ([], "GB", "unknown"), (["GB"], "", "unknown"),
    ],
)  # fmt: skip
def test_a_licence_covers_its_country_or_its_part(held: list[str], place: str, said: str) -> None:
    assert licence(held, place) == said


async def test_a_place_outside_the_licence_warns_and_the_provider_decides_on_record(clinic: Clinic) -> None:
    admin = clinic.staff("admin")
    for name in ("provider", "second"):
        path = f"/v1/accounts/{clinic.north.accounts[name]}/licences"
        assert await admin.send("PUT", path, {"regions": ["us-ca", "us-ca"]})
    booked = await clinic.book()
    phone = await clinic.arrive(booked)
    await phone.post("/v1/my/intake", {"place": "Reno", "region": "US-NV"})
    row = await clinic.row(booked)
    assert (row["intake"]["licence"], row["intake"]["decision"]) == ("outside", None)
    by = "provider" if row["provider"]["id"] == clinic.north.accounts["provider"] else "second"
    other = "second" if by == "provider" else "provider"
    await clinic.staff(other).refused(409, "POST", f"/v1/appointments/{booked.id}/licence", {"decision": "go-on"})
    row = await clinic.staff(by).post(f"/v1/appointments/{booked.id}/licence", {"decision": "go-on"})
    assert row["intake"]["decision"] == "go-on"
    assert [one for one in await clinic.all(AuditEvent) if one.subtype == "licence.go-on"]
    await phone.post("/v1/my/intake", {"place": "Fresno", "region": "US-CA"})
    row = await clinic.row(booked)
    assert (row["intake"]["licence"], row["intake"]["decision"]) == ("inside", None), "it was about another place"


async def test_consent_is_kept_with_version_and_hash_of_the_shown_words(clinic: Clinic) -> None:
    booked = await clinic.book()
    opened = await clinic.browser().post(f"/v1/links/{booked.link_id}/open?locale=es", {"secret": booked.secret})
    await clinic.browser("patient").post(f"/v1/links/{booked.link_id}/ready", {**booked.ready, "locale": "es"})
    shown = "\n".join([*opened["consent"]["lines"], opened["consent"]["full"]])
    [record] = await clinic.all(ConsentRecord)
    assert (record.text_version, record.locale) == (consent.VERSION, "es")
    assert record.text_hash == hashlib.sha256(shown.encode()).hexdigest()


async def test_a_positive_self_harm_answer_calls_the_staff_at_once_also_days_before(clinic: Clinic) -> None:
    form = await phq(clinic)
    start = five_minutes(clinic.clock.now()) + timedelta(days=1)
    booked = await clinic.book(start=start)
    phone = clinic.browser("patient")
    await phone.post(f"/v1/links/{booked.link_id}/ready", booked.ready)
    path = f"/v1/my/questionnaires/{form}"
    assert (await phone.post(path, answered("in-progress", q1=1)))["crisis"] is False
    assert await clinic.all(Task) == []
    told = await phone.post(path, answered("in-progress", q1=1, q9=1))
    assert told["crisis"] is True, "at once, not when the form is finished"
    [task] = await clinic.all(Task)
    assert (task.kind, task.priority, task.status) == ("self-harm", "stat", "requested")
    assert (task.person_id, task.appointment_id) == (booked.person_id, booked.id)
    assert (await clinic.row(booked))["intake"]["alarm"] is True
    await phone.post(path, answered("completed", **ALL_BUT_LAST, q9=3))
    assert len(await clinic.all(Task)) == 1, "asked once"
    clinic.clock.forward(timedelta(minutes=4))
    await clinic.worker.tidy()
    assert (await clinic.all(Task))[0].step > 1, "it calls louder until somebody accepts"
    assert "PHQ" not in str(await clinic.all(Task)), "the note is sealed"


async def test_a_scale_is_scored_and_staff_read_it_with_a_line_in_the_trail(clinic: Clinic) -> None:
    form = await phq(clinic)
    booked = await clinic.book()
    phone = await clinic.arrive(booked)
    assert [one["status"] for one in (await phone.get("/v1/my/intake"))["questionnaires"]] == ["requested"]
    await phone.post(f"/v1/my/questionnaires/{form}", answered("completed", **ALL_BUT_LAST, q9=0))
    whole = await clinic.staff("provider").get(f"/v1/appointments/{booked.id}/intake")
    [shown] = whole["questionnaires"]
    assert shown["result"] == {"score": 8, "most": 27, "band": "mild", "alerts": []}
    assert shown["answers"][8]["answer"] == "Not at all"
    assert (await clinic.row(booked))["intake"] | {"reason": None} == {
        "reason": None, "place": False, "phone": False, "licence": "unknown", "decision": None, "asked": 1, "done": 1,
        "alarm": False,
    }  # fmt: skip
    reads = await clinic.all(AuditEvent, col(AuditEvent.subtype) == "intake.read")
    assert len(reads) == 1
    assert "Not at all" not in str([one for name, rows in (await clinic.everything()).items() if name != "questionnaire"
                                    for one in rows])  # fmt: skip


@sqlite_only
async def test_answers_that_do_not_fit_are_said_at_their_question_and_what_was_saved_stays(clinic: Clinic) -> None:
    form = await phq(clinic)
    booked = await clinic.book()
    phone, path = await clinic.arrive(booked), f"/v1/my/questionnaires/{form}"
    await phone.post(path, answered("in-progress", q1=2))
    before = await clinic.everything()
    problem = await phone.refused(422, "POST", path, answered("completed", q1=7))
    said = {one["pointer"] for one in problem["errors"]}
    assert "/item/phq-9-1" in said
    assert "/item/phq-9-9" in said
    await phone.refused(422, "POST", path, {"status": "in-progress", "item": [{"linkId": "x", "answer": []}]})
    assert await clinic.everything() == before
    await phone.refused(404, "POST", f"/v1/my/questionnaires/{'A' * 22}", answered("in-progress"))


EVERY_KIND = {
    "resourceType": "Questionnaire", "title": "Before your visit", "status": "active",
    "item": [
        {"linkId": "intro", "type": "display", "text": "Some questions"},
        {"linkId": "about", "type": "group", "item": [
            {"linkId": "since", "type": "date", "text": "Since when?", "required": True},
            {"linkId": "pain", "type": "integer", "text": "Pain, 0 to 10?"},
            {"linkId": "weight", "type": "decimal", "text": "Weight?"},
        ]},
        {"linkId": "side", "type": "choice", "text": "Which side?", "answerOption": [
            {"valueCoding": {"code": "l", "display": "Left"}}, {"valueCoding": {"code": "r", "display": "Right"}},
        ]},
        {"linkId": "more", "type": "text", "text": "Anything else?"},
        {"linkId": "name", "type": "string", "text": "Name of the medicine?"},
    ],
}  # fmt: skip


async def test_every_kind_of_question_is_answered_while_waiting_as_people_type(clinic: Clinic) -> None:
    """Text, choice, number and date; numbers with a comma or in digits of another script."""
    body = {"resource": EVERY_KIND, "visit_types": [clinic.north.visit_type]}
    form = (await clinic.staff("admin").post("/v1/questionnaires", body))["id"]
    booked = await clinic.book()
    phone, path = await clinic.arrive(booked), f"/v1/my/questionnaires/{form}"

    def response(status: str, **values: dict[str, Any]) -> dict[str, Any]:
        items = [{"linkId": name, "answer": [value]} for name, value in values.items()]
        return {"resourceType": "QuestionnaireResponse", "status": status, "item": items}

    wrong = response(
        "in-progress", since={"valueDate": "2026-02-30"}, pain={"valueInteger": "a lot"}, side={"valueString": "both"},
        weight={"valueDecimal": "heavy"}, more={"valueString": "x" * 2001},
    )  # fmt: skip
    problem = await phone.refused(422, "POST", path, wrong)
    assert {one["pointer"] for one in problem["errors"]} == {
        "/item/since", "/item/pain", "/item/side", "/item/weight", "/item/more",
    }  # fmt: skip
    unfinished = await phone.refused(422, "POST", path, response("completed", pain={"valueInteger": 3}))
    assert [one["pointer"] for one in unfinished["errors"]] == ["/item/since"], "only what must be answered"
    right = response(
        "completed", since={"valueDate": "2026-02-28"}, pain={"valueInteger": "٧"}, weight={"valueDecimal": "72,5"},
        side={"valueCoding": {"code": "r"}}, more={"valueString": "لا شيء"},
    )  # fmt: skip
    assert await phone.post(path, right) == {"status": "completed", "crisis": False}
    [shown] = (await clinic.staff("provider").get(f"/v1/appointments/{booked.id}/intake"))["questionnaires"]
    assert [(one["text"], one["answer"]) for one in shown["answers"]] == [
        ("Since when?", "2026-02-28"), ("Pain, 0 to 10?", "7"), ("Weight?", "72.5"), ("Which side?", "Right"),
        ("Anything else?", "لا شيء"),
    ]  # fmt: skip
    assert (await clinic.row(booked))["entry"]["state"] == "waiting", "the place in line is kept meanwhile"


@sqlite_only
async def test_staff_ask_and_fill_in_a_form(clinic: Clinic) -> None:
    form = await phq(clinic, visit_types=[])
    booked = await clinic.book()
    phone = await clinic.arrive(booked)
    assert (await phone.get("/v1/my/intake"))["questionnaires"] == []
    await phone.refused(409, "POST", f"/v1/my/questionnaires/{form}", answered("in-progress", q1=1))
    desk = clinic.staff("scheduler")
    await desk.post(f"/v1/appointments/{booked.id}/questionnaires", {"questionnaire_id": form})
    done = answered("completed", **ALL_BUT_LAST, q9=0)
    await desk.post(f"/v1/appointments/{booked.id}/questionnaires/{form}", done)
    assert [one["status"] for one in (await phone.get("/v1/my/intake"))["questionnaires"]] == ["completed"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"resourceType": "Patient"}, "/resource/resourceType"),
        ({"title": ""}, "/resource/title"),
        ({"item": []}, "/resource/item"),
        ({"item": [{"linkId": "a", "type": "attachment", "text": "?"}]}, "/resource/item/0/type"),
        ({"item": [{"linkId": "a", "type": "choice", "text": "?"}]}, "/resource/item/0/answerOption"),
        ({"item": [{"linkId": "a", "type": "string", "text": "?", "enableWhen": []}]}, "/resource/item/0"),
        ({"item": [{"linkId": "a", "type": "string", "text": "?"}] * 2}, "/resource/item"),
        ({"item": [{"type": "string", "text": "?"}]}, "/resource/item/0/linkId"),
    ],
)
def test_a_form_that_we_cannot_ask_whole_is_refused_with_its_place(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        forms.read({**PHQ9, **change})
    assert refused.value.errors[0].pointer == pointer


def test_the_library_is_whole() -> None:
    assert [(len(form.items), form.bands[-1][0]) for form in map(forms.read, (PHQ9, GAD7))] == [(9, 20), (7, 15)]
    assert [item.link_id for item in forms.read(PHQ9).items if item.alert] == ["phq-9-9"]
