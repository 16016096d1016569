"""Merging the events into an old snapshot gives the fresh snapshot, for every viewer, whatever people do.

The snapshot is asked for over HTTP, the events come from the source that feeds the sockets, and `merge` is RFC 7396.
Null and missing are the same thing (docs/protocol.md).
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from notifications.message import Inbound
from server.appointments.tables import Appointment
from server.core.principal import Role
from server.live import LogSource
from server.reminders import replies
from server.store.outbox import Written, instant
from server.tasks import ladder
from server.tasks import service as tasks
from server.tasks.kinds import Kind, Priority
from server.views.board import stamp
from server.waiting import keeper
from server.waiting.drift import watch
from server.waiting.outlook import look_ahead
from server.waiting.schemas import ReadinessIn
from server.waiting.service import check_in, reconcile
from signaling.ports import Viewer
from tests.parts.clinic import Booked, Browser, Clinic, five_minutes, merge

STEPS = 90
WEIGHT = {
    "ready": 8, "admit": 3, "call": 3, "readiness": 3, "book": 1, "book_far": 1, "fresh": 1, "guest": 1, "turn_out": 1,
}  # the others 2  # fmt: skip


def plain(value: Any) -> Any:
    """Without members that are null: absent is null."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if one is not None}
    return [plain(one) for one in value] if isinstance(value, list) else value


@dataclass
class Listener:
    """Somebody with a page open: the snapshot as it was, and what came since."""

    clinic: Clinic
    browser: Browser
    path: str
    topic: str
    view: dict[str, Any] = field(default_factory=dict)
    cursor: int = 0
    heard: int = 0
    checked: int = 0
    announced: Mapping[tuple[str, int], Written] = field(default_factory=dict)
    every_day: bool = False  # its events tell of days that its snapshot does not show

    async def open(self) -> Listener:
        self.view = await self.browser.get(self.path)
        self.cursor = self.view.pop("heads")[self.topic]
        return self

    async def listen(self) -> None:
        role = Role(self.browser.role or "")
        viewer = Viewer(self.clinic.north.id, "subject", "session", role.value, "audience", None, 0)
        while True:
            heard = await LogSource(self.clinic.house.desk).range(self.topic, self.cursor, viewer)
            assert heard is not None
            assert [event.seq for event in heard.events] == list(range(self.cursor + 1, heard.through + 1))
            for event in heard.events:
                self.view = merge(self.view, json.loads(event.d))
                self.heard += 1
                if (told := self.announced.get((self.topic, event.seq))) is not None:
                    assert (told.tenant, told.type, told.patch) == (viewer.tenant, event.type, event.d)
                    assert instant(told.at) == event.at  # what came with the hint is what stands in the log
                    self.checked += 1
            self.cursor = heard.through
            if not heard.events:
                return

    async def check(self) -> None:
        await self.listen()
        fresh = await self.browser.get(self.path)
        assert fresh.pop("heads")[self.topic] == self.cursor
        self.view.pop("now", None)  # the reading of a clock, not state
        fresh.pop("now", None)
        if self.view.get("stage") == "early" and fresh["opens_at"] <= str(stamp(self.clinic.clock.now())):
            self.view["stage"] = "open"  # the clock alone opens the door, without an event
        mine, theirs = plain(self.view), plain(fresh)
        if self.every_day:
            mine = {**mine, "rows": {one: row for one, row in mine["rows"].items() if one in theirs["rows"]}}
        assert mine == theirs, self.topic


