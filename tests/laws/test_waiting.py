"""Any interleaving of what patients, providers, the desk and the clock do, on two instances, ends in a legal state.

A Hypothesis state machine drives two houses on one PostgreSQL database. Acts may come in pairs at the same moment, one
on each instance, and a transaction may die just before it commits. After every step each line is gapless, nobody is in
a visit and in line, nobody stands in line twice, and every page made of events shows what a fresh one shows.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from server.appointments.tables import Appointment
from server.visits.tables import Visit
from server.waiting import service
from server.waiting.schemas import ReadinessIn
from server.waiting.tables import WaitingRoomEntry
from tests.laws.test_replay import Listener
from tests.parts.clinic import Booked, Browser, Clinic, Seeded, open_clinic

ADMIT = {"identifiers": ["name", "birth_date"]}
STAFF_ACTS = ["call", "requeue", "admit", "transfer", "triage", "end", "put-back"]
PATIENT_ACTS = ["check-in", "leave", "elsewhere", "cannot-wait"]
IN_LINE = {"waiting", "away", "called"}
who = st.integers(0, 2)
where = st.integers(0, 1)
provider = st.sampled_from(["provider", "second"])


class Killed(BaseException):
    """kill -9 just before the commit."""


class World:
    """Two instances of one clinic, three patients, and everybody's open pages."""

    def __init__(self, clinics: list[Clinic], pool_id: str) -> None:
        self.clinics, self.pool_id = clinics, pool_id
        self.visits: list[Booked] = []
        self.phones: list[list[Browser]] = []
        self.pages: list[Listener] = []

    async def begin(self) -> None:
        """Three people walk in: one for each provider, one for both."""
        one = self.clinics[0]
        for number, target in enumerate(({"provider_id": one.north.accounts["provider"]}, {"pool_id": self.pool_id},
                                         {"provider_id": one.north.accounts["second"]})):  # fmt: skip
            person = await one.person(given=f"Pat{number}", phone=None)
            body = {"person_id": person, "visit_type_id": one.north.visit_type, **target}
            row = await one.staff("scheduler").post("/v1/walk-ins", body)
            booked = await one.booked(one.north, row["id"], person)
            phone = await one.arrive(booked)
            twin = self.clinics[1].browser("patient")
            twin.link, twin.http.cookies = phone.link, phone.http.cookies
            self.visits.append(booked)
            self.phones.append([phone, twin])
            page = Listener(one, phone, f"/v1/links/{booked.link_id}/visit", f"patient:{booked.id}")
            self.pages.append(await page.open())
        board = Listener(self.clinics[1], self.clinics[1].staff("admin"), "/v1/board", f"board:{one.north.id}")
        self.pages.append(await board.open())

    async def patient(self, number: int, act: str, instance: int) -> httpx.Response:
        bodies = {"elsewhere": {"minutes": 10}, "cannot-wait": {"wish": "phone"}}
        return await self.phones[number][instance].send("POST", f"/v1/my/{act}", bodies.get(act, {}))

    async def act(self, number: int, act: str, name: str, instance: int) -> httpx.Response | None:
        clinic, booked = self.clinics[instance], self.visits[number]
        row = await clinic.row(booked)
        entry, visit = row["entry"], row["visit"]
        bodies: dict[str, dict[str, Any]] = {
            "admit": ADMIT, "transfer": {"pool_id": self.pool_id} if number % 2 else
            {"provider_id": clinic.north.accounts[name]}, "triage": {"acuity": 1 + number, "reason": "Short of breath"},
        }  # fmt: skip
        if act in {"end", "put-back"}:
            path, version = f"/v1/visits/{visit['id']}/{act}", visit["version"]
        else:
            path, version = f"/v1/waiting/{entry['id']}/{act}", entry["version"]
        return await clinic.staff(name).send("POST", path, {"version": version, **bodies.get(act, {})})

    async def check(self) -> None:
        entries = await self.clinics[0].all(WaitingRoomEntry)
        visits = {one.appointment_id: one for one in await self.clinics[0].all(Visit)}
        live = Counter(one.appointment_id for one in entries if one.status in IN_LINE)
        assert all(count == 1 for count in live.values()), "somebody stands in line twice"
        inside = {one.appointment_id for one in entries if one.status == "admitted" and one.finished_at is None}
        assert not inside & set(live), "admitted and still waiting"
        assert inside == {one for one, visit in visits.items() if visit.status == "in-progress"}
        over = {one for one, visit in visits.items() if visit.status in {"completed", "cancelled"}}
        assert not over & set(live), "somebody waits for a visit that is over"
        boards = [await clinic.staff("admin").get("/v1/board") for clinic in self.clinics]
        assert boards[0]["rows"] == boards[1]["rows"], "both instances show the same"
        for lane in {one.lane for one in entries}:
            line = [row["entry"] for row in boards[0]["rows"].values() if row["entry"] and row["entry"]["lane"] == lane]
            places = [entry["position"] for entry in line if entry["state"] in IN_LINE]
            assert sorted(places) == list(range(1, len(places) + 1)), "a line has gaps"
        for page in self.pages:
            await page.check()
        for mine, page in zip(self.visits, self.pages, strict=False):  # the board's page is the last and has no visit
            shown = repr(page.view)
            others = [one for one in self.visits if one.id != mine.id]
            strangers = [word for one in others for word in (one.id, one.link_id, one.person_id, one.visit_id)]
            strangers += [one.id for one in entries if one.appointment_id != mine.id]
            assert [word for word in strangers if word in shown] == [], "a patient's page names another patient"


