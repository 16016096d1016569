"""What a visit lives through: reloads, a killed instance, Redis away."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic, embedded, two_instances
from tests.journeys.story import TOM
from tests.parts.browsers import Browsers, Page
from tests.parts.front import Front
from tests.parts.ports import wait_until
from tests.parts.postgres import Postgres
from tests.parts.redis import Redis

pytestmark = pytest.mark.timeout(180)

MARTA = "Marta Reis"


@pytest.fixture
def browsers() -> Iterator[Browsers]:
    with Browsers() as opened:
        yield opened


def rows(clinic: Clinic) -> dict[str, dict[str, Any]]:
    """The board's open visits by the patient's name."""
    with clinic.staff("provider") as api:
        found = api.get("/v1/board").json()["rows"].values()
    return {row["person"]["name"]: row for row in found}


def link_of(clinic: Clinic, name: str) -> str:
    """The seeded visit's link, from the confirmation on somebody's phone."""

    def sent() -> str | None:
        found = [story.LINK.search(text) for text in clinic.texts(name)]
        return found[0][0] if found and found[0] else None

    return wait_until(sent, 20, f"{name}'s confirmation")


def booked_soon(clinic: Clinic, patient: story.Patient) -> str:
    """A short visit in five minutes, booked over the API; its link."""
    with clinic.staff("scheduler") as api:
        types = {one["name"]: one["id"] for one in api.get("/v1/visit-types").json()["visit_types"]}
        body = {
            "person_id": api.get("/v1/people", params={"q": patient.letters}).json()["people"][0]["id"],
            "provider_id": api.get("/v1/providers").json()["providers"][0]["id"],
            "visit_type_id": types["Short question"],
            "start": (datetime.now(UTC) + timedelta(minutes=5)).isoformat(timespec="seconds"),
        }
        key = {"idempotency-key": secrets.token_urlsafe(16)}
        api.post("/v1/appointments", json=body, headers=key).raise_for_status()
    return story.link_of(clinic, patient)


def check_in_by_api(link: str) -> httpx.Client:
    """Somebody else's page, without a browser: in line, and able to leave it."""
    origin, rest = link.split("/j/")
    number, secret = rest.split("#")
    headers = {"x-careroom-role": "patient", "x-careroom-link": number}
    api = httpx.Client(base_url=origin, headers=headers, timeout=10, trust_env=False)
    opened = api.post(f"/v1/links/{number}/open", json={"secret": secret}).raise_for_status().json()
    body = {
        "secret": secret, "consent": {"version": opened["consent"]["version"]}, "media": "video", "camera": "ok",
        "microphone": "ok", "locale": "en",
    }  # fmt: skip
    api.post(f"/v1/links/{number}/ready", json=body).raise_for_status()
    return api


def in_call(provider: Page, patient: Page) -> None:
    for page in (provider, patient):
        story.sees_and_hears(page)


def test_reloads(tmp_path: Path, browsers: Browsers) -> None:
    """Patient while waiting and in the call, provider in the call: same place, same seat, both see each other again."""
    with embedded(tmp_path) as clinic:
        provider = story.staff_page(browsers, clinic, "provider")
        provider.press("button", "Check camera and sound")
        provider.text("Camera and sound are ready")
        patient = story.check_in(browsers, link_of(clinic, MARTA))
        patient.wait("heading", "You are next")
        before = wait_until(lambda: rows(clinic)[MARTA]["entry"], what="Marta in line")
        patient.reload()
        patient.wait("heading", "You are next")
        after = rows(clinic)[MARTA]["entry"]
        assert (after["id"], after["since"], after["position"]) == (before["id"], before["since"], before["position"])

        provider.key("n")
        provider.press("button", f"^Admit {MARTA}")
        # The page that was reloaded was not touched since: nothing of the patient goes out before a tap.
        patient.press("button", "Join now")
        in_call(provider, patient)
        started = rows(clinic)[MARTA]["visit"]["started_at"]

        patient.reload()
        patient.press("button", "Join now")
        in_call(provider, patient)

        provider.reload()
        provider.wait("button", "^End$")
        in_call(provider, patient)
        row = rows(clinic)[MARTA]
        assert row["visit"]["status"] == "in-progress"
        assert row["visit"]["started_at"] == started
        story.end(provider)
        patient.wait("heading", "Your visit has ended")
        assert [fault for page in (provider, patient) for fault in page.faults()] == []


def test_redis_restarts_and_an_instance_dies(
    tmp_path: Path, browsers: Browsers, postgres: Postgres, redis: Redis
) -> None:
    """What happens while Redis is away arrives afterwards; the patient's instance is killed, and the place is kept."""
    secret = secrets.token_hex(6)
    with two_instances(tmp_path, postgres, redis) as clinic, Front([clinic.second.port, clinic.first.port]) as front:
        provider = story.staff_page(browsers, clinic, "provider")
        provider.press("button", "Check camera and sound")
        ahead = check_in_by_api(booked_soon(clinic, TOM))
        door = f"http://localhost:{front.port}"
        patient = story.check_in(browsers, link_of(clinic, MARTA).replace(clinic.staff_origin, door))
        patient.wait("heading", "You are 2nd in line")
        wait_until(lambda: clinic.second.metric("careroom_sockets", role="patient") == 1, what="the patient's socket")

        redis.kill()
        ahead.post("/v1/my/leave", json={}).raise_for_status()  # on the first instance, while Redis is away
        redis.start()
        patient.wait("heading", "You are next")
        provider.text("1 person, longest")
        before = rows(clinic)[MARTA]["entry"]

        clinic.second.kill()
        on_first = "the patient on the other instance"
        wait_until(lambda: clinic.first.metric("careroom_sockets", role="patient") == 1, 20, on_first)
        assert patient.has("heading", "You are next")
        after = rows(clinic)[MARTA]["entry"]
        assert (after["id"], after["since"], after["position"]) == (before["id"], before["since"], before["position"])

        story.open_messages(patient, "patient")
        story.say(patient, f"still here {secret}")
        patient.press("button", "^Back$")
        provider.key("n")
        provider.press("button", f"^Admit {MARTA}")
        in_call(provider, patient)
        story.hears(provider, f"still here {secret}")
        story.end(provider)
        patient.wait("heading", "Your visit has ended")
        assert clinic.audit_verifies().endswith(" 0 faults.")
        assert [fault for page in (provider, patient) for fault in page.faults()] == []
        ahead.close()
