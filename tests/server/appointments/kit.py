"""What the tests of scheduling share."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from server.appointments.tables import VisitType
from tests.parts.clinic import Clinic, Surgery

ALWAYS = [{"weekday": day, "begins": "00:00", "ends": "24:00"} for day in range(1, 8)]


def week(begins: str, ends: str, days: range = range(1, 8)) -> list[dict[str, Any]]:
    return [{"weekday": day, "begins": begins, "ends": ends} for day in days]


async def open_hours(clinic: Clinic, who: str = "provider", **values: Any) -> dict[str, Any]:
    """Give a provider hours; by default around the clock in UTC, with no notice."""
    body = {"zone": "UTC", "hours": ALWAYS, "notice": 0, **values}
    path = f"/v1/providers/{clinic.north.accounts[who]}/hours"
    answer = await clinic.staff("scheduler").send("PUT", path, body)
    assert answer.status_code == 200, answer.text
    hours: dict[str, Any] = answer.json()
    return hours


async def kind(clinic: Clinic, surgery: Surgery | None = None, **values: Any) -> str:
    """Another kind of visit."""
    place = surgery or clinic.north
    async with clinic.house.desk.unit(place.system) as unit:
        made = VisitType(tenant=place.id, **{"name": "Long talk", "minutes": 30, **values})
        unit.add(made)
    return made.id


async def find(clinic: Clinic, **asked: str) -> dict[str, Any]:
    """The answer of GET /v1/slots."""
    asked = {"visit_type_id": clinic.north.visit_type, **asked}
    found: dict[str, Any] = await clinic.staff("scheduler").get(f"/v1/slots?{urlencode(asked)}")
    return found


def noon(clinic: Clinic, days: int = 1) -> datetime:
    """Noon UTC some days ahead."""
    return datetime.combine(clinic.clock.now().date() + timedelta(days=days), time(12), UTC)


def z(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def wish(clinic: Clinic, start: datetime, **values: Any) -> dict[str, Any]:
    """The body of a booking."""
    return {
        "person_id": await clinic.person(), "provider_id": clinic.north.accounts["provider"],
        "visit_type_id": clinic.north.visit_type, "start": z(start), **values,
    }  # fmt: skip


def held_part(body: dict[str, Any]) -> dict[str, Any]:
    """The body of the hold for a booking."""
    return {name: body[name] for name in ("provider_id", "visit_type_id", "start")}
