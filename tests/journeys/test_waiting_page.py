"""What somebody who waits may do besides: feel worse, check the way, wait elsewhere, not wait. On two instances."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic, two_instances
from tests.journeys.story import TOM
from tests.parts.browsers import PHONE, Browsers, Page
from tests.parts.postgres import Postgres
from tests.parts.redis import Redis

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, shared_redis: Redis) -> Iterator[Clinic]:
    with two_instances(tmp_path_factory.mktemp("clinic"), postgres, shared_redis) as made:
        yield made


def clean(page: Page) -> None:
    """axe, in both schemes, and nothing sticks out of a narrow phone."""
    for dark in (True, False):
        page.dark(dark)
        assert page.axe() == []
    page.size(320, 700)
    assert page.overflow() is None
    page.size(**PHONE)


def test_somebody_who_waits_is_helped_in_every_way(clinic: Clinic) -> None:
    with Browsers() as browsers:
        scheduler = story.staff_page(browsers, clinic, "scheduler")
        story.book(scheduler, TOM)
        patient = story.check_in(browsers, clinic.at_the_patients(story.link_of(clinic, TOM)))
        patient.wait("heading", "You are next")
        provider = story.staff_page(browsers, clinic, "provider")
        provider.text("1 person, longest")
        clean(patient)
        spoken = "return document.querySelector('.spoken[aria-live=polite]').textContent"
        assert "You are next" in patient.run(spoken), "who listens hears the place"

        # Worse: the advice stands there at once, the staff is alerted, and the patient hears that somebody has it.
        patient.press("button", "^I feel worse")
        patient.wait("heading", "^Call .* now if you have")
        patient.text("The clinic was told at")
        clean(patient)
        provider.text(f"{TOM.name} says they feel worse")
        assert provider.axe() == []
        provider.press("button", "^I take it")
        patient.text("Somebody at the clinic has seen it")
        provider.press("button", "^Done")
        patient.press("button", "^Close")

        patient.press("button", "^Check camera, sound and network")
        patient.text("Ready for video|Sound will work|Better by phone")
        patient.text("megabits, answers in")
        clean(patient)
        patient.press("button", "^Close")
        assert patient.media()["bytesSent"] == 0, "the check lets the devices go again"

        patient.press("button", "^Wait elsewhere")
        clean(patient)
        patient.press("button", "^5 minutes")
        patient.text("You wait elsewhere, 5 minutes away")
        patient.press("button", "^I.m back")
        patient.wait("button", "^Wait elsewhere")
        patient.wait("heading", "You are next")

        patient.press("button", "^I can.t wait")
        clean(patient)
        patient.press("button", "^A phone call instead")
        patient.text("The clinic knows and will ring you")
        provider.text("Nobody is waiting")
        assert [fault for page in browsers.pages.values() for fault in page.faults()] == []
