"""What becomes free is offered in rank order, a few at a time, and of all who take it one has it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from sqlmodel import col

from notifications.message import Inbound, Receipt, Sms
from server.appointments.tables import Appointment, Busy
from server.audit.tables import AuditEvent
from server.reminders import replies
from server.reminders.tables import Reminder
from server.reminders.worker import Worker
from server.waitlist.tables import Opening, SlotOffer
from tests.parts.clinic import Booked, Browser, Clinic, five_minutes
from tests.parts.marks import sqlite_only
from tests.server.appointments.kit import noon, z
from tests.server.appointments.test_holds import consistent
from tests.server.reminders.texting import row, text_of, texts

CLAIMS = 500
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(autouse=True)
async def by_day(clinic: Clinic) -> None:
    """Ten in the morning in New York: nobody is asked at night."""
    now = clinic.clock.now().astimezone(NEW_YORK)
    day = now.replace(hour=10, minute=0, second=0, microsecond=0)
    clinic.clock.forward((day if day > now else day + timedelta(days=1)) - now)


async def visit(clinic: Clinic, number: int, start: datetime, provider: str = "provider") -> Booked:
    person = await clinic.person(given=f"Ann{number}", phone=f"+1415555{100 + number:04d}", email=None)
    return await clinic.book(person=person, start=start, provider=provider)


async def listed(clinic: Clinic, number: int, start: datetime, **values: Any) -> Booked:
    """Somebody with a visit who would come earlier."""
    booked = await visit(clinic, number, start, values.pop("provider", "provider"))
    await clinic.staff("scheduler").post("/v1/waitlist", {"appointment_id": booked.id, **values})
    return booked


async def cancel(clinic: Clinic, booked: Booked) -> None:
    row = (await clinic.all(Appointment, Appointment.id == booked.id))[0]
    await clinic.staff("scheduler").post(f"/v1/appointments/{booked.id}/cancel", {"version": row.version})


async def offered(clinic: Clinic, state: str = "open") -> list[str]:
    rows = await clinic.all(SlotOffer, SlotOffer.status == state)
    return [one.appointment_id for one in sorted(rows, key=lambda one: (one.made_at, one.id))]


async def phone_of(clinic: Clinic, booked: Booked) -> Browser:
    """The patient's page, opened long before the visit."""
    browser = clinic.browser("patient")
    await browser.post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    await browser.post(f"/v1/links/{booked.link_id}/ready", booked.ready)
    return browser


async def test_a_freed_time_goes_by_rank_and_the_one_who_takes_it_moves_up(clinic: Clinic) -> None:
    at = noon(clinic, 3)
    gone = await visit(clinic, 1, at)
    first = await listed(clinic, 2, at + timedelta(days=7))
    urgent = await listed(clinic, 3, at + timedelta(days=8), priority="urgent")
    last = await listed(clinic, 4, at + timedelta(days=9))
    desk = clinic.staff("scheduler")
    order = [one["appointment_id"] for one in (await desk.get("/v1/waitlist"))["entries"]]
    assert order == [urgent.id, first.id, last.id]
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    assert await offered(clinic) == [urgent.id], "days ahead one is asked at a time"
    await clinic.worker.tidy()
    assert await offered(clinic) == [urgent.id], "not another one until that runs out"
    clinic.clock.forward(timedelta(minutes=10, seconds=1))
    await clinic.worker.tidy()
    assert (await offered(clinic, "expired"), await offered(clinic)) == ([urgent.id], [first.id])
    # The page says so as soon as it opens, to whoever holds the link: a time, and nothing to take it by.
    opened = await clinic.browser().post(f"/v1/links/{first.link_id}/open", {"secret": first.secret})
    assert [(set(one), one["start"]) for one in opened["offers"]] == [({"start", "zone", "expires_at"}, z(at))]
    phone = await phone_of(clinic, first)
    view = await phone.get(f"/v1/links/{first.link_id}/visit")
    assert [one["start"] for one in view["offers"]] == [z(at)]
    offers = (await phone.get("/v1/my/offers"))["offers"]
    moved = await phone.post(f"/v1/my/offers/{offers[0]['id']}/take")
    assert datetime.fromisoformat(moved["appointment"]["start"]) == at
    assert moved["offers"] == []
    row = (await clinic.all(Appointment, Appointment.id == first.id))[0]
    assert (row.start, row.participation, row.revision) == (at, "accepted", 2)
    seen = await desk.get("/v1/waitlist")
    assert [(one["state"], one["taken_by"], one["offered"]) for one in seen["openings"] if one["start"] == z(at)] == [
        ("taken", first.id, 2)
    ]
    assert [one["appointment_id"] for one in seen["entries"]] == [urgent.id, last.id]
    # Their old time is free in turn, and earlier than what the last one has.
    await clinic.worker.tidy()
    assert sorted(await offered(clinic)) == sorted([urgent.id])
    await consistent(clinic)


