"""A digit answers the newest text that asked this very number for one, and never an older one."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col

from server.appointments.tables import Appointment
from server.core.ids import new_id
from server.people.service import people_at
from server.people.tables import PersonContact
from server.reminders import dialogues
from server.reminders.dialogue_tables import Dialogue
from server.waitlist.tables import SlotOffer
from tests.parts.clinic import Booked, Clinic, five_minutes
from tests.parts.marks import sqlite_only
from tests.server.reminders.texting import OTHER, PHONE, open_all_day, row, says, tasks, text_of, texts, visit


@pytest.fixture(autouse=True)
async def by_day(clinic: Clinic) -> None:
    """Ten in the morning in New York: nobody is offered anything at night."""
    now = clinic.clock.now().astimezone(ZoneInfo("America/New_York"))
    day = now.replace(hour=10, minute=0, second=0, microsecond=0)
    clinic.clock.forward((day if day > now else day + timedelta(days=1)) - now)


async def move(clinic: Clinic, booked: Booked, start: datetime) -> None:
    body = {"version": (await row(clinic, booked)).version, "start": start.isoformat()}
    await clinic.staff("scheduler").post(f"/v1/appointments/{booked.id}/move", body)


async def offered_by_text(clinic: Clinic, start: datetime, *booked: Booked, provider: str = "provider") -> None:
    """`start` becomes free and is offered to those who wait for it, by text."""
    gone = await clinic.book(person=await clinic.person(phone=None, email=None), start=start, provider=provider)
    for one in booked:
        await clinic.staff("scheduler").post("/v1/waitlist", {"appointment_id": one.id})
    version = (await row(clinic, gone)).version
    await clinic.staff("scheduler").post(f"/v1/appointments/{gone.id}/cancel", {"version": version})
    await clinic.worker.tidy()
    await clinic.send_due()
    asked = await clinic.all(SlotOffer, col(SlotOffer.status) == "open", col(SlotOffer.start) == start)
    assert {one.appointment_id for one in asked} == {one.id for one in booked}


# -- a menu that something newer has overtaken ------------------------------------


async def test_a_digit_to_times_that_fitted_the_old_time_moves_nothing(clinic: Clinic) -> None:
    await open_all_day(clinic)
    booked = await visit(clinic)
    await clinic.send_due()
    await says(clinic, "2")
    start = five_minutes(clinic.clock.now()) + timedelta(days=9)
    await move(clinic, booked, start)
    await clinic.send_due()
    again = await text_of(clinic, "1")
    assert "0: none of these" in again, "times are offered anew"
    after = await row(clinic, booked)
    assert (after.start, after.revision) == (start, 2)
    await says(clinic, "1")
    assert (await row(clinic, booked)).revision == 3


async def test_a_second_visits_text_is_what_the_digit_answers(clinic: Clinic) -> None:
    await open_all_day(clinic)
    first = await visit(clinic)
    await clinic.send_due()
    await says(clinic, "2")
    second = await clinic.book(
        person=first.person_id, start=five_minutes(clinic.clock.now()) + timedelta(hours=72), provider="second"
    )
    await clinic.send_due()
    assert "Reply 1 to confirm" in (await texts(clinic))[-1]
    assert "which visit" in await text_of(clinic, "1")
    assert (await row(clinic, first)).revision == 1
    assert (await text_of(clinic, "2")).startswith("Confirmed")
    seen = [(await row(clinic, one)) for one in (first, second)]
    assert [(one.participation, one.revision) for one in seen] == [("tentative", 1), ("accepted", 1)]


async def test_an_offer_outranks_the_menu_that_was_sent_before_it(clinic: Clinic) -> None:
    await open_all_day(clinic)
    booked = await visit(clinic, 24 * 8)
    await clinic.send_due()
    await says(clinic, "2")
    start = five_minutes(clinic.clock.now()) + timedelta(days=3)
    await offered_by_text(clinic, start, booked)
    await says(clinic, "1")
    assert (await row(clinic, booked)).start == start
    assert [one.status for one in await clinic.all(SlotOffer)] == ["taken"]


async def test_a_menu_outranks_the_offer_that_was_sent_before_it(clinic: Clinic) -> None:
    await open_all_day(clinic)
    booked = await visit(clinic, 24 * 8)
    await clinic.send_due()
    start = five_minutes(clinic.clock.now()) + timedelta(days=3)
    await offered_by_text(clinic, start, booked)
    await says(clinic, "2")
    (asked,) = await clinic.all(Dialogue)
    async with clinic.house.desk.unit(clinic.north.system, write=False) as unit:
        opened = await dialogues.current(unit, asked.contact_id)
        assert opened is not None
        wanted = dialogues.at(opened[1]["offers"][0]["start"])
    await says(clinic, "1")
    assert (await row(clinic, booked)).start == wanted != start


@sqlite_only
async def test_a_digit_to_the_menu_of_a_visit_that_is_called_off_does_nothing_to_another(clinic: Clinic) -> None:
    await open_all_day(clinic)
    first = await visit(clinic)
    await says(clinic, "2")
    second = await visit(clinic, 72)
    body = {"version": (await row(clinic, first)).version}
    await clinic.staff("scheduler").post(f"/v1/appointments/{first.id}/cancel", body)
    said = await says(clinic, "3")
    assert said is not None
    assert said.kind == "free-text"
    assert (await row(clinic, second)).participation == "needs-action"
    assert await tasks(clinic) == [("answer-text", "routine")]


# -- an offer is taken by whom it went to -------------------------------------------


async def test_an_offer_is_taken_from_the_number_its_text_went_to_only(clinic: Clinic) -> None:
    """Ivo's mother has one number for both; his offer went to his own phone."""
    hers = await visit(clinic, 24 * 7)
    his = await visit(clinic, 24 * 8, phone=OTHER, given="Ivo")
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        contact, _ = await people_at(unit, clinic.house.keys, PHONE)
        assert contact is not None
        unit.add(
            PersonContact(
                id=new_id(), tenant=unit.tenant, person_id=his.person_id, contact_id=contact.id, rank=2
            )
        )  # fmt: skip
    await clinic.send_due()
    start = five_minutes(clinic.clock.now()) + timedelta(days=3)
    await offered_by_text(clinic, start, his)
    said = await says(clinic, "1")
    assert said is not None
    assert said.kind == "which", "her number stands for two people's visits, and none was offered a time there"
    assert [(await row(clinic, one)).revision for one in (hers, his)] == [1, 1]
    await says(clinic, "1", OTHER)
    assert (await row(clinic, his)).start == start