def machine(
    run: Callable[[Awaitable[Any]], Any], clinics: list[Clinic], pool_id: str, taken: Counter[int]
) -> type[RuleBasedStateMachine]:
    class Waiting(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.world = World(clinics, pool_id)

        def good(self, answer: httpx.Response | None) -> None:
            taken.update([answer.status_code if answer else 0])
            assert answer is None or answer.status_code in {200, 409, 410, 422}, answer.text

        @initialize()
        def people_come(self) -> None:
            run(self.world.begin())

        @rule(number=who, act=st.sampled_from(PATIENT_ACTS), instance=where)
        def patient(self, number: int, act: str, instance: int) -> None:
            self.good(run(self.world.patient(number, act, instance)))

        @rule(number=who, act=st.sampled_from(STAFF_ACTS), name=provider, instance=where)
        def staff(self, number: int, act: str, name: str, instance: int) -> None:
            self.good(run(self.world.act(number, act, name, instance)))

        @rule(
            number=who,
            acts=st.tuples(st.sampled_from(STAFF_ACTS), st.sampled_from(STAFF_ACTS)),
            names=st.tuples(provider, provider),
        )
        def two_of_the_staff_at_once(self, number: int, acts: tuple[str, str], names: tuple[str, str]) -> None:
            both = (self.world.act(number, act, name, n) for n, (act, name) in enumerate(zip(acts, names, strict=True)))
            for answer in run(asyncio.wait_for(_both(*both), 60)):
                self.good(answer)

        @rule(number=who, act=st.sampled_from(STAFF_ACTS), mine=st.sampled_from(PATIENT_ACTS), name=provider)
        def a_patient_and_the_staff_at_once(self, number: int, act: str, mine: str, name: str) -> None:
            both = _both(self.world.act(number, act, name, 0), self.world.patient(number, mine, 1))
            for answer in run(asyncio.wait_for(both, 60)):
                self.good(answer)

        @rule(instance=where)
        def silence(self, instance: int) -> None:
            async def look() -> None:
                async with clinics[instance].house.desk.unit(clinics[instance].north.system) as unit:
                    await service.reconcile(unit, timedelta(0))

            run(look())

        @rule(number=who)
        def the_socket_is_back(self, number: int) -> None:
            async def seen() -> None:
                async with clinics[1].house.desk.unit(clinics[1].north.system) as unit:
                    await service.seen(unit, self.world.visits[number].id)

            run(seen())

        @rule(number=who, instance=where)
        def an_instance_dies_before_it_commits(self, number: int, instance: int) -> None:
            async def half() -> None:
                async with clinics[instance].house.desk.unit(clinics[instance].north.system) as unit:
                    appointment = await unit.get(Appointment, self.world.visits[number].id)
                    if await service.live_entry(unit, appointment.id) is not None:
                        await service.leave(unit, appointment.id)
                    elif appointment.status == "arrived":
                        await service.check_in(unit, appointment, ReadinessIn(media="video"))
                    await unit.settle()
                    raise Killed

            with pytest.raises(Killed):
                run(half())

        @invariant()
        def it_is_legal_and_every_page_agrees(self) -> None:
            if self.world.pages:
                run(self.world.check())

        def teardown(self) -> None:
            for clinic in clinics:
                for browser in clinic.browsers:
                    run(browser.http.aclose())
                clinic.browsers.clear()

    return Waiting


async def _both(*work: Awaitable[Any]) -> list[Any]:
    return await asyncio.gather(*work)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_any_interleaving_on_two_instances_is_legal(place: tuple[str, Seeded], tmp_path: Path) -> None:
    url, seeded = place
    with asyncio.Runner() as runner:

        def run(work: Awaitable[Any]) -> Any:
            async def one() -> Any:
                return await work

            return runner.run(one())

        stack = AsyncExitStack()
        folders = [tmp_path / "one", tmp_path / "two"]
        for folder in folders:
            folder.mkdir(mode=0o700)
        clinics = [run(stack.enter_async_context(open_clinic(url, folder, seeded))) for folder in folders]
        try:
            members = [clinics[0].north.accounts[name] for name in ("provider", "second")]
            made = run(clinics[0].staff("scheduler").post("/v1/pools", {"name": "Both", "members": members}))
            taken: Counter[int] = Counter()
            checks = settings(
                max_examples=6, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
            )
            run_state_machine_as_test(machine(run, clinics, made["id"], taken), settings=checks)
            assert taken[200] * 5 > taken.total(), "much of what was tried must be possible"
        finally:
            run(stack.aclose())