async def test_who_gets_a_freed_time_from_the_desk_by_hand_is_on_the_list_no_more(clinic: Clinic) -> None:
    at, desk = noon(clinic, 3), clinic.staff("scheduler")
    gone, stays = await visit(clinic, 1, at), await visit(clinic, 4, at + timedelta(hours=3))
    first = await listed(clinic, 2, at + timedelta(days=7))
    second = await listed(clinic, 3, at + timedelta(days=8))
    await cancel(clinic, gone)
    # Earlier, but into no freed time: they may still wish for more. Somebody who was never on the list changes nothing.
    await desk.post(f"/v1/appointments/{second.id}/move", {"version": 1, "start": z(at + timedelta(days=6))})
    await desk.post(f"/v1/appointments/{stays.id}/move", {"version": 1, "start": z(at + timedelta(hours=2))})
    assert {one["appointment_id"] for one in (await desk.get("/v1/waitlist"))["entries"]} == {first.id, second.id}
    moved = await desk.post(f"/v1/appointments/{first.id}/move", {"version": 1, "start": z(at)})
    assert moved["row"]["waitlist"] == "moved-up"
    seen = await desk.get("/v1/waitlist")
    assert [one["appointment_id"] for one in seen["entries"]] == [second.id]
    states = {one["start"]: (one["state"], one["taken_by"]) for one in seen["openings"]}
    assert states[z(at)] == ("taken", first.id)
    await clinic.worker.tidy()
    assert second.id in await offered(clinic), "their old time, and what others left, is offered on"
    assert z(at) not in {z(one.start) for one in await clinic.all(SlotOffer)}
    await consistent(clinic)


@pytest.mark.parametrize("kept", [False, True])
async def test_a_three_by_text_frees_the_time_for_the_list_unless_a_one_keeps_it(clinic: Clinic, kept: bool) -> None:
    """All of it by text: who cannot come, whom the time is offered to by rank, and who takes it."""
    at = noon(clinic, 3)
    gone = await visit(clinic, 1, at)
    second = await listed(clinic, 2, at + timedelta(days=7))
    first = await listed(clinic, 3, at + timedelta(days=8), priority="urgent")
    await clinic.send_due()
    assert "within 10 minutes" in await text_of(clinic, "3", "+14155550101")
    clinic.clock.forward(timedelta(minutes=9))
    await clinic.worker.send_alerts()
    await clinic.worker.tidy()
    assert await offered(clinic) == [], "it can still be kept"
    if kept:
        assert (await text_of(clinic, "1", "+14155550101")).startswith("Confirmed")
    clinic.clock.forward(timedelta(minutes=2))
    await clinic.worker.send_alerts()
    await clinic.worker.tidy()
    await clinic.send_due()
    if kept:
        assert await offered(clinic) == []
        seen = [await row(clinic, one) for one in (gone, second, first)]
        assert [one.start - at for one in seen] == [timedelta(), timedelta(days=7), timedelta(days=8)]
        return
    assert await offered(clinic) == [first.id]
    assert "Reply 1 to take it" in (await texts(clinic, "+14155550103"))[-1]
    assert not any("Reply 1 to take it" in one for one in await texts(clinic, "+14155550102"))
    await text_of(clinic, "1", "+14155550103")
    seen = [await row(clinic, one) for one in (gone, first)]
    assert [(one.status, one.start) for one in seen] == [("cancelled", at), ("booked", at)]
    await consistent(clinic)