@dataclass
class Day:
    """A clinic's day: what people may do next, chosen by `dice`."""

    clinic: Clinic
    dice: random.Random
    visits: list[Booked] = field(default_factory=list)
    phones: dict[str, Browser] = field(default_factory=dict)
    others: list[Browser] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    announced: dict[tuple[str, int], Written] = field(default_factory=dict)  # what came with the hints
    done: dict[str, int] = field(default_factory=dict)
    moved: timedelta = timedelta()
    texts: int = 0
    slot: int = 0
    pool: str = ""

    async def begin(self) -> None:
        self.clinic.house.desk.announce = lambda line: self.announced.update({(line.topic, line.seq): line})
        for name in ("provider", "second", "scheduler", "admin"):
            await self._watch(self.clinic.staff(name), "/v1/board", f"board:{self.clinic.north.id}")
        await self._watch(self.clinic.staff("scheduler"), "/v1/tasks", f"tasks:{self.clinic.north.id}")
        members = [self.clinic.north.accounts[name] for name in ("provider", "second")]
        made = await self.clinic.staff("admin").post("/v1/pools", {"name": "Walk-ins", "members": members})
        self.pool = made["id"]
        day = (self.clinic.clock.now() - timedelta(days=1)).date().isoformat()
        for days in (1, 8):
            path = f"/v1/schedule?from={day}&days={days}"
            await self._watch(self.clinic.staff("scheduler"), path, f"schedule:{self.clinic.north.id}", every_day=True)
        for _ in range(3):
            await self.book()

    async def _watch(self, browser: Browser, path: str, topic: str, *, every_day: bool = False) -> None:
        one = Listener(self.clinic, browser, path, topic, announced=self.announced, every_day=every_day)
        self.listeners.append(await one.open())

    @property
    def acts(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "book": self.book, "book_far": self.book_far, "open": self.open, "ready": self.ready, "call": self.call,
            "requeue": self.requeue, "admit": self.admit, "end": self.end, "leave": self.leave, "back": self.back,
            "readiness": self.readiness, "text": self.reply, "send": self.clinic.send_due, "time": self.time,
            "silence": self.silence, "join": self.join, "ask": self.ask, "task": self.task, "louder": self.louder,
            "see": self.see, "move": self.move, "hand_over": self.hand_over, "cancel": self.cancel,
            "transfer": self.transfer, "triage": self.triage, "elsewhere": self.elsewhere, "worse": self.worse,
            "cannot_wait": self.cannot_wait, "put_back": self.put_back, "ahead": self.ahead, "walk_in": self.walk_in,
            "further": self.further, "prove": self.prove, "fresh": self.fresh, "guest": self.guest,
            "turn_out": self.turn_out, "intake": self.intake, "late": self.late, "drift": self.drift,
        }  # fmt: skip

    async def step(self) -> None:
        names = sorted(self.acts)
        name = self.dice.choices(names, [WEIGHT.get(name, 2) for name in names])[0]
        self.done[name] = self.done.get(name, 0) + 1
        await self.acts[name]()

    # -- acts -----------------------------------------------------------------

    async def book(self, days: int = 0) -> None:
        self.slot += 1
        start = five_minutes(self.clinic.clock.now()) + timedelta(days=days, minutes=15 * self.slot)
        person = await self.clinic.person(phone=f"+1415555{100 + self.slot:04d}", email=None)
        provider = self.dice.choice(["provider", "second"])
        self.visits.append(await self.clinic.book(person=person, start=start, provider=provider))

    async def book_far(self) -> None:
        await self.book(days=5)

    async def move(self) -> None:
        self.slot += 1
        start = five_minutes(self.clinic.clock.now()) + timedelta(minutes=15 * self.slot)
        await self._change("move", start=start.isoformat())

    async def hand_over(self) -> None:
        provider = self.clinic.north.accounts[self.dice.choice(["provider", "second"])]
        await self._change("move", provider_id=provider)

    async def cancel(self) -> None:
        await self._change("cancel")

    async def _change(self, verb: str, **body: str) -> None:
        """Sometimes refused: over, begun, taken, or already so. The first ones stay, so that there is a line."""
        one = self.dice.choice(self.visits if verb == "move" and "start" not in body else self.visits[2:])
        row = (await self.clinic.all(Appointment, Appointment.id == one.id))[0]
        if verb == "move":
            body.setdefault("start", row.start.isoformat())
        sent = {"version": row.version, **body}
        answer = await self.clinic.staff("scheduler").send("POST", f"/v1/appointments/{one.id}/{verb}", sent)
        assert answer.status_code in {200, 409, 422}, answer.text

    async def open(self) -> None:
        one = self.dice.choice(self.visits)
        body = {"secret": one.secret}
        await self.clinic.browser().send("POST", f"/v1/links/{one.link_id}/open", body)

    async def ready(self) -> None:
        one = self.dice.choice(self.visits[:4])
        phone = self.clinic.browser("patient")
        answer = await phone.send("POST", f"/v1/links/{one.link_id}/ready", one.ready)
        if answer.is_success and one.id not in self.phones and "call" in answer.json():
            self.phones[one.id] = phone
            await self._watch(phone, f"/v1/links/{one.link_id}/visit", f"patient:{one.id}")

    async def further(self) -> None:
        """Somebody opens the link on another device, and may watch from outside."""
        one = self.dice.choice(self.visits[:4])
        browser = self.clinic.browser("patient")
        answer = await browser.send("POST", f"/v1/links/{one.link_id}/ready", one.ready)
        if answer.is_success and "confirm" in answer.json():
            self.others.append(browser)

    async def prove(self) -> None:
        if self.others:
            born = self.dice.choice(["1980-02-03", "1980-02-03", "1981-01-01"])
            browser = self.dice.choice(self.others)
            answer = await browser.send("POST", "/v1/my/confirm", {"birth_date": born})
            if answer.is_success:  # from now on it is one of the patient's
                self.others.remove(browser)
                visit = answer.json()["appointment"]["id"]
                await self._watch(browser, f"/v1/links/{browser.link}/visit", f"patient:{visit}")

    async def fresh(self) -> None:
        one = self.dice.choice(self.visits)
        await self.clinic.browser().send("POST", f"/v1/links/{one.link_id}/fresh", {})

    async def guest(self) -> None:
        one = self.dice.choice(self.visits)
        scope = self.dice.choice(["interpreter", "family", "trainee"])
        desk = self.clinic.staff("scheduler")
        answer = await desk.send("POST", f"/v1/appointments/{one.id}/guests", {"scope": scope, "name": "Noor"})
        if answer.is_success and self.dice.random() < 0.5:
            await desk.send("DELETE", f"/v1/appointments/{one.id}/guests/{answer.json()['id']}")

    async def intake(self) -> None:
        one = self.dice.choice(self.visits)
        await self.clinic.staff("scheduler").send(
            "POST", f"/v1/appointments/{one.id}/intake", {"place": "Leeds", "phone": "+14155550133"}
        )

    async def turn_out(self) -> None:
        """Staff end a device that nobody knows."""
        rows = list((await self.clinic.staff("admin").get("/v1/board"))["rows"].values())
        found = [(row["id"], one["id"]) for row in rows for one in row["devices"] if one["level"] is None]
        if found and self.dice.random() < 0.3:
            visit, session = self.dice.choice(found)
            await self.clinic.staff("admin").send("DELETE", f"/v1/appointments/{visit}/devices/{session}")

    async def _entry(self, what: str, **body: Any) -> None:
        rows = list((await self.clinic.staff("provider").get("/v1/board"))["rows"].values())
        found = [row for row in rows if row["entry"]]
        if found:
            row = self.dice.choice(found)
            name = "provider" if row["provider"]["id"] == self.clinic.north.accounts["provider"] else "second"
            body |= {"version": row["entry"]["version"]}
            await self.clinic.staff(name).send("POST", f"/v1/waiting/{row['entry']['id']}/{what}", body)

    async def call(self) -> None:
        await self._entry("call")

    async def see(self) -> None:
        rows = (await self.clinic.staff("admin").get("/v1/board"))["rows"].values()
        unseen = [row["entry"]["id"] for row in rows if row["entry"] and not row["entry"]["seen_at"]]
        if unseen:
            name = self.dice.choice(["provider", "second", "scheduler", "admin"])
            await self.clinic.staff(name).post(f"/v1/waiting/{self.dice.choice(unseen)}/see", {})

    async def requeue(self) -> None:
        await self._entry("requeue")

    async def admit(self) -> None:
        await self._entry("admit", identifiers=["name", "birth_date"])

    async def _visit(self, what: str) -> None:
        rows = list((await self.clinic.staff("admin").get("/v1/board"))["rows"].values())
        under_way = [row for row in rows if row["visit"]["status"] == "in-progress"]
        if under_way:
            row = self.dice.choice(under_way)
            name = "provider" if row["provider"]["id"] == self.clinic.north.accounts["provider"] else "second"
            body = {} if what == "join" else {"version": row["visit"]["version"]}
            answer = await self.clinic.staff(name).send("POST", f"/v1/visits/{row['visit']['id']}/{what}", body)
            assert answer.is_success

    async def end(self) -> None:
        await self._visit("end")

    async def join(self) -> None:
        await self._visit("join")

    async def _phone(self, path: str, body: dict[str, Any]) -> None:
        if self.phones:
            await self.dice.choice(list(self.phones.values())).send("POST", path, body)

    async def transfer(self) -> None:
        entry = await self._any_entry()
        providers = [{"provider_id": self.clinic.north.accounts[one]} for one in ("provider", "second")]
        where = self.dice.choice([{"pool_id": self.pool}, *providers])
        if entry is not None:
            body = {"version": entry["version"], "note": "Knows her well", **where}
            await self.clinic.staff("scheduler").send("POST", f"/v1/waiting/{entry['id']}/transfer", body)

    async def triage(self) -> None:
        entry = await self._any_entry()
        if entry is not None:
            body = {"version": entry["version"], "acuity": self.dice.randint(1, 5), "reason": "Short of breath"}
            await self.clinic.staff("provider").send("POST", f"/v1/waiting/{entry['id']}/triage", body)

    async def _any_entry(self) -> dict[str, Any] | None:
        rows = (await self.clinic.staff("admin").get("/v1/board"))["rows"].values()
        found = sorted((row["entry"] for row in rows if row["entry"]), key=lambda one: str(one["id"]))
        entry: dict[str, Any] | None = self.dice.choice(found) if found else None
        return entry

    async def elsewhere(self) -> None:
        await self._phone("/v1/my/elsewhere", {"minutes": self.dice.choice([None, 10])})

    async def worse(self) -> None:
        await self._phone("/v1/my/feel-worse", {})

    async def cannot_wait(self) -> None:
        await self._phone("/v1/my/cannot-wait", {"wish": self.dice.choice(["rebook", "phone"])})

    async def put_back(self) -> None:
        await self._visit("put-back")

    async def walk_in(self) -> None:
        if len(self.visits) < 9:
            body = {
                "person_id": self.visits[0].person_id, "visit_type_id": self.clinic.north.visit_type, "reason": "Rash",
                "pool_id": self.pool,
            }  # fmt: skip
            row = await self.clinic.staff("scheduler").post("/v1/walk-ins", body)
            self.visits.append(await self.clinic.booked(self.clinic.north, row["id"], self.visits[0].person_id))

    async def leave(self) -> None:
        await self._phone("/v1/my/leave", {})

    async def back(self) -> None:
        await self._phone("/v1/my/check-in", {})

    async def readiness(self) -> None:
        await self._phone("/v1/my/readiness", {"media": "voice", "camera": "absent", "microphone": "ok"})

    async def reply(self) -> None:
        self.texts += 1
        sender = f"+1415555{100 + self.dice.randint(1, self.slot):04d}"
        body = self.dice.choice(["1", "2", "3", "STOP", "START", "thank you"])
        inbound = Inbound(f"in-{self.texts}", sender, "+14155550100", body, self.clinic.clock.now())
        await replies.handle(self.clinic.house, inbound)

    async def silence(self) -> None:
        async with self.clinic.house.desk.unit(self.clinic.north.system) as unit:
            await reconcile(unit, timedelta(seconds=self.dice.choice([0, 90])))

    async def ask(self) -> None:
        """Something for the staff, sometimes what was asked for already."""
        one = self.dice.choice(self.visits)
        async with self.clinic.house.desk.unit(self.clinic.north.system) as unit:
            await tasks.ask(
                unit, self.dice.choice(list(Kind)), self.dice.choice(list(Priority)), person_id=one.person_id,
                appointment_id=one.id, note="Says the cough is worse", key=f"law-{self.dice.randint(1, 12)}",
            )  # fmt: skip

    async def task(self) -> None:
        staff = self.clinic.staff(self.dice.choice(["provider", "second", "scheduler", "admin"]))
        found = sorted((await staff.get("/v1/tasks"))["tasks"].values(), key=lambda one: one["id"])
        if found:
            one, act = self.dice.choice(found), self.dice.choice(["accept", "release", "complete", "cancel"])
            await staff.send("POST", f"/v1/tasks/{one['id']}/{act}", {"version": one["version"]})

    async def louder(self) -> None:
        async with self.clinic.house.desk.unit(self.clinic.north.system) as unit:
            await ladder.escalate(unit)

    async def ahead(self) -> None:
        async with self.clinic.house.desk.unit(self.clinic.north.system) as unit:
            await look_ahead(unit, self.dice)
            await keeper.summon(unit)

    async def late(self) -> None:
        """A line runs late, or not any more."""
        name = self.dice.choice(["provider", "second"])
        lane = self.dice.choice([self.clinic.north.accounts[name], self.pool])
        body = {"minutes": self.dice.choice([0, 10, 45])}
        await self.clinic.staff(name).post(f"/v1/late/{lane}", body)

    async def drift(self) -> None:
        async with self.clinic.house.desk.unit(self.clinic.north.system) as unit:
            await watch(unit, self.dice)

    async def time(self) -> None:
        """Some minutes pass: not so many that the clock alone takes a visit off the board."""
        step = timedelta(minutes=self.dice.choice([1, 7, 30]))
        if self.moved + step < timedelta(hours=6):
            self.moved += step
            self.clinic.clock.forward(step)

    async def check(self) -> None:
        for listener in self.listeners:
            await listener.check()


