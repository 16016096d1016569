"""Answers of one character: every digit and word does what it says, once, and nobody is guessed."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col

from notifications.message import DeliveryError, Inbound, Remedy
from notifications.sms_console import SmsSink
from server.appointments import service as appointments
from server.appointments.schemas import BookIn
from server.appointments.tables import Appointment, Busy
from server.core.ids import new_id
from server.events import MessageAsked
from server.people import consents
from server.people.tables import ContactConsent, ContactPoint, PersonContact
from server.reminders import dialogues, replies
from server.reminders.answers import Said
from server.reminders.dialogue_tables import Dialogue
from server.reminders.tables import Reminder
from server.tasks.tables import Task
from tests.parts.clinic import Clinic, five_minutes
from tests.parts.marks import sqlite_only
from tests.server.reminders.texting import (
    CLINIC,
    OTHER,
    PHONE,
    Twilio,
    open_all_day,
    row,
    says,
    tasks,
    text_of,
    texts,
    visit,
)

# -- 2: another time ----------------------------------------------------------


async def test_two_offers_three_times_and_two_again_books_the_second(clinic: Clinic) -> None:
    await open_all_day(clinic)
    booked = await visit(clinic)
    before = await row(clinic, booked)
    offered = await text_of(clinic, "2")
    assert re.search(r"1: .+ / 2: .+ / 3: .+ / 0: none of these", offered)
    assert (await row(clinic, booked)).participation == "tentative"
    moved = await says(clinic, "2")
    assert moved is not None
    after = await row(clinic, booked)
    assert after.start != before.start
    assert (after.revision, after.participation, after.status) == (2, "accepted", "booked")
    second = re.search(r"2: (.+?) / 3", offered)
    assert second is not None
    await clinic.send_due()
    told = await texts(clinic)
    assert second[1].split()[-1] in told[-1], "the new time is told"
    assert sum(booked.secret in one for one in told[1:]) >= 1, "and the link is the same"
    assert await clinic.all(Dialogue) == []
    assert await tasks(clinic) == []


async def test_the_new_time_is_told_once_by_text(clinic: Clinic) -> None:
    await open_all_day(clinic)
    await visit(clinic)
    await clinic.send_due()
    await says(clinic, "2")
    before = len(await texts(clinic))
    await says(clinic, "1")
    await clinic.send_due()
    assert len(await texts(clinic)) == before + 1


async def test_a_time_that_went_meanwhile_brings_others(clinic: Clinic) -> None:
    await open_all_day(clinic)
    booked = await visit(clinic)
    await says(clinic, "2")
    (asked,) = await clinic.all(Dialogue)
    somebody = await clinic.person(phone=None, email=None)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        opened = await dialogues.current(unit, asked.contact_id)
        assert opened is not None
        start = dialogues.at(opened[1]["offers"][0]["start"])
        other = BookIn(
            person_id=somebody, provider_id=clinic.north.accounts["provider"],
            visit_type_id=clinic.north.visit_type, start=start,
        )  # fmt: skip
        await appointments.book(unit, clinic.house.keys, other)
    again = await text_of(clinic, "1")
    assert again.startswith("That time has just gone.")
    assert (await row(clinic, booked)).revision == 1
    assert (await says(clinic, "1")) is not None
    assert (await row(clinic, booked)).revision == 2


async def test_none_of_them_and_no_times_at_all_go_to_a_person(clinic: Clinic) -> None:
    booked = await visit(clinic)
    assert "will contact you with times" in await text_of(clinic, "2")
    assert await tasks(clinic) == [("rebook", "routine")]
    await open_all_day(clinic)
    assert "0: none" in await text_of(clinic, "2")
    assert "will contact you with times" in await text_of(clinic, "0")
    assert await tasks(clinic) == [("rebook", "routine")], "asked once"
    assert (await row(clinic, booked)).revision == 1


async def test_two_phones_want_one_time_and_one_gets_it(clinic: Clinic) -> None:
    await open_all_day(clinic)
    first, second = await visit(clinic), await visit(clinic, 49, phone=OTHER, given="Ivo")
    await says(clinic, "2")
    await says(clinic, "2", OTHER)
    await asyncio.gather(says(clinic, "1"), says(clinic, "1", OTHER))
    starts = [(await row(clinic, one)).start for one in (first, second)]
    assert len(set(starts)) == 2
    ticks = [(one.provider_id, one.tick) for one in await clinic.all(Busy)]
    assert len(ticks) == len(set(ticks))


# -- 3: cannot come -----------------------------------------------------------


async def test_three_gives_the_time_away_after_ten_minutes(clinic: Clinic) -> None:
    booked = await visit(clinic)
    assert "within 10 minutes" in await text_of(clinic, "3")
    assert (await row(clinic, booked)).status == "booked"
    assert await tasks(clinic) == [("rebook", "routine")]
    clinic.clock.forward(timedelta(minutes=9, seconds=59))
    assert not await dialogues.run_out(clinic.house)
    clinic.clock.forward(timedelta(seconds=1))
    assert await dialogues.run_out(clinic.house)
    after = await row(clinic, booked)
    assert (after.status, after.participation) == ("cancelled", "declined")
    assert await clinic.all(Busy, col(Busy.appointment_id) == booked.id) == []
    await clinic.send_due()
    assert not any("called off" in one for one in await texts(clinic)), "they know; they said so"
    assert "no coming visit" in await text_of(clinic, "1")


@pytest.mark.parametrize("word", ["1", "yes", " 1. "])
async def test_one_within_ten_minutes_keeps_it(clinic: Clinic, word: str) -> None:
    booked = await visit(clinic)
    await says(clinic, "3")
    clinic.clock.forward(timedelta(minutes=9))
    assert (await text_of(clinic, word)).startswith("Confirmed")
    clinic.clock.forward(timedelta(hours=1))
    await dialogues.run_out(clinic.house)
    after = await row(clinic, booked)
    assert (after.status, after.participation) == ("booked", "accepted")
    assert await tasks(clinic) == []


async def test_who_declines_and_then_wants_another_time_keeps_the_visit(clinic: Clinic) -> None:
    await open_all_day(clinic)
    booked = await visit(clinic)
    await says(clinic, "3")
    assert "1: " in await text_of(clinic, "2")
    clinic.clock.forward(timedelta(hours=1))
    await dialogues.run_out(clinic.house)
    assert (await row(clinic, booked)).status == "booked"


async def test_a_visit_that_staff_moved_meanwhile_is_not_called_off(clinic: Clinic) -> None:
    booked = await visit(clinic)
    await says(clinic, "3")
    start = (five_minutes(clinic.clock.now()) + timedelta(hours=72)).isoformat()
    version = (await row(clinic, booked)).version
    moved = await clinic.staff("scheduler").send(
        "POST", f"/v1/appointments/{booked.id}/move", {"version": version, "start": start}
    )
    assert moved.status_code == 200, moved.text
    clinic.clock.forward(timedelta(hours=1))
    await dialogues.run_out(clinic.house)
    assert (await row(clinic, booked)).status == "booked"


async def test_a_later_question_takes_nothing_of_the_ten_minutes(clinic: Clinic) -> None:
    declined, other = await visit(clinic, 48), await visit(clinic, 72)
    await says(clinic, "3")
    assert "within 10 minutes" in await text_of(clinic, "1")
    assert "which visit" in await text_of(clinic, "my link")
    assert (await row(clinic, declined)).status == "booked", "it can still be kept"
    assert other.secret in await text_of(clinic, "2")
    clinic.clock.forward(timedelta(minutes=9))
    assert (await text_of(clinic, "1")).startswith("Confirmed")
    clinic.clock.forward(timedelta(hours=1))
    assert not await dialogues.run_out(clinic.house)
    seen = await row(clinic, declined)
    assert (seen.status, seen.participation) == ("booked", "accepted")


async def test_what_is_asked_later_does_not_keep_a_declined_visit(clinic: Clinic) -> None:
    first, second = await visit(clinic, 48), await visit(clinic, 72)
    for digit in ("1", "2"):
        assert "which visit" in await text_of(clinic, "cannot come")
        assert "within 10 minutes" in await text_of(clinic, digit)
    clinic.clock.forward(timedelta(minutes=10))
    assert await dialogues.run_out(clinic.house)
    assert [(await row(clinic, one)).status for one in (first, second)] == ["cancelled"] * 2
    assert await clinic.all(Dialogue) == []


async def test_who_cannot_come_a_second_time_reaches_staff_again(clinic: Clinic) -> None:
    booked = await visit(clinic)
    await says(clinic, "3")
    await says(clinic, "1")
    assert await tasks(clinic) == [], "they come after all"
    await says(clinic, "3")
    assert await tasks(clinic) == [("rebook", "routine")]
    await says(clinic, "3")
    assert await tasks(clinic) == [("rebook", "routine")], "once while it is open"
    assert {one.appointment_id for one in await clinic.all(Task)} == {booked.id}
    assert len(await clinic.all(Task)) == 2


# -- several visits behind one number ------------------------------------------


async def test_two_patients_on_one_number_are_told_apart_by_time(clinic: Clinic) -> None:
    mine, theirs = await visit(clinic, 48), await visit(clinic, 50, given="Ivo")
    which = await text_of(clinic, "3")
    assert re.search(r"which visit.+1: .+ / 2: ", which)
    assert "Rosa" not in which
    assert "http" not in which, "a link opens one of two people's visits"
    assert [(await row(clinic, one)).participation for one in (mine, theirs)] == ["needs-action"] * 2
    assert "within 10 minutes" in await text_of(clinic, "2")
    assert [(await row(clinic, one)).participation for one in (mine, theirs)] == ["needs-action", "declined"]


async def test_the_same_time_cannot_be_told_apart_and_goes_to_staff(clinic: Clinic) -> None:
    start = five_minutes(clinic.clock.now()) + timedelta(hours=48)
    for name, provider in (("Rosa", "provider"), ("Ivo", "second")):
        who = await clinic.person(given=name, email=None)
        await clinic.book(person=who, start=start, provider=provider)
    before = [one.participation for one in await clinic.all(Appointment)]
    assert "Someone at North Practice will read this" in await text_of(clinic, "1")
    assert await tasks(clinic) == [("answer-text", "routine")]
    assert [one.participation for one in await clinic.all(Appointment)] == before


async def test_a_digit_beyond_the_menu_chooses_nothing(clinic: Clinic) -> None:
    await visit(clinic, 48)
    await visit(clinic, 50, given="Ivo")
    await says(clinic, "1")
    again = await says(clinic, "5")
    assert again is not None
    assert again.kind == "free-text"
    assert {one.participation for one in await clinic.all(Appointment)} == {"needs-action"}


# -- STOP, START, HELP ---------------------------------------------------------


async def test_stop_ends_every_purpose_and_start_brings_all_back(clinic: Clinic) -> None:
    await visit(clinic)
    stopped = await text_of(clinic, "STOP")
    assert "no more texts" in stopped
    assert "START" in stopped
    (contact,) = await clinic.all(ContactPoint)
    assert contact.opted_out_at is not None
    before = len(await texts(clinic))
    await clinic.send_due()
    confirmed = await says(clinic, "1")
    assert confirmed is not None
    assert len(await texts(clinic)) == before, "after STOP nothing leaves, answers neither"
    assert "again" in await text_of(clinic, "start")
    (contact,) = await clinic.all(ContactPoint)
    assert contact.opted_out_at is None
    ledger = [(one.purpose, one.granted, one.source) for one in await clinic.all(ContactConsent)]
    assert sorted(ledger) == sorted((p, granted, "sms") for granted in (False, True) for p in consents.PURPOSES)


@pytest.mark.parametrize(("word", "locale"), [("baja", "es"), ("Arrêtez", "fr"), ("Abmelden", "de"), ("إلغاء", "ar")])
@sqlite_only
async def test_every_languages_word_for_stop_stops(clinic: Clinic, word: str, locale: str) -> None:
    await visit(clinic, language=locale)
    await says(clinic, word)
    (contact,) = await clinic.all(ContactPoint)
    assert contact.opted_out_at is not None


@pytest.mark.parametrize("sender", [PHONE, OTHER])
async def test_the_carriers_own_reading_of_a_stop_is_obeyed(clinic: Clinic, sender: str) -> None:
    await visit(clinic)
    await visit(clinic, place=clinic.south, phone=OTHER)
    await says(clinic, "basta ya", sender, opt_out="STOP", carrier_answers=True)
    assert sum(one.opted_out_at is not None for one in await clinic.all(ContactPoint)) == 1
    assert await texts(clinic, sender) == []
    assert await tasks(clinic) == []


@pytest.mark.parametrize("word", ["STOP", "HELP", "START", "cancel", "End"])
@sqlite_only
async def test_what_a_carrier_answers_we_do_not_answer_too(clinic: Clinic, word: str) -> None:
    await visit(clinic)
    said = await says(clinic, word, carrier_answers=True)
    assert said == Said(said.kind, None) if said else False
    assert await texts(clinic) == []


async def test_a_carriers_21610_is_written_to_the_ledger(clinic: Clinic) -> None:
    await visit(clinic)
    assert isinstance(clinic.house.sms, SmsSink)

    def opted_out() -> None:
        raise DeliveryError(True, "21610", "The person has stopped texts from this sender.", Remedy.OPTED_OUT)

    deaf = replace(clinic.house, sms=Twilio(clinic.house.sms, opted_out))
    await replies.handle(deaf, Inbound("in-1", PHONE, CLINIC, "1", clinic.clock.now()))
    assert {(one.granted, one.source) for one in await clinic.all(ContactConsent)} == {(False, "carrier")}
    (contact,) = await clinic.all(ContactPoint)
    assert contact.opted_out_at is not None


@sqlite_only
async def test_one_purpose_may_end_and_the_others_go_on(clinic: Clinic) -> None:
    await visit(clinic)
    (contact,) = await clinic.all(ContactPoint)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        mine = await unit.get(ContactPoint, contact.id)
        await consents.decide(unit, mine, granted=False, source="staff", purposes=[consents.OFFERS])
        assert await consents.refused(unit, [contact.id]) == {contact.id: {consents.OFFERS}}
        assert mine.opted_out_at is None
        await consents.decide(unit, mine, granted=False, source="staff", purposes=[consents.VISITS, consents.MESSAGES])
        assert mine.opted_out_at is not None


# -- a phone that others may read ----------------------------------------------


@sqlite_only
async def test_behind_a_shared_phone_every_answer_is_neutral(clinic: Clinic) -> None:
    await open_all_day(clinic)
    await visit(clinic, phone_private=False)
    assert [one.others_may_read for one in await clinic.all(PersonContact)] == [True]
    said = [await text_of(clinic, typed) for typed in ("1", "2", "0", "3", "1", "something", "HELP", "my link")]
    assert not [one for one in said if "North" in one or "Practice" in one], said
    assert "911" in await text_of(clinic, "I have chest pain")


@sqlite_only
async def test_what_is_sent_to_a_shared_phone_is_neutral_too(clinic: Clinic) -> None:
    booked = await visit(clinic, phone_private=False)
    await clinic.send_due()
    (told,) = await texts(clinic)
    assert booked.secret in told
    assert not re.search("North|Practice|visit|appointment", told, re.IGNORECASE), told


@sqlite_only
@pytest.mark.parametrize(
    ("private", "end", "why"), [(True, "delivered", None), (False, "cancelled", "others-may-read")]
)
async def test_a_shared_phone_never_hears_that_a_message_waits(
    clinic: Clinic, private: bool, end: str, why: str | None
) -> None:
    booked = await visit(clinic, phone_private=private)
    asked = MessageAsked(
        step="new-message", person_id=booked.person_id, subject=new_id(), appointment_id=booked.id
    )  # fmt: skip
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        unit.emit(asked)
    await clinic.send_due()
    (notice,) = await clinic.all(Reminder, col(Reminder.step) == "new-message")
    assert (notice.status, notice.last_error) == (end, why)
    assert len(await texts(clinic)) == (2 if private else 1), "the confirmation, and only a private phone's notice"


# -- what cannot wait ----------------------------------------------------------


@pytest.mark.parametrize(
    "body", ["I have chest pain", "1 but I cannot breathe", "no puedo respirar", "我胸痛", "не можу дихати"]
)
async def test_urgent_words_bring_advice_at_once_and_a_stat_task(clinic: Clinic, body: str) -> None:
    booked = await visit(clinic)
    advice = await text_of(clinic, body)
    assert "call 911 now" in advice
    assert await tasks(clinic) == [("urgent-message", "stat")]
    (task,) = await clinic.all(Task)
    assert (task.person_id, task.appointment_id) == (booked.person_id, booked.id)
    shown = (await clinic.staff("provider").get("/v1/tasks"))["tasks"][task.id]
    assert shown["note"] == body
    assert (await row(clinic, booked)).participation == "needs-action"
    assert body not in "".join(line for lines in (await clinic.everything()).values() for line in lines)


async def test_free_text_goes_to_staff_sealed_and_the_person_is_told(clinic: Clinic) -> None:
    await visit(clinic, 1)
    told = await text_of(clinic, "Is there a lift in the building?")
    assert "Someone at North Practice will read this, but not at once" in told
    assert "911" in told
    assert await tasks(clinic) == [("answer-text", "urgent")], "the visit begins within two hours"


async def test_running_late_is_told_to_staff(clinic: Clinic) -> None:
    booked = await visit(clinic, 1)
    assert "about 10 min late" in await text_of(clinic, "running late 10")
    (task,) = await clinic.all(Task)
    assert (task.kind, task.priority, task.appointment_id) == ("answer-text", "urgent", booked.id)


async def test_a_wrong_number_goes_to_staff_and_hears_nothing_more(clinic: Clinic) -> None:
    await visit(clinic)
    assert "will check this number" in await text_of(clinic, "4")
    assert await tasks(clinic) == [("wrong-person", "urgent")]
    before = len(await texts(clinic))
    clinic.clock.forward(timedelta(hours=47, minutes=50))
    await clinic.send_due()
    assert len(await texts(clinic)) == before


# -- who has arrived ----


async def test_who_waits_already_is_sent_the_link_and_heard_by_staff(clinic: Clinic) -> None:
    """The page is lost in the line, which takes longer than planned: the visit is still there for every answer."""
    booked = await visit(clinic, hours=0)
    await clinic.arrive(booked)
    clinic.clock.forward(timedelta(hours=1))
    assert booked.secret in await text_of(clinic, "my link")
    said = await says(clinic, "late 10")
    assert said is not None
    assert said.kind == "late"
    for typed in ("2", "3"):
        said = await says(clinic, typed)
        assert said is not None
        assert said.kind == "free-text", "a person hears that somebody in the line cannot stay"
    assert await tasks(clinic) == [("answer-text", "urgent")] * 3
    assert (await row(clinic, booked)).status == "arrived"


# -- my link -------------------------------------------------------------------


async def test_my_link_comes_three_times_an_hour_and_then_not(clinic: Clinic) -> None:
    booked = await visit(clinic)
    for _ in range(3):
        assert booked.secret in await text_of(clinic, "my link")
    assert "already" in await text_of(clinic, "link")
    silent = await says(clinic, "link please")
    assert silent is not None
    assert silent.text is None
    clinic.clock.forward(timedelta(minutes=61))
    assert booked.secret in await text_of(clinic, "my link")


@sqlite_only
async def test_a_number_nobody_knows_learns_nothing(clinic: Clinic) -> None:
    await visit(clinic)
    shared = await says(clinic, "my link", "+14155550199")
    assert shared is None, "two practices share the number, and neither knows this phone"
    admin = clinic.staff("admin")
    own = {"sms_number": "+14155550111", "on_call": []}
    assert (await admin.send("PUT", "/v1/practice/phones", own)).status_code == 200
    told = await text_of(clinic, "my link", "+14155550199", "+14155550111")
    assert "no coming visit" in told
    assert "http" not in told
    for _ in range(5):
        last = await says(clinic, "hello", "+14155550199", "+14155550111")
    assert last is not None
    assert last.text is None, "a stranger's texts are answered three times an hour"
    assert await tasks(clinic) == [("answer-text", "routine")] * 5, "and all of them are read"
    assert "call 911 now" in await text_of(clinic, "chest pain", "+14155550199", "+14155550111")
    assert ("urgent-message", "stat") in await tasks(clinic)


async def test_an_emergency_from_a_phone_that_nobody_knows_reaches_all_who_share_the_number(clinic: Clinic) -> None:
    inbound = Inbound("SM1", OTHER, CLINIC, "I have chest pain", clinic.clock.now())
    for _ in range(2):
        await replies.handle(clinic.house, inbound)
    (advice,) = await texts(clinic, OTHER)
    assert "call 911 now" in advice
    asked = [(one.kind, one.priority, one.tenant) for one in await clinic.all(Task)]
    assert sorted(asked) == sorted(("urgent-message", "stat", one.id) for one in (clinic.north, clinic.south))


async def test_urgent_words_are_answered_after_however_many_texts(clinic: Clinic) -> None:
    await visit(clinic)
    for number in range(replies.MOST_AN_HOUR + 1):
        await says(clinic, f"hello {number}a")
    before = len(await texts(clinic))
    said = await says(clinic, "I have chest pain")
    assert said is not None
    told = await texts(clinic)
    assert len(told) == before + 1
    assert "call 911 now" in told[-1]
    for _ in range(replies.MOST_AN_HOUR + 5):
        await says(clinic, "In an emergency call 911. This is an automatic answer.")
    assert len(await texts(clinic)) == before + replies.MOST_AN_HOUR, "two machines come to an end here too"
    assert (await tasks(clinic)).count(("urgent-message", "stat")) == replies.MOST_AN_HOUR + 6