async def test_of_five_hundred_who_claim_at_once_one_wins(clinic: Clinic) -> None:
    """Ten people on standby, fifty presses each, on one time that is two hours away."""
    at = five_minutes(clinic.clock.now()) + timedelta(minutes=90)
    gone = await visit(clinic, 1, at)
    people = [await listed(clinic, 2 + n, at + timedelta(days=2, minutes=15 * n), standby=True) for n in range(10)]
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    offers = {one.appointment_id: one.id for one in await clinic.all(SlotOffer)}
    assert sorted(offers) == sorted(one.id for one in people)
    phones = [await phone_of(clinic, one) for one in people]
    answers = await asyncio.gather(
        *(phones[n % 10].send("POST", f"/v1/my/offers/{offers[people[n % 10].id]}/take", {}) for n in range(CLAIMS))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: CLAIMS - 1}
    assert {answer.json()["slug"] for answer in answers if answer.status_code == 409} <= {"slot-taken", "conflict"}
    there = await clinic.all(Appointment, Appointment.start == at, Appointment.status == "booked")
    assert len(there) == 1
    assert await offered(clinic, "taken") == [there[0].id]
    assert len(await offered(clinic, "lost")) == 9
    assert [one.taken_by for one in await clinic.all(Opening, Opening.start == at)] == [there[0].id]
    assert len(await clinic.all(Busy, Busy.appointment_id == there[0].id)) == 3
    await consistent(clinic)


async def test_who_lets_it_go_makes_way_at_once(clinic: Clinic) -> None:
    at = noon(clinic, 3)
    gone = await visit(clinic, 1, at)
    first, second = [await listed(clinic, 2 + n, at + timedelta(days=7 + n)) for n in range(2)]
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    phone = await phone_of(clinic, first)
    offer = (await phone.get("/v1/my/offers"))["offers"][0]["id"]
    await phone.post(f"/v1/my/offers/{offer}/decline")
    await clinic.worker.tidy()
    assert await offered(clinic) == [second.id]
    problem = await phone.refused(409, "POST", f"/v1/my/offers/{offer}/take", {})
    assert problem["detail"] == "You let this time go."
    theirs = (await clinic.all(SlotOffer, SlotOffer.status == "open"))[0].id
    await phone.refused(404, "POST", f"/v1/my/offers/{theirs}/take", {})
    taken = await clinic.staff("scheduler").post(f"/v1/offers/{theirs}/take")
    assert (taken["row"]["id"], taken["row"]["waitlist"]) == (second.id, "moved-up")


@sqlite_only
async def test_an_offer_that_ran_out_is_nobodys(clinic: Clinic) -> None:
    at = noon(clinic, 3)
    gone, first = await visit(clinic, 1, at), await listed(clinic, 2, at + timedelta(days=7))
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    offer = (await clinic.all(SlotOffer))[0].id
    clinic.clock.forward(timedelta(minutes=10, seconds=1))
    before = await clinic.everything()
    problem = await clinic.staff("scheduler").refused(409, "POST", f"/v1/offers/{offer}/take", {})
    assert "run out" in problem["detail"]
    assert await clinic.everything() == before
    assert (await clinic.all(Appointment, Appointment.id == first.id))[0].revision == 1


@sqlite_only
async def test_a_time_taken_by_the_desk_is_not_offered_and_not_doubled(clinic: Clinic) -> None:
    at = noon(clinic, 3)
    gone, _ = await visit(clinic, 1, at), await listed(clinic, 2, at + timedelta(days=7))
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    offer = (await clinic.all(SlotOffer))[0].id
    await visit(clinic, 9, at)
    problem = await clinic.staff("scheduler").refused(409, "POST", f"/v1/offers/{offer}/take", {})
    assert problem["slug"] == "slot-taken"
    clinic.clock.forward(timedelta(minutes=11))
    await clinic.worker.tidy()
    assert [one.closed_at is None for one in await clinic.all(Opening)] == [False]
    await consistent(clinic)


@sqlite_only
@pytest.mark.parametrize(
    ("values", "asked"),
    [
        ({}, True),
        ({"zone": "UTC", "begins": "12:00", "ends": "12:15"}, True),
        ({"zone": "UTC", "begins": "12:05"}, False),
        ({"zone": "Asia/Karachi", "begins": "17:00", "ends": "17:05"}, True),
        ({"provider": "second"}, False),
        ({"provider": "second", "any_provider": True}, True),
        ({"last_day": "2026-01-01"}, False),
    ],
)
async def test_only_what_suits_is_offered(clinic: Clinic, values: dict[str, Any], asked: bool) -> None:
    at = noon(clinic, 3)
    gone, one = await visit(clinic, 1, at), await listed(clinic, 2, at + timedelta(days=7), **values)
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    assert await offered(clinic) == ([one.id] if asked else [])