@pytest.mark.parametrize("seed", range(3))
async def test_old_snapshot_and_events_make_the_fresh_snapshot(clinic: Clinic, seed: int) -> None:
    day = Day(clinic, random.Random(seed))
    await day.begin()
    for number in range(STEPS):
        await day.step()
        if number % 6 == 0:
            await day.check()
    await day.check()
    boards, tasks, schedules, patients = day.listeners[:4], day.listeners[4], day.listeners[5:7], day.listeners[7:]
    assert all(listener.heard > 20 for listener in boards)
    assert all(listener.checked == listener.heard for listener in day.listeners)
    assert tasks.heard
    assert all(listener.heard > 20 for listener in schedules)
    assert len(patients) > 1
    assert any(listener.heard for listener in patients)


@pytest.mark.parametrize("seed", range(2))
async def test_the_law_holds_when_everybody_acts_at_once(clinic: Clinic, seed: int) -> None:
    """Two commands at once each change the places in line that the other tells of."""
    day = Day(clinic, random.Random(seed))
    await day.begin()
    booked = [await clinic.book(person=await clinic.person(phone=None), start=five_minutes(clinic.clock.now())
                                + timedelta(minutes=200 + 15 * n), provider="provider") for n in range(6)]  # fmt: skip
    clinic.clock.forward(timedelta(minutes=160))
    phones = [clinic.browser("patient") for _ in booked]
    for number in range(3):
        ready = [
            phone.post(f"/v1/links/{one.link_id}/ready", one.ready) for one, phone in zip(booked, phones, strict=True)
        ]
        await asyncio.gather(*ready)
        for one, phone in zip(booked, phones, strict=True):
            if number == 0:
                await day._watch(phone, f"/v1/links/{one.link_id}/visit", f"patient:{one.id}")
        await asyncio.gather(
            *(phone.send("POST", "/v1/my/leave", {}) for phone in phones[::2]), day.call(), day.admit()
        )
        await asyncio.gather(*(phone.send("POST", "/v1/my/check-in", {}) for phone in phones), clinic.send_due())
        await day.check()


