"""The part of `recovery` that needs no lab of networks: what a page loses when a process of ours is killed (SIGKILL).

instance_kill_s      the instance that serves the patient is killed, and somebody ahead leaves the line -> the patient's
                     page, back on the other instance by the same address, says the new place
relay_worker_kill_s  the relay's worker is killed in a call of three -> everybody sees both others again
"""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.journeys import story
from tests.journeys.clinic import two_instances
from tests.journeys.story import TOM
from tests.journeys.test_survival import MARTA, booked_soon, check_in_by_api, link_of
from tests.parts.browsers import Browsers
from tests.parts.front import Front
from tests.parts.ports import wait_until
from tests.parts.postgres import Postgres
from tests.parts.redis import Redis
from tests.web.relay_parts import RelayStage, build


def instance_kill(postgres: Postgres, redis: Redis, browsers: Browsers) -> float:
    """Seconds; a clinic of its own for each."""
    with (
        tempfile.TemporaryDirectory() as folder,
        two_instances(Path(folder), postgres, redis) as clinic,
        Front([clinic.second.port, clinic.first.port]) as front,
    ):
        with closing(check_in_by_api(booked_soon(clinic, TOM))) as ahead:
            door = f"http://localhost:{front.port}"
            patient = story.check_in(browsers, link_of(clinic, MARTA).replace(clinic.staff_origin, door))
            patient.wait("heading", "You are 2nd in line")
            wait_until(lambda: clinic.second.metric("careroom_sockets", role="patient") == 1, what="a socket there")
            clinic.second.kill()
            since = time.monotonic()
            ahead.post("/v1/my/leave", json={}).raise_for_status()
            patient.wait("heading", "You are next")
            took = time.monotonic() - since
        patient.leave()
    return took


def worker_kill(pages: Path, browsers: Browsers) -> float:
    with tempfile.TemporaryDirectory() as folder, RelayStage(pages, Path(folder), browsers=browsers) as stage:
        seats = [stage.sit(name) for name in "abc"]
        for seat in seats:
            seat.sees(2)
        stage.do("kill")
        since = time.monotonic()
        for seat in seats:
            seat.more(2, frames=1, wait=15)
        took = time.monotonic() - since
        assert all("reconnecting" in seat.look()["states"] for seat in seats), "somebody's worker was not killed"
        for seat in seats:
            seat.page.leave()
    return took


def measure(rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"instance_kill_s": [], "relay_worker_kill_s": []}
    with tempfile.TemporaryDirectory() as folder, Postgres() as postgres, Redis() as redis, Browsers() as browsers:
        pages = build(Path(folder))
        for number in range(rounds):
            found["instance_kill_s"].append(instance_kill(postgres, redis, browsers))
            found["relay_worker_kill_s"].append(worker_kill(pages, browsers))
            for name, values in found.items():
                print(f"{number + 1}: {name} {values[-1]:.2f}", flush=True)
    return found