@sqlite_only
async def test_at_short_notice_only_standby_is_asked_and_nobody_too_often(clinic: Clinic) -> None:
    at = five_minutes(clinic.clock.now()) + timedelta(minutes=60)
    gone = [await visit(clinic, n, at + timedelta(minutes=15 * n)) for n in range(4)]
    await listed(clinic, 8, at + timedelta(days=7))
    ready = await listed(clinic, 9, at + timedelta(days=8), standby=True)
    phone = await phone_of(clinic, ready)
    for number, one in enumerate(gone):
        await cancel(clinic, one)
        await clinic.worker.tidy()
        assert await offered(clinic) == ([ready.id] if number < 3 else []), "three a day and no more"
        for offer in await clinic.all(SlotOffer, SlotOffer.status == "open"):
            await phone.post(f"/v1/my/offers/{offer.id}/decline")
    assert set(await offered(clinic, "declined")) == {ready.id}


@sqlite_only
async def test_who_leaves_is_not_asked_and_who_is_over_falls_off(clinic: Clinic) -> None:
    desk, at = clinic.staff("scheduler"), noon(clinic, 3)
    gone = await visit(clinic, 1, at)
    first, second = [await listed(clinic, 2 + n, at + timedelta(days=7 + n)) for n in range(2)]
    entries = (await desk.get("/v1/waitlist"))["entries"]
    assert (await desk.send("DELETE", f"/v1/waitlist/{entries[0]['id']}")).status_code == 204
    await desk.refused(404, "DELETE", f"/v1/waitlist/{entries[0]['id']}")
    await cancel(clinic, second)
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    assert (await offered(clinic), (await desk.get("/v1/waitlist"))["entries"]) == ([], [])
    problem = await desk.refused(409, "POST", "/v1/waitlist", {"appointment_id": second.id})
    assert "booked" in problem["detail"]
    again = await desk.post("/v1/waitlist", {"appointment_id": first.id})
    assert [one["appointment_id"] for one in again["entries"]] == [first.id]


@sqlite_only
@pytest.mark.parametrize(
    ("values", "pointer"),
    [({"zone": "Mars/Olympus"}, "/zone"), ({"begins": "25:00"}, "/begins"), ({"weekdays": [8]}, "/weekdays/0"),
     ({"begins": "12:00", "ends": "11:00"}, "/ends"), ({"priority": "soon"}, "/priority"),
     ({"first_day": "2031-02-01", "last_day": "2031-01-01"}, "/last_day")],
)  # fmt: skip
async def test_a_fault_of_a_wish_is_pointed_at(clinic: Clinic, values: dict[str, Any], pointer: str) -> None:
    booked = await visit(clinic, 1, noon(clinic, 3))
    before = await clinic.everything()
    body = {"appointment_id": booked.id, **values}
    problem = await clinic.staff("scheduler").refused(422, "POST", "/v1/waitlist", body)
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert await clinic.everything() == before


@sqlite_only
async def test_the_offer_goes_out_once_and_stands_in_the_audit_trail(clinic: Clinic) -> None:
    at = noon(clinic, 3)
    gone, one = await visit(clinic, 1, at), await listed(clinic, 2, at + timedelta(days=7))
    await clinic.send_due()
    await cancel(clinic, gone)
    for _ in range(2):
        await clinic.worker.tidy()
        await clinic.send_due()
    texts = [text.body for text in await clinic.house.sms.list()]  # type: ignore[attr-defined]
    assert sum("first come, first served" in text for text in texts) == 1
    await clinic.staff("scheduler").post(f"/v1/offers/{(await clinic.all(SlotOffer))[0].id}/take")
    lines = await clinic.all(AuditEvent, col(AuditEvent.subtype).like("offer.%"))
    assert [line.subtype for line in lines] == ["offer.make", "offer.take"]
    assert {line.entity_id for line in lines} == {one.id}


@pytest.mark.parametrize("how", ["declined", "moved", "cancelled"])
async def test_an_offer_that_does_not_stand_any_more_does_not_leave(clinic: Clinic, how: str) -> None:
    """Between the offer and its text the page lets it go, or the desk finds them an earlier time, or calls off."""
    at = noon(clinic, 3)
    gone, one = await visit(clinic, 1, at), await listed(clinic, 2, at + timedelta(days=7))
    await clinic.send_due()
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    (offer,) = await clinic.all(SlotOffer)
    desk = clinic.staff("scheduler")
    if how == "declined":
        await (await phone_of(clinic, one)).post(f"/v1/my/offers/{offer.id}/decline")
    elif how == "moved":
        row = (await clinic.all(Appointment, Appointment.id == one.id))[0]
        body = {"version": row.version, "start": (at - timedelta(days=1)).isoformat()}
        await desk.post(f"/v1/appointments/{one.id}/move", body)
    else:
        await cancel(clinic, one)
    await clinic.send_due()
    texts = [text.body for text in await clinic.house.sms.list()]  # type: ignore[attr-defined]
    assert not any("first come, first served" in text for text in texts)


