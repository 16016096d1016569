"""An interpreter who joins by telephone: all three meet in one room, nobody is rung twice, and everybody is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from server.people.schemas import NeedIn
from server.visits import ringing
from server.visits.tables import VisitRing
from tests.parts.clinic import Booked, Browser, Clinic
from tests.server.visits.test_line import Mute, calls, let_in, ring_due
from tests.server.visits.test_race import VOICE_0, listed, offers, says
from tests.server.visits.test_visit import admitted


async def ana(clinic: Clinic) -> str:
    """An interpreter of the practice."""
    await listed(clinic, "pt")
    listing = await clinic.staff("provider").get("/v1/interpreters")
    return str(listing["interpreters"][0]["id"])


async def ring(clinic: Clinic, booked: Booked, interpreter_id: str) -> dict[str, Any]:
    body = {"interpreter_id": interpreter_id}
    row: dict[str, Any] = await clinic.staff("provider").post(f"/v1/visits/{booked.visit_id}/interpreter", body)
    return row


async def guest_at(browser: Browser, booked: Booked) -> dict[str, Any]:
    shown = await browser.get(f"/v1/links/{booked.link_id}/visit")
    (guest,) = shown["guests"]
    return dict(guest)


async def test_an_interpreter_is_rung_into_one_room_with_both_and_every_page_says_so(clinic: Clinic) -> None:
    booked, phone, version = await admitted(clinic)
    interpreter = await ana(clinic)
    row = await ring(clinic, booked, interpreter)
    assert (await ring(clinic, booked, interpreter))["guests"] == row["guests"], "the same wish"
    assert [(one["name"], one["phone"]) for one in row["guests"]] == [("Voice 0", "asked")]
    await ring_due(clinic)
    rung = await calls(clinic)
    assert (len(rung), len({one.room for one in rung})) == (3, 1)
    assert [one.to for one in rung][-1] == VOICE_0, "whoever interprets is rung when the others are"
    shown = await phone.get(f"/v1/links/{booked.link_id}/visit")
    assert shown["visit"]["ring"]["state"] == "ringing"
    assert (await guest_at(phone, booked))["phone"] == "ringing"
    row = await clinic.row(booked)
    assert row["visit"]["ring"]["purpose"] == "call-back", "the call of the two is what the page follows"
    assert "55501" not in "".join([one.model_dump_json() for one in await clinic.all(VisitRing)])
    await clinic.staff("provider").post(f"/v1/visits/{booked.visit_id}/end", {"version": version})
    await ring_due(clinic)
    assert all(one.ended for one in await calls(clinic)), "the visit is over for all three"


async def test_who_talks_by_telephone_already_is_not_rung_again(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    await phone.send("POST", f"/v1/visits/{booked.visit_id}/call-back", {})
    await ring_due(clinic)
    await ring(clinic, booked, await ana(clinic))
    await ring_due(clinic)
    rung = await calls(clinic)
    assert (len(rung), len({one.room for one in rung})) == (3, 1)


async def test_whoever_said_yes_is_the_guest_who_is_rung_and_hung_up_when_sent_away(clinic: Clinic) -> None:
    booked = await clinic.book(provider="provider")
    interpreter = await ana(clinic)
    await clinic.staff("provider").post(f"/v1/appointments/{booked.id}/interpreters", {"language": "pt"})
    (winner,) = await offers(clinic, booked)
    await says(clinic.browser("guest"), winner)
    booked, phone = await let_in(clinic, booked)
    row = await ring(clinic, booked, interpreter)
    assert [one["id"] for one in row["guests"]] == [winner[0]]
    await ring_due(clinic)
    await clinic.staff("provider").send("DELETE", f"/v1/appointments/{booked.id}/guests/{winner[0]}")
    await ring_due(clinic)
    assert [one.to for one in await calls(clinic) if one.ended] == [VOICE_0], "the other two talk on"


async def test_nobody_interprets_into_an_empty_room(clinic: Clinic) -> None:
    """The others cannot be rung, so the interpreter is not."""
    booked, phone, _ = await admitted(clinic)
    voice = clinic.house.voice
    object.__setattr__(clinic.house, "voice", Mute())
    await ring(clinic, booked, await ana(clinic))
    await ring_due(clinic)
    object.__setattr__(clinic.house, "voice", voice)
    await ring_due(clinic)
    assert await calls(clinic) == []
    assert (await guest_at(phone, booked))["phone"] == "failed"


async def test_a_ring_that_nobody_takes_ends_is_shown_as_failed_and_can_be_asked_for_again(clinic: Clinic) -> None:
    """No worker ran when it was asked for: later it would only startle three people."""
    booked, phone, _ = await admitted(clinic)
    interpreter = await ana(clinic)
    await ring(clinic, booked, interpreter)
    clinic.clock.forward(ringing.STALE + timedelta(seconds=1))
    await ring_due(clinic)
    assert await calls(clinic) == []
    (guest,) = (await clinic.row(booked))["guests"]
    assert guest["phone"] == (await guest_at(phone, booked))["phone"] == "failed"
    assert (await clinic.row(booked))["visit"]["ring"]["state"] == "failed"
    await ring(clinic, booked, interpreter)
    await ring_due(clinic)
    assert (len(await calls(clinic)), (await guest_at(phone, booked))["phone"]) == (3, "ringing")


async def test_a_ring_that_a_worker_died_with_is_not_asked_for_for_ever(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    await ring(clinic, booked, await ana(clinic))
    await ringing._claim(clinic.house)  # and then its worker is killed
    clinic.clock.forward(ringing.SAME - timedelta(seconds=1))
    await ring_due(clinic)
    assert (await clinic.row(booked))["visit"]["ring"]["state"] == "asked", "it may be ringing"
    clinic.clock.forward(timedelta(seconds=2))
    await ring_due(clinic)
    assert (await guest_at(phone, booked))["phone"] == "failed"
    assert await calls(clinic) == []


async def test_by_telephone_nobody_interprets_for_somebody_who_signs(clinic: Clinic) -> None:
    person = await clinic.person(needs=[NeedIn(kind="signing")])
    booked, _ = await let_in(clinic, await clinic.book(person=person, provider="provider"))
    body = {"interpreter_id": await ana(clinic)}
    path = f"/v1/visits/{booked.visit_id}/interpreter"
    problem = await clinic.staff("provider").refused(409, "POST", path, body)
    assert "messages" in problem["detail"]
    assert (await clinic.row(booked))["guests"] == []
