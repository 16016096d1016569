"""Three hundred people, and not one of their names in the database files, the log or the metrics."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import structlog

from server.core import log
from tests.parts.clinic import Clinic, five_minutes
from tests.parts.postgres import Postgres

PEOPLE = 300
ANYBODY = re.compile(r"quibblewort|zzyzxovitch|canary|7700900\d|mrn\d{3}x", re.IGNORECASE)  # whichever of the 300
REASON = "Canary cough that nobody else has"


def given(number: int) -> str:
    return f"Quibblewort{number:03d}"


def family(number: int) -> str:
    return f"Zzyzxovitch{number:03d}"


@pytest.fixture
def plain_log() -> Iterator[None]:
    """Whatever this test sets up for the log is gone after it."""
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, dict(structlog.get_config())
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)


async def stored(clinic: Clinic, request: pytest.FixtureRequest) -> str:
    """Every byte that the database keeps, as text."""
    if clinic.house.store.dialect == "sqlite":
        path = Path(clinic.house.settings.database_url.partition("///")[2])
        files = [one for one in path.parent.iterdir() if one.name.startswith(path.name)]
        assert len(files) > 1, "the write-ahead log is looked into as well"
        return "".join(one.read_bytes().decode("latin-1") for one in files)
    postgres: Postgres = request.getfixturevalue("postgres")
    dumped = postgres.dump(clinic.house.settings.database_url).decode()
    hexed = "".join(bytes.fromhex(part).decode("latin-1") for part in _bytea(dumped))
    return dumped + hexed


def _bytea(dumped: str) -> list[str]:
    return re.findall(r"\\x((?:[0-9a-f]{2})+)", dumped)


async def test_no_person_in_the_database_the_log_or_the_metrics(
    clinic: Clinic, request: pytest.FixtureRequest, plain_log: None
) -> None:
    out = io.StringIO()
    log.configure(json=True, stream=out)
    desk = clinic.staff("scheduler")
    for number in range(PEOPLE):
        body = {
            "given": given(number), "family": family(number), "birth_date": "1980-02-03", "number": f"MRN{number:03d}X",
            "phone": f"+447700900{number:03d}", "email": f"canary{number:03d}@example.org",
            "needs": [{"kind": "interpreter", "detail": f"Canarylang{number:03d}"}],
        }  # fmt: skip
        await desk.post("/v1/people", body)
    assert ANYBODY.findall(f"{given(1)} {family(1)} MRN001X +447700900001") != []
    found = (await desk.get(f"/v1/people?q={family(7)}"))["people"]
    start = five_minutes(clinic.clock.now()) + timedelta(minutes=10)
    wish = {
        "person_id": found[0]["id"], "provider_id": clinic.north.accounts["provider"],
        "visit_type_id": clinic.north.visit_type, "start": start.isoformat(), "reason": REASON,
    }  # fmt: skip
    row = (await desk.post("/v1/appointments", wish, idempotency_key="k" * 22))["row"]
    booked = await clinic.booked(clinic.north, row["id"], found[0]["id"])
    await clinic.arrive(booked)
    await clinic.send_due()
    assert (await clinic.row(booked))["reason"] == REASON
    await desk.refused(422, "POST", "/v1/people", {"given": given(1), "family": "", "birth_date": family(1)})
    metrics = (await clinic.browser().send("GET", "/metrics")).text
    lines = out.getvalue()
    assert lines.count('"request"') > PEOPLE
    assert all(isinstance(json.loads(line), dict) for line in lines.splitlines() if line.startswith("{"))
    kept = await stored(clinic, request)
    assert booked.id in kept, "this looks into the right place"
    for place in (kept, lines, metrics):
        assert ANYBODY.findall(place) == []
        for secret in (REASON, booked.secret, date(1980, 2, 3).isoformat()):
            assert secret not in place
    for place in (lines, metrics):
        for secret in (booked.id, booked.link_id, booked.person_id, "192.0.2.1"):
            assert secret not in place