async def test_an_offer_beside_a_text_that_lost_the_race_calls_off_once(clinic: Clinic) -> None:
    at = noon(clinic, 3)
    gone, one = await visit(clinic, 1, at), await listed(clinic, 2, at + timedelta(days=7))
    await clinic.send_due()
    row = (await clinic.all(Appointment, Appointment.id == one.id))[0]
    later = {"version": row.version, "start": (at + timedelta(days=8)).isoformat()}
    await clinic.staff("scheduler").post(f"/v1/appointments/{one.id}/move", later)
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    left = 0

    class Slow:
        """While the new time and the offer are on their way, the visit is called off and the news overtakes them."""

        async def send(self, message: Sms) -> Receipt:
            nonlocal left
            left += 1
            if left == 1:
                await cancel(clinic, one)
                await clinic.send_due()
            return await clinic.house.sms.send(message)

    await Worker(replace(clinic.house, sms=Slow())).send_due()  # type: ignore[arg-type]
    await clinic.send_due()
    news = [line.step for line in await clinic.all(Reminder, col(Reminder.appointment_id) == one.id)]
    assert sorted(step for step in news if step.startswith("cancelled")) == ["cancelled", "cancelled.2"]


@sqlite_only
async def test_nobody_is_asked_at_night_and_the_time_waits_for_the_morning(clinic: Clinic) -> None:
    at = noon(clinic, 3)
    gone, one = await visit(clinic, 1, at), await listed(clinic, 2, at + timedelta(days=7))
    clinic.clock.forward(timedelta(hours=13))
    await cancel(clinic, gone)
    for hours in range(9):
        await clinic.worker.tidy()
        assert await offered(clinic) == [], f"{hours} hours after eleven at night"
        clinic.clock.forward(timedelta(hours=1, seconds=1))
    await clinic.worker.tidy()
    assert await offered(clinic) == [one.id]


@sqlite_only
async def test_one_by_text_takes_the_offered_time(clinic: Clinic) -> None:
    at = noon(clinic, 3)
    gone, one = await visit(clinic, 1, at), await listed(clinic, 2, at + timedelta(days=7))
    await clinic.send_due()
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    await clinic.send_due()
    sent = Inbound("in-1", "+14155550102", "+14155550100", "1", clinic.clock.now())
    await replies.handle(clinic.house, sent)
    moved = (await clinic.all(Appointment, Appointment.id == one.id))[0]
    assert (moved.start, moved.participation) == (at, "accepted")
    assert await offered(clinic, "taken") == [one.id]
    await consistent(clinic)


async def test_an_offer_that_is_not_earlier_any_more_is_off_and_moves_nothing(clinic: Clinic) -> None:
    """The desk moves the visit to before the offered time; the answer to the older text comes after that."""
    at = noon(clinic, 3)
    gone, one = await visit(clinic, 1, at), await listed(clinic, 2, at + timedelta(days=7))
    await clinic.send_due()
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    await clinic.send_due()
    desk, earlier = clinic.staff("scheduler"), at - timedelta(days=1)
    body = {"version": 1, "start": z(earlier)}
    await desk.post(f"/v1/appointments/{one.id}/move", body)
    assert (await offered(clinic), await offered(clinic, "expired")) == ([], [one.id])
    await replies.handle(clinic.house, Inbound("in-1", "+14155550102", "+14155550100", "1", clinic.clock.now()))
    assert (await clinic.all(Appointment, Appointment.id == one.id))[0].start == earlier
    # The same when the press was a moment faster than the end of the offer.
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await unit.session.execute(update(SlotOffer).values(status="open"))
    offer = (await clinic.all(SlotOffer))[0].id
    problem = await desk.refused(409, "POST", f"/v1/offers/{offer}/take", {})
    assert "earlier than this time" in problem["detail"]
    assert (await clinic.all(Appointment, Appointment.id == one.id))[0].start == earlier
    await consistent(clinic)


@sqlite_only
async def test_a_visit_that_is_called_off_is_offered_nothing_any_more(clinic: Clinic) -> None:
    at = noon(clinic, 3)
    gone, one = await visit(clinic, 1, at), await listed(clinic, 2, at + timedelta(days=7))
    await cancel(clinic, gone)
    await clinic.worker.tidy()
    await cancel(clinic, one)
    assert (await offered(clinic), await offered(clinic, "expired")) == ([], [one.id])
