"""Whom nothing reached stands on a page with what helps; the drawer shows what was sent and how somebody is reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic, embedded
from tests.parts.browsers import DESK, Browsers
from tests.parts.ports import wait_until

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with embedded(tmp_path_factory.mktemp("clinic")) as made:
        book_without_address(made)
        yield made


def book_without_address(clinic: Clinic) -> str:
    """Somebody with neither number nor mailbox has a visit in five hours; the clinic has tried to write."""
    now = datetime.fromisoformat(clinic.get("/v1/demo/state")["now"])
    with clinic.staff("scheduler") as api:
        body = {"given": "Ines", "family": "Duarte", "birth_date": "1961-05-01"}
        person = api.post("/v1/people", json=body).raise_for_status().json()["id"]
        kind = api.get("/v1/visit-types").json()["visit_types"][0]["id"]
        provider = api.get("/v1/providers").json()["providers"][0]["id"]
        start = (now + timedelta(hours=5)).replace(minute=0, second=0, microsecond=0)
        visit = {"person_id": person, "provider_id": provider, "visit_type_id": kind, "start": start.isoformat()}
        made: str = api.post("/v1/appointments", json=visit).raise_for_status().json()["row"]["id"]
        wait_until(
            lambda: made in {one["visit"]["id"] for one in api.get("/v1/deliveries/unreached").json()["visits"]},
            what="the visit among those of whom nobody was reached",
        )
    return made


def test_who_was_not_reached_is_told_with_one_click(clinic: Clinic, browsers: Browsers) -> None:
    page = story.admin_page(browsers, clinic, "/delivery", "Nobody was reached: 1 visit")
    page.text("No message about this visit has arrived")
    page.press("button", "I told them: Ines Duarte")
    page.text("Noted: Ines Duarte was told")
    page.text("Everybody who was written to was reached")
    page.choose("^State", "Not delivered")
    page.text("No message fits")
    page.choose("^State", "Arrived")
    page.text("Told by staff")
    assert page.faults() == []


def test_the_drawer_shows_what_was_sent_and_takes_a_number(clinic: Clinic, browsers: Browsers) -> None:
    page = browsers.page("scheduler", viewport=DESK)
    page.goto(clinic.staff_link("scheduler"))
    page.wait("heading", "Needs a human")
    page.press("button", "^Day$")
    page.press("button", "Ines Duarte")
    page.press("button", "Messages and numbers")
    page.text("Neither a number nor a mailbox")
    page.press("button", "Add a number or mailbox")
    page.fill("textbox", "Number or address", "12")
    page.press("button", "^Save$")
    page.wait("alert", "There is a problem")
    page.fill("textbox", "Number or address", "07700 900155")
    page.press("button", "^Save$")
    page.text("•••• 55")
    assert page.faults() == []
