"""Running late in two keys, or one when the facts propose it: everybody hears it at once, and it can be taken back."""

from __future__ import annotations

import httpx
import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic
from tests.journeys.story import TOM
from tests.journeys.test_morning import inputs, nowhere
from tests.parts.browsers import DESK, PHONE, Browsers, Page

pytestmark = pytest.mark.timeout(240)


def clean(page: Page, size: dict[str, int]) -> None:
    """axe in both schemes, and nothing sticks out of a narrow window."""
    for dark in (True, False):
        page.dark(dark)
        assert page.axe() == []
    page.size(320, 700)
    assert page.overflow() is None
    page.size(**size)


def forward(clinic: Clinic, minutes: int) -> None:
    body = {"forward_minutes": minutes}
    httpx.post(f"{clinic.staff_origin}/v1/demo/clock", json=body, timeout=20, trust_env=False).raise_for_status()


def test_late_by_hand_taken_back_and_by_the_facts(clinic: Clinic) -> None:
    with Browsers() as browsers:
        story.book(story.staff_page(browsers, clinic, "scheduler"), TOM)
        patient = story.check_in(browsers, clinic.at_the_patients(story.link_of(clinic, TOM)))
        patient.wait("heading", "You are next")
        provider = story.staff_page(browsers, clinic, "provider")
        provider.text("1 person, longest")
        by_hand(provider, patient)
        by_the_facts(clinic, provider, patient)
        chosen(provider, patient)
        assert [fault for page in browsers.pages.values() for fault in page.faults()] == []


def by_hand(provider: Page, patient: Page) -> None:
    """L asks by how much and names the count, Enter tells them, U takes it back."""
    nowhere(provider)
    before = inputs(provider)
    provider.key("l")
    provider.wait("heading", "^Running late")
    provider.text(r"1 person: 1 on the waiting page|\d+ people: 1 on the waiting page")
    clean(provider, DESK)
    provider.key("Enter")
    provider.text("Messages leave in")
    assert inputs(provider) - before == 2, "everybody is told in two keys"
    patient.text("Dr Amara Okafor.? runs about 10 minutes late")
    assert provider.axe() == []
    clean(patient, PHONE)
    nowhere(provider)
    provider.key("u")
    provider.wait_gone("button", "^Take it back")
    patient.wait_gone("button", "^I.ll wait")


def by_the_facts(clinic: Clinic, provider: Page, patient: Page) -> None:
    """The board proposes what the clock and the line say; one key confirms it."""
    forward(clinic, 24)
    provider.text(r"You run about \d+ min late")
    clean(provider, DESK)
    provider.wait("button", r"^Tell \d+ (person|people)")
    assert not patient.has("button", "^I.ll wait"), "nobody is told by itself"
    nowhere(provider)
    before = inputs(provider)
    provider.key("l")
    patient.text(r"runs about \d+ minutes late")
    assert inputs(provider) - before == 1, "one key confirms"


def chosen(provider: Page, patient: Page) -> None:
    """Waiting is an answer too; whoever would rather be rung says so in one tap."""
    patient.press("button", "^I.ll wait")
    patient.wait_gone("button", "^I.ll wait")
    patient.text(r"runs about \d+ minutes late")
    nowhere(provider)
    provider.key("l")
    provider.press("radio", "^60 min")
    provider.press("button", r"^Tell \d+ (person|people)")
    patient.text("runs about 60 minutes late")
    patient.press("button", "^A phone call instead")
    patient.text("The clinic knows and will ring you")
    provider.text("Nobody is waiting")
