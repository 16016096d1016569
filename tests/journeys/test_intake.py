"""Before the visit, in a real browser: where one is, an alarming answer, and what the provider sees of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys import story
from tests.journeys.clinic import embedded
from tests.journeys.story import TOM
from tests.parts.browsers import Browsers

pytestmark = pytest.mark.timeout(180)


def test_the_patient_says_where_they_are_and_an_alarm_reaches_the_board(tmp_path: Path) -> None:
    with embedded(tmp_path / "clinic") as clinic, Browsers() as browsers:
        with clinic.admin() as admin:
            kinds = admin.get("/v1/visit-types").json()["visit_types"]
            made = {"library": "phq-9", "visit_types": [kind["id"] for kind in kinds]}
            admin.post("/v1/questionnaires", json=made).raise_for_status()
        provider = story.staff_page(browsers, clinic, "provider")
        scheduler = story.staff_page(browsers, clinic, "scheduler")
        story.book(scheduler, TOM)
        patient = story.check_in(browsers, story.link_of(clinic, TOM))
        patient.wait("heading", "Before the visit")
        patient.fill("textbox", "Phone number we can ring", "hello")
        patient.press("button", "^Save$")
        patient.text("This is not a phone number")
        assert patient.run("return document.querySelector('#prepare-phone').value") == "hello"
        patient.fill("textbox", "Where you are now", "12 Mill Lane, Leeds")
        patient.fill("textbox", "Phone number we can ring", "07700 900121")
        patient.press("button", "^Save$")
        patient.text("Place and number are known")
        patient.press("button", "^Answer$")
        patient.wait("heading", "How have you been feeling")
        patient.run('document.querySelector(\'input[name="q-phq-9-9"][value="2"]\').click()')
        patient.text("You do not have to carry this alone")
        assert not patient.axe()
        assert patient.overflow() is None
        patient.shot(tmp_path / "patient.png")
        provider.press("button", "Tom Whitfield")
        provider.text("An answer about self-harm")
        provider.press("button", "Show what was told")
        provider.text("12 Mill Lane")
        assert not provider.axe()
        provider.shot(tmp_path / "provider.png")
        assert not patient.faults()
