"""When the line does not carry: kept with the visit, phones rung from the clinic's number, the emergency card."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from notifications.message import DeliveryError
from notifications.voice import Ring
from notifications.voice_console import SunkCall, VoiceSink
from server.people.schemas import NeedIn
from server.people.tables import ContactPoint, PersonContact
from server.reminders.tables import Reminder
from server.visits.machine import Status
from server.visits.tables import LineChange, Visit, VisitRing
from tests.parts.clinic import Booked, Browser, Clinic
from tests.parts.marks import sqlite_only
from tests.server.visits.test_visit import admitted

PLACE = {
    "place": "12 Mill Lane, Leeds", "region": "gb", "phone": "+14155550133", "contact": "Ana, sister",
    "contact_phone": "+14155550144",
}  # fmt: skip


async def calls(clinic: Clinic) -> list[SunkCall]:
    assert isinstance(clinic.house.voice, VoiceSink)
    return await clinic.house.voice.list()


async def ring_due(clinic: Clinic) -> None:
    while await clinic.worker.send_alerts():
        pass


def ring_of(shown: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = shown["visit"]["ring"]
    return found


async def test_the_phone_rings_both_once_and_shows_each_only_the_clinic(clinic: Clinic) -> None:
    """However often both pages ask: two calls, one room, nobody's own number in the room or in a row."""
    booked, phone, _ = await admitted(clinic)
    provider = clinic.staff("provider")
    await provider.post(f"/v1/appointments/{booked.id}/intake", PLACE)
    assert (await provider.send("PUT", "/v1/me/phone", {"phone": "+14155550155"})).json()["phone"] == "+14155550155"
    for browser in (phone, provider, phone):
        assert (await browser.send("POST", f"/v1/visits/{booked.visit_id}/call-back", {})).status_code == 202
    assert ring_of(await clinic.row(booked))["state"] == "asked"
    await ring_due(clinic)
    rung = await calls(clinic)
    assert sorted(one.to for one in rung) == ["+14155550133", "+14155550155"]
    assert len({one.room for one in rung}) == 1
    assert not any(number in one.words for one in rung for number in ("555", "Rosa", "Marsh"))
    shown = await phone.get(f"/v1/links/{booked.link_id}/visit")
    assert ring_of(shown) == ring_of(await clinic.row(booked))
    assert ring_of(shown) | {"state": "ringing", "purpose": "call-back", "by": "patient"} == ring_of(shown)
    assert shown["stage"] == "in-visit"  # the call stays ready: nothing has to be begun again
    kept = [row.model_dump_json() for row in await clinic.all(VisitRing)]
    assert "555" not in "".join(kept)
    assert (await phone.send("POST", f"/v1/visits/{booked.visit_id}/hang-up", {})).status_code == 202
    await ring_due(clinic)
    assert all(one.ended for one in await calls(clinic))
    assert ring_of(await clinic.row(booked))["state"] == "ended"


async def test_somebody_who_signs_is_never_rung(clinic: Clinic) -> None:
    for kind in ("deaf", "signing"):
        person = await clinic.person(needs=[NeedIn(kind=kind)])
        booked, phone = await let_in(clinic, await clinic.book(person=person, provider="provider"))
        for browser in (phone, clinic.staff("provider")):
            problem = await browser.refused(409, "POST", f"/v1/visits/{booked.visit_id}/call-back", {})
            assert "Write to each other in the messages" in problem["detail"]
    await ring_due(clinic)
    assert await calls(clinic) == []


async def let_in(clinic: Clinic, booked: Booked) -> tuple[Booked, Browser]:
    phone = await clinic.arrive(booked)
    entry, provider = (await clinic.row(booked))["entry"], clinic.staff("provider")
    body = {"version": entry["version"], "identifiers": ["birth_date", "name"]}
    await provider.post(f"/v1/waiting/{entry['id']}/admit", body)
    return booked, phone


async def test_a_visit_that_does_not_run_rings_nobody(clinic: Clinic) -> None:
    waiting = await clinic.book(provider="provider")
    phone = await clinic.arrive(waiting)
    await phone.refused(409, "POST", f"/v1/visits/{waiting.visit_id}/call-back", {})
    booked, _, version = await admitted(clinic)
    provider = clinic.staff("provider")
    assert (await provider.send("POST", f"/v1/visits/{booked.visit_id}/call-back", {})).status_code == 202
    await ring_due(clinic)
    await provider.post(f"/v1/visits/{booked.visit_id}/end", {"version": version})
    await ring_due(clinic)
    assert [one.ended for one in await calls(clinic)] == [True, True]  # the visit is over for the phones too


