"""The interpreter race: everybody of the language is asked, the first who says yes comes, nobody means a task."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col

from server.access import links
from server.access.tables import Guest
from server.appointments.interpreter_tables import InterpreterRace
from server.appointments.tables import Appointment
from server.tasks.tables import Task
from server.visits import race
from tests.parts.clinic import Booked, Browser, Clinic
from tests.parts.marks import sqlite_only

MANY = 500
VOICE_0 = "+14155550100"  # the first who is listed


async def listed(clinic: Clinic, *languages: str) -> None:
    """Interpreters, one for each language given."""
    desk = clinic.staff("scheduler")
    for place, language in enumerate(languages):
        body = {"name": f"Voice {place}", "phone": f"+1415555{100 + place:04d}", "languages": [language]}
        await desk.post("/v1/interpreters", body)


async def asked(clinic: Clinic, booked: Booked, language: str = "pt") -> dict[str, Any]:
    path = f"/v1/appointments/{booked.id}/interpreters"
    row: dict[str, Any] = await clinic.staff("provider").post(path, {"language": language})
    return row


async def offers(clinic: Clinic, booked: Booked) -> list[tuple[str, str]]:
    """(guest id, secret) of everybody who was asked."""
    rows = await clinic.all(Guest, col(Guest.appointment_id) == booked.id, col(Guest.race_id).is_not(None))
    return [(one.id, links.secret_of(clinic.house.keys, one.id, one.generation)) for one in rows]


async def says(browser: Browser, offer: tuple[str, str], *, come: bool = True) -> str | None:
    view = await browser.post(f"/v1/guests/{offer[0]}/claim", {"secret": offer[1], "come": come})
    return str(view["offer"]) if view["offer"] else None


async def no_interpreter(clinic: Clinic) -> list[Task]:
    return await clinic.all(Task, col(Task.kind) == "no-interpreter")


async def test_of_five_hundred_interpreters_who_say_yes_at_once_one_comes(clinic: Clinic) -> None:
    booked = await clinic.book()
    await listed(clinic, "pt")
    await asked(clinic, booked)
    async with clinic.house.desk.unit(booked.surgery.system) as unit:
        first = (await unit.all(unit.select(Guest).where(col(Guest.appointment_id) == booked.id)))[0]
        for _ in range(MANY - 1):
            one = Guest(**first.model_dump(exclude={"id", "name"}))
            one.secret_hash = links.hash_of(links.secret_of(clinic.house.keys, one.id, 1))
            unit.add(one)
    everybody = await offers(clinic, booked)
    assert len(everybody) == MANY
    browsers = [clinic.browser("guest", address=f"192.0.2.{place}") for place in range(50)]
    told = await asyncio.gather(*(says(browsers[place % 50], one) for place, one in enumerate(everybody)))
    assert sorted(str(one) for one in told) == ["None"] + ["lost"] * (MANY - 1)
    winner = everybody[told.index(None)]
    row = await clinic.row(booked)
    assert [(one["id"], one["scope"]) for one in row["guests"]] == [(winner[0], "interpreter")]
    assert row["race"]["state"] == "taken"
    assert (await clinic.all(InterpreterRace))[0].taken_by == winner[0]
    assert await says(browsers[0], winner) is None, "twice is once"
    assert await no_interpreter(clinic) == []


async def test_whoever_said_yes_and_is_sent_away_leaves_the_visit_without_an_interpreter(clinic: Clinic) -> None:
    booked = await clinic.book()
    await listed(clinic, "pt")
    await asked(clinic, booked)
    (winner,) = await offers(clinic, booked)
    await says(clinic.browser("guest"), winner)
    assert await interpreter_status(clinic, booked) == "accepted"
    gone = await clinic.staff("scheduler").send("DELETE", f"/v1/appointments/{booked.id}/guests/{winner[0]}")
    assert gone.status_code == 204
    assert await interpreter_status(clinic, booked) == "needs-action"
    assert (await asked(clinic, booked))["race"]["state"] == "open"


async def test_whoever_said_yes_and_then_no_does_not_come_and_the_staff_know(clinic: Clinic) -> None:
    booked = await clinic.book()
    await listed(clinic, "pt")
    await asked(clinic, booked)
    (winner,) = await offers(clinic, booked)
    browser = clinic.browser("guest")
    await says(browser, winner)
    await browser.post(f"/v1/guests/{winner[0]}/ready", {"secret": winner[1]})
    await says(browser, winner, come=False)
    assert await interpreter_status(clinic, booked) == "needs-action"
    assert (await clinic.row(booked))["guests"] == []
    (task,) = await no_interpreter(clinic)
    assert task.appointment_id == booked.id
    await browser.refused(410, "POST", f"/v1/guests/{winner[0]}/ready", {"secret": winner[1]})
    assert (await asked(clinic, booked))["race"]["state"] == "open"


async def test_a_visit_at_another_time_has_no_interpreters_yes(clinic: Clinic) -> None:
    """They said yes to the old time. With another provider at the same time they still come."""
    booked = await clinic.book(provider="provider")
    await listed(clinic, "pt")
    await asked(clinic, booked)
    (winner,) = await offers(clinic, booked)
    await says(clinic.browser("guest"), winner)
    row = await clinic.row(booked)
    colleague = {"provider_id": booked.surgery.accounts["second"], "start": row["start"]}
    assert await moved(clinic, booked, colleague) == "accepted"
    later = datetime.fromisoformat(row["start"]) + timedelta(days=1)
    assert await moved(clinic, booked, {"start": later.isoformat()}) == "needs-action"


async def told(clinic: Clinic) -> list[str]:
    """The texts that went out, the words only."""
    while await clinic.worker.send_alerts():
        pass
    folder = clinic.house.settings.data_dir / "sms"
    return [one.read_text() for one in folder.rglob("*") if one.is_file() and VOICE_0 in one.read_text()]


@sqlite_only
async def test_whoever_said_yes_is_told_of_another_time_and_asked_first_and_told_when_it_is_off(clinic: Clinic) -> None:
    booked = await clinic.book(provider="provider")
    await listed(clinic, "pt")
    await asked(clinic, booked)
    (winner,) = await offers(clinic, booked)
    browser = clinic.browser("guest")
    await says(browser, winner)
    await browser.post(f"/v1/guests/{winner[0]}/ready", {"secret": winner[1]})
    later = datetime.fromisoformat((await clinic.row(booked))["start"]) + timedelta(hours=1)
    clinic.clock.forward(timedelta(seconds=1))
    await moved(clinic, booked, {"start": later.isoformat()})
    assert [text for text in await told(clinic) if "Can you still come?" in text]
    row = await clinic.row(booked)
    assert (row["guests"], row["race"]["state"], row["race"]["asked"]) == ([], "open", 1)
    view = await browser.post(f"/v1/guests/{winner[0]}/open", {"secret": winner[1]})
    assert (view["offer"], view["here"], view["start"]) == ("open", False, row["start"])
    await says(browser, winner)
    assert await interpreter_status(clinic, booked) == "accepted"
    version = (await clinic.row(booked))["version"]
    path, body = f"/v1/appointments/{booked.id}/cancel", {"version": version, "reason": "prov", "tell": False}
    await clinic.staff("scheduler").post(path, body)
    (off,) = [text for text in await told(clinic) if "need not come" in text]
    assert not any(word in off for word in ("/g/", "Rosa"))


async def moved(clinic: Clinic, booked: Booked, where: dict[str, Any]) -> str | None:
    body = {"version": (await clinic.all(Appointment, col(Appointment.id) == booked.id))[0].version, **where}
    await clinic.staff("scheduler").post(f"/v1/appointments/{booked.id}/move", body)
    return await interpreter_status(clinic, booked)


async def interpreter_status(clinic: Clinic, booked: Booked) -> str | None:
    return (await clinic.all(Appointment, col(Appointment.id) == booked.id))[0].interpreter_status


@sqlite_only
async def test_who_speaks_it_is_texted_a_link_and_nothing_about_the_visit(clinic: Clinic) -> None:
    booked = await clinic.book()
    await listed(clinic, "pt-BR", "pl", "pt")
    row = await asked(clinic, booked)
    assert row["race"] == {"state": "open", "asked": 2, "passed": 0}
    assert row["guests"] == [], "who is asked is no guest yet"
    path = f"/v1/appointments/{booked.id}/interpreters"
    await clinic.staff("provider").refused(409, "POST", path, {"language": "pt"})
    while await clinic.worker.send_alerts():
        pass
    texts = [one.read_text() for one in (clinic.house.settings.data_dir / "sms").rglob("*") if one.is_file()]
    sent = [text for text in texts if "can you interpret" in text]
    assert len(sent) == 2
    for word in ("Rosa", "Marsh", "Cough", "1980", "ortuguese"):
        assert not any(word in text for text in sent), word
    found = re.search(r"/g/([\w-]{22})#([\w-]{43})", sent[0])
    assert found
    guest_id, secret = found.groups()
    browser = clinic.browser("guest")
    view = await browser.post(f"/v1/guests/{guest_id}/open", {"secret": secret})
    assert (view["offer"], "language" in view, "with" in view, "place" in view) == ("open", True, False, False)
    assert "Rosa" not in str(view)
    await browser.refused(409, "POST", f"/v1/guests/{guest_id}/ready", {"secret": secret})
    assert await says(browser, (guest_id, secret)) is None
    view = await browser.post(f"/v1/guests/{guest_id}/ready", {"secret": secret})
    assert view["here"] is True


@sqlite_only
async def test_nobody_who_comes_is_a_task_once_by_the_clock_or_by_the_last_no(clinic: Clinic) -> None:
    await listed(clinic, "pt", "pt")
    first, second, third = [await clinic.book() for _ in range(3)]
    await asked(clinic, first)
    clinic.clock.forward(timedelta(minutes=11))
    assert await says(clinic.browser("guest"), (await offers(clinic, first))[0]) == "closed"
    for _ in range(2):
        await race.once(clinic.house)
    assert [task.appointment_id for task in await no_interpreter(clinic)] == [first.id]
    assert (await clinic.row(first))["race"]["state"] == "closed"
    await asked(clinic, first)  # and they may be asked again

    await asked(clinic, second)
    for place, offer in enumerate(await offers(clinic, second)):
        assert await says(clinic.browser("guest"), offer, come=False) == "passed"
        state = "closed" if place else "open"
        assert (await clinic.row(second))["race"] == {"state": state, "asked": 2, "passed": place + 1}
    row = await asked(clinic, third, "uk")
    assert row["race"] is None, "nobody speaks it"
    assert {task.appointment_id for task in await no_interpreter(clinic)} == {first.id, second.id, third.id}


@sqlite_only
async def test_a_wrong_number_or_language_of_an_interpreter_is_said_at_its_field(clinic: Clinic) -> None:
    desk, booked = clinic.staff("scheduler"), await clinic.book()
    body = {"name": "Ana", "phone": "12", "languages": ["pt"]}
    assert (await desk.refused(422, "POST", "/v1/interpreters", body))["errors"][0]["pointer"] == "/phone"
    body |= {"phone": "+14155550101", "languages": ["Portuguese!"]}
    assert (await desk.refused(422, "POST", "/v1/interpreters", body))["errors"][0]["pointer"] == "/languages/0"
    problem = await desk.refused(422, "POST", f"/v1/appointments/{booked.id}/interpreters", {})
    assert problem["errors"][0]["pointer"] == "/language"
    made = await desk.post("/v1/interpreters", body | {"languages": ["pt"]})
    changed = await desk.send("PUT", f"/v1/interpreters/{made['id']}", body | {"languages": ["pl"], "active": False})
    assert (changed.json()["languages"], changed.json()["active"]) == (["pl"], False)
    assert "Ana" not in str(await clinic.everything()), "sealed"
