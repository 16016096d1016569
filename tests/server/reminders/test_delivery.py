"""What became of each message is seen, what failed is sent again once, and nobody stays unreached unnoticed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from notifications.message import DeliveryStatus, Remedy
from server.reminders import delivery, figures, prices, remedies
from server.reminders.delivery_schemas import Price, PricesIn
from server.reminders.tables import Reminder
from server.tasks.tables import Task
from tests.parts.clinic import Booked, Clinic, five_minutes
from tests.parts.marks import sqlite_only
from tests.server.reminders.test_reminders import BadLine, fault, mails, texts, worker_with

LIST, SILENT = "/v1/deliveries", "/v1/deliveries/unreached"


@pytest.fixture(autouse=True)
def noon(clinic: Clinic) -> None:
    clinic.by_day()


async def visit(clinic: Clinic, hours: int = 20, **person: Any) -> Booked:
    start = five_minutes(clinic.clock.now()) + timedelta(hours=hours)
    return await clinic.book(person=await clinic.person(**person), start=start)


async def send(clinic: Clinic, **line: Any) -> None:
    """Everything due leaves, over a line of texts that fails as told."""
    worker = worker_with(clinic, **line) if line else clinic.worker
    while await worker.send_due():
        pass


async def unreached(clinic: Clinic) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await clinic.staff("scheduler").get(SILENT))["visits"]
    return found


async def test_the_ledger_is_a_page_with_filters(clinic: Clinic) -> None:
    mine = await visit(clinic)
    await clinic.book(surgery=clinic.south)
    await send(clinic)
    desk = clinic.staff("scheduler")
    page = await desk.get(LIST)
    assert {one["visit"]["id"] for one in page["lines"]} == {mine.id}
    assert [one["line"]["due"] for one in page["lines"]] == sorted(
        (one["line"]["due"] for one in page["lines"]), reverse=True
    )
    sent = await desk.get(f"{LIST}?state=delivered&channel=sms&step=confirmation")
    (one,) = sent["lines"]
    assert (one["person"]["name"], one["line"]["to"], one["line"]["state"]) == ("Rosa Marsh", "•••• 23", "delivered")
    assert (await desk.get(f"{LIST}?state=failed"))["lines"] == []
    coming = await desk.get(f"{LIST}?since={page['now']}")
    assert {one["line"]["state"] for one in coming["lines"]} == {"scheduled"}
    await desk.refused(422, "GET", f"{LIST}?state=lost")


async def test_the_page_goes_on_where_it_ended(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "PAGE", 3)
    await visit(clinic)
    desk, seen = clinic.staff("scheduler"), []
    page = await desk.get(LIST)
    while True:
        seen += [one["line"]["id"] for one in page["lines"]]
        if not page["more"]:
            break
        page = await desk.get(f"{LIST}?after={seen[-1]}")
    assert sorted(seen) == sorted(one.id for one in await clinic.all(Reminder))


async def test_a_dead_letter_is_sent_again_once(clinic: Clinic) -> None:
    await visit(clinic, email=None)
    await send(clinic, before=fault(permanent=True))
    desk = clinic.staff("scheduler")
    (dead,) = (await desk.get(f"{LIST}?state=failed"))["lines"]
    assert dead["line"]["why"] == "30003"
    answer = await desk.post(f"{LIST}/replay", {"ids": [dead["line"]["id"]]})
    assert answer == {"replayed": [dead["line"]["id"]], "refused": []}
    await send(clinic)
    assert len(await texts(clinic)) == 1
    again = await desk.post(f"{LIST}/replay", {"ids": [dead["line"]["id"]]})
    assert again["refused"] == [{"id": dead["line"]["id"], "why": "not-failed"}]
    await send(clinic)
    assert len(await texts(clinic)) == 1


async def test_what_went_another_way_is_not_sent_again(clinic: Clinic) -> None:
    booked = await visit(clinic)
    await send(clinic, before=fault(permanent=True))
    assert len(await mails(clinic)) >= 1
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        (dead,) = await unit.all(unit.select(Reminder).where(col(Reminder.status) == "failed"))
        done = await remedies.replay(unit, [dead.id])
    assert [(one.id, one.why) for one in done.refused] == [(dead.id, "by-another-way")]
    assert await unreached(clinic) == []
    assert booked.id


@pytest.mark.parametrize(("how", "why"), [("moved", "moved"), ("over", "too-late"), ("broken", "no-way")])
async def test_a_dead_letter_that_helps_nobody_stays_dead(clinic: Clinic, how: str, why: str) -> None:
    booked = await visit(clinic, email=None)
    remedy = Remedy.BAD_ADDRESS if how == "broken" else None
    await send(clinic, before=fault(True, remedy))
    (dead,) = await clinic.all(Reminder, col(Reminder.status) == "failed")
    if how == "moved":
        row = (await clinic.staff("scheduler").get(f"/v1/schedule?from={clinic.clock.now().date()}&days=7"))["rows"][
            booked.id
        ]
        at = five_minutes(clinic.clock.now()) + timedelta(hours=30)
        body = {"version": row["version"], "start": at.isoformat()}
        await clinic.staff("scheduler").post(f"/v1/appointments/{booked.id}/move", body)
    elif how == "over":
        clinic.clock.forward(timedelta(hours=21))
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        done = await remedies.replay(unit, [dead.id])
    assert [one.why for one in done.refused] == [why]


async def test_nobody_was_reached_until_somebody_is_told(clinic: Clinic) -> None:
    booked = await visit(clinic, email=None)
    assert await unreached(clinic) == []  # it has not been tried
    await send(clinic, before=fault(permanent=True))
    (one,) = await unreached(clinic)
    assert (one["visit"]["id"], one["ways"], one["reached_at"]) == (booked.id, ["sms"], None)
    assert {(line["channel"], line["state"]) for line in one["lines"]} == {("sms", "failed"), ("call", "sent")}
    (task,) = await clinic.all(Task, col(Task.kind) == "not-reached")
    made = await clinic.staff("scheduler").post(f"/v1/appointments/{booked.id}/told", {})
    assert (made["step"], made["state"]) == ("told.1", "delivered")
    assert await unreached(clinic) == []
    (task,) = await clinic.all(Task, col(Task.kind) == "not-reached")
    assert task.status == "completed"
    lines = (await clinic.staff("scheduler").get(f"/v1/appointments/{booked.id}/ledger"))["lines"]
    assert ("told.1", "delivered") in {(line["step"], line["state"]) for line in lines}


async def test_who_has_neither_number_nor_mailbox_stands_there_too(clinic: Clinic) -> None:
    await visit(clinic, email=None, phone=None)
    await send(clinic)
    (one,) = await unreached(clinic)
    assert one["ways"] == []
    problem = await clinic.staff("scheduler").refused(
        409, "POST", f"/v1/appointments/{one['visit']['id']}/resend", {"channel": "sms"}
    )
    assert "ring" in problem["detail"]


async def test_two_who_press_in_the_same_moment_are_both_answered(clinic: Clinic) -> None:
    """One line for each that was made; whoever came second by a hair hears why, and never that nothing is there."""
    booked = await visit(clinic, hours=5)
    await send(clinic)
    staff = [clinic.staff("provider"), clinic.staff("scheduler")]
    for act, body, step in (("resend", {"channel": "sms"}, "again"), ("told", {}, "told")):
        path = f"/v1/appointments/{booked.id}/{act}"
        answers = await asyncio.gather(*(staff[place % 2].send("POST", path, body) for place in range(6)))
        codes = [one.status_code for one in answers]
        assert set(codes) <= {201, 409}, [one.text for one in answers]
        made = await clinic.all(Reminder, col(Reminder.step).startswith(f"{step}."))
        assert len(made) == codes.count(201) >= 1
        assert {one.json()["type"].rpartition(":")[2] for one in answers if one.status_code == 409} <= {"stale-version"}


async def test_the_other_channel_is_one_click(clinic: Clinic) -> None:
    booked = await visit(clinic, hours=5)
    await send(clinic)
    await clinic.staff("provider").post(f"/v1/appointments/{booked.id}/resend", {"channel": "sms"})
    before = len(await texts(clinic))
    await send(clinic)
    assert len(await texts(clinic)) == before + 1
    (row,) = await clinic.all(Reminder, col(Reminder.step) == "again.1")
    assert (row.channel, row.status) == ("sms", "delivered")


async def test_silence_of_the_newest_message_counts_and_an_older_one_is_said(clinic: Clinic) -> None:
    """The confirmation arrived weeks ago; the reminder of now did not: the number may be somebody else's meanwhile."""
    booked = await visit(clinic, hours=72, email=None)
    await send(clinic)
    clinic.clock.forward(timedelta(hours=25))
    await send(clinic, before=fault(permanent=True))
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        (one,) = (await delivery.unreached(unit)).visits
    assert one.visit.id == booked.id
    assert {line.step for line in one.lines} == {"reminder.48h"}
    assert one.reached_at is not None


