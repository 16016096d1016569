"""Clinics for journeys: `careroom demo` as people start it, and the same clinic in two processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.parts.instance import ROOT, Instance
from tests.parts.postgres import Postgres
from tests.parts.process import Process
from tests.parts.redis import Redis

_ROLES = ("patient", "provider", "scheduler")


# From which hour of UTC on it is day there, on UTC's own date: a journey's visits are of one day, whenever it runs.
_DAYTIME = ((0, "Asia/Tokyo"), (7, "Europe/London"), (14, "America/Bogota"), (19, "Pacific/Honolulu"))


def daytime() -> str:
    """An IANA zone in which it is between 7 and 16 o'clock now."""
    hour = datetime.now(UTC).hour
    return next(zone for begins, zone in reversed(_DAYTIME) if hour >= begins)


class DemoInstance(Instance):
    """`careroom demo` on a port of its own; keywords are settings that the demo leaves open (DATABASE_URL, BUS_URL).

    Its relay runs where three meet (`relay`); two do not need it. The clinic is in `zone`; without one it is
    where the day is young.
    """

    def __init__(self, folder: Path, *, relay: bool = False, zone: str = "", **settings: str) -> None:
        settings = settings if relay else {"MEDIA_URL": "off:", **settings}
        super().__init__(folder, **settings)
        self.data = folder / "state"
        command = [sys.executable, "-m", "server", "demo", "--port", str(self.port), "--no-browser"]
        command += ["--zone", zone or daytime()]
        self.process = Process([*command, "--data-dir", str(self.data)], folder, env=_environment(settings))

    def start(self) -> None:
        self.process.start(lambda: bool(self.links()) and self._ready(), timeout=60)

    def links(self) -> dict[str, str]:
        """role -> URL, as printed; empty until the demo has printed them all."""
        printed = re.findall(r"^(patient|provider|scheduler) +(\S+)$", self.process.log.read_text(), re.MULTILINE)
        return dict(printed) if len(printed) >= len(_ROLES) else {}


def _environment(settings: dict[str, str]) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAREROOM_")}
    plain["CAREROOM_LOG_LEVEL"] = "info"  # what the clinic would say at its most talkative is what is searched
    return {**plain, "PYTHONPATH": str(ROOT), **{f"CAREROOM_{name}": value for name, value in settings.items()}}


@dataclass
class Clinic:
    """A running clinic. `first` serves the staff; `second` (the same process when embedded) serves the patient."""

    first: DemoInstance
    second: Instance
    postgres: Postgres | None = None
    database_url: str = ""
    redis: Redis | None = None
    folder: Path = field(default_factory=Path)

    @property
    def staff_origin(self) -> str:
        return f"http://localhost:{self.first.port}"

    @property
    def patient_origin(self) -> str:
        return f"http://localhost:{self.second.port}"

    @property
    def two(self) -> bool:
        return self.first is not self.second

    def staff_link(self, role: str) -> str:
        return self.first.links()[role]

    def at_the_patients(self, link: str) -> str:
        """A link as it stands in a text, on the instance that serves the patient."""
        return link.replace(self.staff_origin, self.patient_origin)

    def get(self, path: str) -> Any:
        answer = httpx.get(self.staff_origin + path, timeout=10, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def texts(self, name: str) -> list[str]:
        """What stands in somebody's phone, oldest first."""
        return [one["body"] for one in self.get("/v1/demo/state")["sms"] if one["name"] == name]

    def mails(self, address: str) -> list[dict[str, Any]]:
        return [one for one in self.get("/v1/demo/state")["mail"] if one["to"] == address]

    @contextmanager
    def staff(self, role: str) -> Iterator[httpx.Client]:
        """An API client signed in by the printed link."""
        headers = {"x-careroom-role": role}
        with httpx.Client(base_url=self.staff_origin, headers=headers, timeout=10, trust_env=False) as client:
            token = self.staff_link(role).split("#", 1)[1].split(".", 1)[1]
            client.post("/v1/sessions/enter", json={"role": role, "token": token}).raise_for_status()
            yield client

    def admin(self) -> httpx.Client:
        """An API client of the administrator, by the token that the demo keeps for its helper."""
        token = (self.first.data / "admin.token").read_text()
        headers = {"x-careroom-role": "admin", "authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.staff_origin, headers=headers, timeout=10, trust_env=False)

    def audit_verifies(self) -> str:
        """`careroom audit` on this clinic: its last line. Raises when it found a fault."""
        settings = {"DATA_DIR": str(self.first.data), "MODE": "demo"}
        if self.database_url:
            settings["DATABASE_URL"] = self.database_url
        command = [sys.executable, "-m", "server", "audit"]
        done = subprocess.run(
            command, env=_environment(settings), capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1]


@contextmanager
def embedded(folder: Path, *, relay: bool = False, zone: str = "") -> Iterator[Clinic]:
    """What a newcomer gets: SQLite, in-memory bus, one process."""
    with DemoInstance(folder / "first", relay=relay, zone=zone) as first:
        yield Clinic(first, first, folder=folder)


@contextmanager
def two_instances(folder: Path, postgres: Postgres, redis: Redis, *, relay: bool = False) -> Iterator[Clinic]:
    """One clinic in two processes on two ports, over PostgreSQL and Redis; the second is a plain `careroom serve`."""
    url = postgres.create_database()
    try:
        with DemoInstance(folder / "first", relay=relay, DATABASE_URL=url, BUS_URL=redis.url) as first:
            shared = {
                "MODE": "demo",
                "DATA_DIR": str(first.data),
                "PUBLIC_URL": f"http://localhost:{first.port}",
                "DATABASE_URL": url,
                "BUS_URL": redis.url,
                "MEDIA_URL": "relay://127.0.0.1" if relay else "off:",
            }
            with Instance(folder / "second", **shared) as second:
                yield Clinic(first, second, postgres, url, redis, folder)
    finally:
        postgres.drop_database(url)