async def test_two_who_come_at_the_same_moment_are_both_told_of(clinic: Clinic) -> None:
    """The second comes while the first has not left yet: it waits at the line, and then sees who stands there."""
    day = Day(clinic, random.Random(0))
    await day.begin()
    start = five_minutes(clinic.clock.now()) + timedelta(minutes=240)
    booked = [await clinic.book(start=start + timedelta(minutes=15 * n), provider="provider") for n in range(2)]

    async def come(one: Booked) -> None:
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            await check_in(unit, await unit.get(Appointment, one.id), ReadinessIn(media="video"))

    async def somebody_waits() -> bool:
        async with clinic.house.store.session(write=False) as session:
            query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            return bool((await session.execute(query)).scalar_one())

    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await check_in(unit, await unit.get(Appointment, booked[1].id), ReadinessIn(media="video"))
        await unit.flush()
        second = asyncio.ensure_future(come(booked[0]))
        while clinic.house.store.dialect == "postgresql" and not await somebody_waits():  # noqa: ASYNC110 - SQLite: one writer
            await asyncio.sleep(0.01)
    await second
    await day.check()
    rows = day.listeners[0].view["rows"]
    assert [rows[one.id]["entry"]["position"] for one in booked] == [1, 2]


async def test_two_who_fall_silent_in_one_look_are_both_told_of(clinic: Clinic) -> None:
    """One transaction changes two rows of one line: each tells the other's place, neither may hide the other."""
    day = Day(clinic, random.Random(0))
    await day.begin()
    start = five_minutes(clinic.clock.now()) + timedelta(minutes=5)
    for number in range(2):
        one = await clinic.book(start=start + timedelta(minutes=15 * number), provider="provider")
        await clinic.arrive(one)
        day.visits.append(one)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        assert await reconcile(unit, timedelta(0)) == 2
    await day.check()
    rows = day.listeners[0].view["rows"]
    assert [rows[one.id]["entry"]["state"] for one in day.visits[-2:]] == ["away", "away"]