async def test_what_is_still_under_way_is_nobodys_failure(clinic: Clinic) -> None:
    await visit(clinic, email=None)
    sink = clinic.house.sms
    clinic.worker = type(clinic.worker)(replace(clinic.house, sms=Slow(sink)))  # type: ignore[arg-type]
    await clinic.worker.send_due()
    async with clinic.house.store.engine.begin() as connection:  # taken; its receipt is waited for
        soon = clinic.clock.now() + timedelta(minutes=10)
        await connection.execute(update(Reminder).where(col(Reminder.step) == "confirmation").values(wake_at=soon))
    assert await unreached(clinic) == []
    async with clinic.house.store.engine.begin() as connection:
        lost = {"wake_at": None, "last_error": "no-receipt"}
        await connection.execute(update(Reminder).where(col(Reminder.step) == "confirmation").values(**lost))
    assert len(await unreached(clinic)) == 1


class Slow(BadLine):
    """A provider that takes texts and says nothing yet of what became of them."""

    async def send(self, message: Any) -> Any:
        return replace(await super().send(message), status=DeliveryStatus.QUEUED)


async def test_figures_count_and_say_unknown_where_no_price_is(clinic: Clinic) -> None:
    await visit(clinic)
    await send(clinic)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        before = await figures.figures(unit, clinic.house, 30)
    by = {one.channel: one for one in before.channels}
    parts = by["sms"].parts
    assert (by["sms"].sent, by["sms"].delivered, by["sms"].unpriced) == (1, 1, parts)
    assert by["sms"].costs == []
    assert (by["email"].sent, by["email"].parts) == (1, 1)

    clinic.clock.forward(timedelta(minutes=1))
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await prices.set_prices(unit, PricesIn(sms=Price(amount="0.0079", currency="USD")))
    clinic.clock.forward(timedelta(minutes=1))
    await visit(clinic, hours=21, phone="+14155550124", email=None)
    await send(clinic)
    clinic.clock.forward(timedelta(minutes=1))
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await prices.set_prices(unit, PricesIn(sms=Price(amount="0.01", currency="EUR")))
        after = await figures.figures(unit, clinic.house, 30)
    sms = next(one for one in after.channels if one.channel == "sms")
    assert sms.unpriced == parts
    paid = Decimal("0.0079") * (sms.parts - parts)
    assert [(one.currency, one.amount) for one in sms.costs] == [("USD", str(paid))]