async def test_of_two_offers_at_one_number_we_ask_which_is_meant(clinic: Clinic) -> None:
    first, second = await visit(clinic, 24 * 8), await visit(clinic, 24 * 9, given="Ivo")
    await clinic.send_due()
    starts = [five_minutes(clinic.clock.now()) + timedelta(days=days) for days in (3, 4)]
    for start, booked in zip(starts, (first, second), strict=True):
        await offered_by_text(clinic, start, booked)
    which = await text_of(clinic, "1")
    assert "1: " in which
    assert "2: " in which
    assert {one.revision for one in await clinic.all(Appointment, col(Appointment.status) == "booked")} == {1}
    await says(clinic, "2")
    assert [(await row(clinic, one)).revision for one in (first, second)] == [1, 2]
    assert (await row(clinic, second)).start == starts[1]


@sqlite_only
async def test_of_two_offers_of_one_time_a_person_decides(clinic: Clinic) -> None:
    start = five_minutes(clinic.clock.now()) + timedelta(hours=20)
    first, second = await visit(clinic, 24 * 8), await visit(clinic, 24 * 9, given="Ivo")
    await clinic.send_due()
    await offered_by_text(clinic, start, first, second)
    said = await says(clinic, "1")
    assert said is not None
    assert said.kind == "free-text"
    assert [(await row(clinic, one)).revision for one in (first, second)] == [1, 1]
