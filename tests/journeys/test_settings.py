"""The administrator changes the plan of messages and the numbers; a fault stands beside its field."""

from __future__ import annotations

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic
from tests.parts.browsers import Browsers

pytestmark = pytest.mark.timeout(120)


def test_the_plan_is_changed_and_a_fault_stands_beside_its_field(clinic: Clinic, browsers: Browsers) -> None:
    page = story.admin_page(browsers, clinic, "/settings", "Messages to patients")
    page.press("button", "Add a reminder")
    page.type("90")
    page.press("button", "Save the plan")
    page.text("must be 1 to 60 days")
    assert page.run("return document.activeElement.getAttribute('role')") == "alert"
    page.run("document.querySelector('.error-summary a').click()")
    field = page.run("return [document.activeElement.id, document.activeElement.getAttribute('aria-invalid')]")
    assert field == ["rules-6-days", "true"]
    page.run("document.activeElement.select()")
    page.type("3")
    page.run("document.querySelector('input[aria-label$=\"missed the start\"]').click()")
    page.press("button", "Save the plan")
    page.text("Saved. ")
    with clinic.admin() as api:
        plan = api.get("/v1/practice/reminder-plan").json()["practice"]
    assert {"kind": "reminder", "channels": ["sms", "voice", "email"], "days": 3, "minutes": 0, "on": True} in plan[
        "rules"
    ]
    assert [one["on"] for one in plan["rules"] if one["kind"] == "rescue"] == [False]
    page.press("button", "Use the standard plan")
    page.text("This is the plan that comes with Careroom")
    assert page.faults() == []


def test_an_on_call_phone_is_named_and_a_wrong_number_refused(clinic: Clinic, browsers: Browsers) -> None:
    page = story.admin_page(browsers, clinic, "/settings", "Numbers and emergencies")
    page.text("an emergency reaches nobody")
    page.press("button", "Add an on-call phone")
    page.type("12")
    page.press("button", "Save the numbers")
    page.wait("alert", "There is a problem")
    page.fill("textbox", "On-call phone 1", "07700 900173")
    page.press("button", "Save the numbers")
    page.text("Saved")
    with clinic.admin() as api:
        assert api.get("/v1/practice/phones").json()["on_call"] == ["+447700900173"]
    assert page.faults() == []
