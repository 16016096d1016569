"""The pages of the people behind the visits, photographed: the desk, a provider away, messages sent, settings."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.journeys import story
from tests.journeys.test_figures import ANSWERED, FULL
from tests.parts.ports import wait_until

if TYPE_CHECKING:
    from tests.journeys.clinic import Clinic
    from tests.journeys.pictures import Camera
    from tests.parts.browsers import Browsers, Page

LONDON, BRITISH = "Europe/London", "en-GB"


def at_the_desk(browsers: Browsers, clinic: Clinic, camera: Camera) -> None:
    """All rooms, and one person whose details are open."""
    page = browsers.page("desk", viewport={"width": 1440, "height": 900}, locale=BRITISH)
    page.goto(clinic.staff_link("scheduler"))
    page.wait("heading", "Book a visit")
    page.goto(f"{clinic.staff_origin}/desk")
    page.wait("heading", "^Desk$")
    page.text("Layla Haddad")
    page.text("Live. Changes appear by themselves")
    camera.take(page, "desk")


def somebody_is_away(scheduler: Page, camera: Camera) -> None:
    """The draft: who goes where, and why; nothing has moved."""
    scheduler.press("button", "^Provider away$")
    scheduler.press("button", "^Dr Amara Okafor")
    scheduler.wait("button", "^Apply to ")
    camera.take(scheduler, "provider-away")
    scheduler.key("Escape")
    scheduler.wait_gone("button", "^Apply to ")


def would_come_earlier(clinic: Clinic, scheduler: Page, camera: Camera) -> None:
    """Two on the waitlist, in rank order."""
    with clinic.staff("scheduler") as api:
        visits = [one for one in api.get("/v1/board").json()["rows"].values() if one["status"] == "booked"]
        for visit in sorted(visits, key=lambda one: str(one["start"]))[-2:]:
            listed = {"appointment_id": visit["id"], "any_provider": True, "standby": True}
            api.post("/v1/waitlist", json=listed).raise_for_status()
    scheduler.press("button", "^Waitlist$")
    scheduler.wait("button", "^Take off the list")
    camera.take(scheduler, "waitlist")
    scheduler.key("Escape")


def nobody_was_reached(clinic: Clinic) -> None:
    """Somebody with neither number nor mailbox has a visit soon; the clinic has tried to write."""
    now = datetime.fromisoformat(clinic.get("/v1/demo/state")["now"])
    with clinic.staff("scheduler") as api:
        body = {"given": "Elif", "family": "Sandoval", "birth_date": "1961-05-01"}
        person = api.post("/v1/people", json=body).raise_for_status().json()["id"]
        kind = api.get("/v1/visit-types").json()["visit_types"][0]["id"]
        provider = api.get("/v1/providers").json()["providers"][0]["id"]
        start = (now + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
        visit = {"person_id": person, "provider_id": provider, "visit_type_id": kind, "start": start.isoformat()}
        made = api.post("/v1/appointments", json=visit).raise_for_status().json()["row"]["id"]
        wait_until(
            lambda: made in {one["visit"]["id"] for one in api.get("/v1/deliveries/unreached").json()["visits"]},
            20,
            "the visit among those of whom nobody was reached",
        )


def the_office(browsers: Browsers, clinic: Clinic, camera: Camera) -> None:
    """What the administrator looks after: what was delivered, what is sent and when."""
    nobody_was_reached(clinic)
    page = story.admin_page(browsers, clinic, "/delivery", "Nobody was reached: 1 visit", locale=BRITISH)
    page.text("Marta Reis")
    camera.take(page, "delivery")
    page.goto(f"{clinic.staff_origin}/figures")
    page.wait("heading", "^Figures$")
    page.run(ANSWERED, json.dumps(FULL))  # a new clinic has none yet: these are made up
    page.press("combobox", ".")
    page.key("ArrowUp")
    page.key("Enter")
    page.wait("img", "8")
    camera.take(page, "figures")
    camera.take(page, "figures-dark", "desktop", dark=True)
    page.goto(f"{clinic.staff_origin}/settings")
    page.wait("heading", "Messages to patients")
    camera.take(page, "settings")
    camera.take(page, "settings-dark", "desktop", dark=True)