async def test_figures_of_visits_count_each_once(clinic: Clinic) -> None:
    booked = await visit(clinic, hours=2)
    await visit(clinic, hours=3, phone=None, email=None, given="Ivo")
    await send(clinic)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await remedies.told(unit, (await delivery.unreached(unit)).visits[0].visit.id)
    clinic.clock.forward(timedelta(hours=4))
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        counted = (await figures.figures(unit, clinic.house, 1)).visits
    assert (counted.planned, counted.sent, counted.arrived, counted.by_staff) == (2, 1, 1, 1)
    assert booked.id


@sqlite_only
async def test_prices_are_any_currency_in_use_and_no_other(clinic: Clinic) -> None:
    admin, path = clinic.staff("admin"), "/v1/practice/message-prices"
    for code, amount in (("JPY", "3"), ("KWD", "0.002"), ("UAH", "0.55")):
        put = await admin.send("PUT", path, {"sms": {"amount": amount, "currency": code}})
        assert put.json()["sms"] == {"amount": amount, "currency": code}
    for bad in ({"amount": "0.1", "currency": "DEM"}, {"amount": "0.1", "currency": "XXX"}):
        problem = await admin.refused(422, "PUT", path, {"sms": bad})
        assert problem["errors"][0]["pointer"] == "/sms/currency"
    problem = await admin.refused(422, "PUT", path, {"sms": {"amount": "-1", "currency": "EUR"}})
    assert problem["errors"][0]["pointer"] == "/sms/amount"
    assert (await admin.send("PUT", path, {})).json()["sms"] is None


@sqlite_only
async def test_another_practices_messages_are_not_to_be_seen_or_sent(clinic: Clinic) -> None:
    await clinic.book(surgery=clinic.south, person=await clinic.person(clinic.south, email=None))
    await send(clinic, before=fault(permanent=True))
    dead, *_ = await clinic.all(Reminder, col(Reminder.status) == "failed")
    desk = clinic.staff("scheduler")
    assert (await desk.get(LIST))["lines"] == []
    answer = await desk.post(f"{LIST}/replay", {"ids": [dead.id]})
    assert answer["refused"] == [{"id": dead.id, "why": "not-failed"}]