class Mute:
    """A provider of calls that is away."""

    async def ring(self, call: Ring) -> str:
        raise DeliveryError(False, "21210", f"cannot ring for {call.key[:4]}")

    async def hang_up(self, provider_id: str) -> None:
        raise AssertionError(f"{provider_id} was never rung")

    async def check(self) -> str:
        return ""

    async def aclose(self) -> None:
        return None


async def test_a_phone_that_cannot_be_rung_is_said_and_may_be_tried_again(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    voice = clinic.house.voice
    object.__setattr__(clinic.house, "voice", Mute())
    await phone.send("POST", f"/v1/visits/{booked.visit_id}/call-back", {})
    await ring_due(clinic)
    assert ring_of(await clinic.row(booked))["state"] == "failed"
    object.__setattr__(clinic.house, "voice", voice)
    await phone.send("POST", f"/v1/visits/{booked.visit_id}/call-back", {})
    await ring_due(clinic)
    assert ring_of(await clinic.row(booked))["state"] == "ringing"
    assert len(await calls(clinic)) == 2


async def test_a_wish_that_nobody_took_in_a_minute_rings_no_more(clinic: Clinic) -> None:
    """After an outage of the worker no phone rings for a visit that may be over."""
    booked, phone, _ = await admitted(clinic)
    await phone.send("POST", f"/v1/visits/{booked.visit_id}/call-back", {})
    clinic.clock.forward(timedelta(seconds=61))
    await ring_due(clinic)
    assert await calls(clinic) == []
    await phone.send("POST", f"/v1/visits/{booked.visit_id}/call-back", {})  # pressed again, it is a new wish
    await ring_due(clinic)
    assert len(await calls(clinic)) == 2


class Half(Mute):
    """A provider that rings the clinician, and then cannot ring the other."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.ended: list[str] = []

    async def ring(self, call: Ring) -> str:
        if self.rung:
            raise DeliveryError(True, "21211", "This number cannot be rung.")
        self.rung.append(call.key)
        return call.key

    async def hang_up(self, provider_id: str) -> None:
        self.ended.append(provider_id)


async def test_nobody_is_left_alone_in_a_room_when_the_other_phone_cannot_be_rung(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    half = Half()
    object.__setattr__(clinic.house, "voice", half)
    await phone.send("POST", f"/v1/visits/{booked.visit_id}/call-back", {})
    await ring_due(clinic)
    assert ring_of(await clinic.row(booked))["state"] == "failed"
    assert half.ended == half.rung
    assert len(half.ended) == 1


async def test_both_who_ask_in_the_same_moment_are_rung_once(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    path = f"/v1/visits/{booked.visit_id}/call-back"
    both = (phone, clinic.staff("provider"))
    answers = await asyncio.gather(*(browser.send("POST", path, {}) for browser in both for _ in range(4)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(await clinic.all(VisitRing)) == 1


async def test_the_patient_makes_phones_ring_so_often_and_no_oftener_the_clinic_always(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    path = f"/v1/visits/{booked.visit_id}"
    for place in range(6):
        await phone.post("/v1/my/intake", PLACE | {"phone": f"+1415555{110 + place:04d}"})
        assert (await phone.send("POST", f"{path}/call-back", {})).status_code == 202
        await ring_due(clinic)
        await phone.send("POST", f"{path}/hang-up", {})
    for _ in range(4):
        assert "often enough" in (await phone.refused(409, "POST", f"{path}/call-back", {}))["detail"]
    assert "Please wait" in (await phone.refused(429, "POST", f"{path}/call-back", {}))["detail"]
    assert len(await clinic.all(VisitRing)) == 6
    assert (await clinic.staff("provider").send("POST", f"{path}/call-back", {})).status_code == 202


async def test_a_number_that_others_answer_is_not_rung_but_stands_on_the_emergency_card(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    path = f"/v1/visits/{booked.visit_id}"
    for change, shown in (
        (update(PersonContact).values(others_may_read=True), "+14155550123"),
        (update(ContactPoint).values(failed_at=clinic.clock.now()), ""),
    ):
        async with clinic.house.desk.unit(booked.surgery.system) as unit:
            await unit.session.execute(change)
        problem = await phone.refused(409, "POST", f"{path}/call-back", {})
        assert "No telephone of this person's own" in problem["detail"]
        assert (await clinic.staff("provider").post(f"{path}/emergency", {}))["phone"] == shown
    assert await clinic.all(VisitRing) == []


async def test_one_key_shows_whom_to_ring_for_where_the_patient_is_and_notes_the_time(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    provider = clinic.staff("provider")
    path = f"/v1/visits/{booked.visit_id}/emergency"
    unknown = await provider.post(path, {})
    assert (unknown["number"], unknown["of"], unknown["contact"], unknown["place"]) == ("911", "practice", None, "")
    assert unknown["phone"] == "+14155550123"  # the number on file, while none is known for this visit
    problem = await provider.refused(409, "POST", path, {"ring": "contact"})
    assert "No emergency contact is known" in problem["detail"]
    await phone.post("/v1/my/intake", PLACE)
    first = unknown["at"]
    card = await provider.post(path, {"ring": "services"})
    assert (card["place"], card["region"], card["phone"]) == ("12 Mill Lane, Leeds", "GB", "+14155550133")
    assert (card["number"], card["of"], card["ringing"]) == ("999", "place", "services")
    assert card["contact"] == {"name": "Ana, sister", "phone": "+14155550144", "shown": card["contact"]["shown"]}
    assert card["at"] == first
    await provider.post(path, {"ring": "contact"})
    await ring_due(clinic)
    assert sorted(one.to for one in await calls(clinic)) == ["+14155550100", "+14155550100", "+14155550144", "999"]
    row = await clinic.row(booked)
    assert (row["visit"]["status"], row["visit"]["emergency_at"]) == ("in-progress", first)  # the call goes on
    assert ring_of(await phone.get(f"/v1/links/{booked.link_id}/visit")) is None  # a second line, not theirs
    await phone.refused(403, "POST", path, {})


async def test_how_the_line_was_is_kept_from_both_ends(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    provider, path = clinic.staff("provider"), f"/v1/visits/{booked.visit_id}/line"
    await phone.post(path, {"rung": "small", "reason": "slow"})
    await provider.post(path, {"rung": "voice", "reason": "lost", "cause": "their-network"})
    await phone.refused(422, "POST", path, {"rung": "small", "reason": "because"})
    kept = (await provider.get(path))["lines"]
    assert [(one["seat"], one["rung"], one["reason"], one["cause"]) for one in kept] == [
        ("patient", "small", "slow", None),
        ("provider", "voice", "lost", "their-network"),
    ]
    visit = (await clinic.all(Visit, Visit.id == booked.visit_id))[0]
    assert visit.status == Status.in_progress


@sqlite_only
async def test_a_line_that_changes_for_ever_fills_nothing(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    for _ in range(205):
        await phone.post(f"/v1/visits/{booked.visit_id}/line", {"rung": "small", "reason": "loss"})
    assert len(await clinic.all(LineChange)) == 200


async def test_somebody_who_hears_no_chime_is_summoned_by_a_text_once_for_each_turn(clinic: Clinic) -> None:
    """Called, then let in: one text. Without the need nobody whose page is open is texted."""
    clinic.by_day()
    for needs, wanted in (([NeedIn(kind="deaf")], 1), ([], 0)):
        booked = await clinic.book(person=await clinic.person(needs=needs), provider="provider")
        await clinic.arrive(booked)
        entry, provider = (await clinic.row(booked))["entry"], clinic.staff("provider")
        row = await provider.post(f"/v1/waiting/{entry['id']}/call", {"version": entry["version"]})
        body = {"version": row["entry"]["version"], "identifiers": ["birth_date", "name"]}
        row = await provider.post(f"/v1/waiting/{entry['id']}/admit", body)
        planned = await clinic.all(Reminder, Reminder.appointment_id == booked.id)
        assert len([one for one in planned if one.step.startswith("summons")]) == wanted
        await provider.post(f"/v1/visits/{booked.visit_id}/end", {"version": row["visit"]["version"]})
