"""Four pictures, read to each other in a call: equal ones prove the phone, different ones end it on both sides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic, embedded
from tests.journeys.story import TOM
from tests.parts.browsers import Browsers, Page
from tests.parts.ports import wait_until

pytestmark = pytest.mark.timeout(180)

Call = tuple[Page, Page, Clinic]


@pytest.fixture
def call(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    """Tom and his doctor, face to face."""
    with embedded(tmp_path_factory.mktemp("clinic")) as clinic, Browsers() as browsers:
        scheduler = story.staff_page(browsers, clinic, "scheduler")
        story.book(scheduler, TOM)
        provider = story.staff_page(browsers, clinic, "provider")
        provider.press("button", "Check camera and sound")
        provider.text("Camera and sound are ready")
        patient = story.check_in(browsers, story.link_of(clinic, TOM))
        story.admit(provider, TOM)
        story.sees_and_hears(patient)
        story.sees_and_hears(provider)
        yield patient, provider, clinic


def pictures(page: Page) -> list[str]:
    """The words under the four pictures."""
    page.wait("region", "same four pictures")
    shown = "return [...document.querySelectorAll('.compare-pictures li')].map((one) => one.lastChild.textContent)"
    words: list[str] = wait_until(lambda: page.run(shown), 10, f"the pictures at the {page.name}'s")
    return words


def test_equal_pictures_confirm_the_phone(call: Call) -> None:
    """The patient asks with one tap, both read the same words, and the provider's answer certifies the device."""
    patient, provider, _ = call
    patient.press("button", "Compare pictures")
    theirs, ours = pictures(patient), pictures(provider)
    assert theirs == ours
    assert len(theirs) == 4
    assert patient.axe() == provider.axe() == []
    assert assurances(provider) == ["claimed"]
    provider.press("button", "^Yes, the same")
    patient.press("button", "^Yes, the same")
    for page in (patient, provider):
        page.text("You both saw the same pictures")
    wait_until(lambda: "video_sas" in assurances(provider), 15, "the phone's certificate")
    story.sees_and_hears(patient)  # the call never stopped
    patient.press("button", "^Close$")
    patient.wait_gone("region", "same four pictures")


def assurances(provider: Page) -> list[str]:
    """What is certified about the patient's devices, as the provider's own page may read it."""
    found: list[str] = provider.run(
        """
        const headers = { "x-careroom-role": "provider" };
        const read = (path) => fetch(path, { headers }).then((answer) => answer.json());
        return read("/v1/board").then(({ rows }) => {
          const open = Object.values(rows).find((row) => row.visit.status === "in-progress");
          return read(`/v1/conversations/${open.conversation.id}/keys`);
        }).then((keys) => keys.devices.filter((cert) => cert.role === "patient").map((cert) => cert.assurance).sort());
        """
    )
    return found


def test_different_pictures_end_the_call_for_both(call: Call) -> None:
    patient, provider, _ = call
    provider.press("button", "Compare pictures")
    assert pictures(provider) == pictures(patient)
    patient.press("button", "^No, different")
    patient.wait("heading", "We stopped this call")
    provider.wait("alert", ".")
    for page in (patient, provider):
        wait_until(lambda page=page: page.media()["connections"] == 0, 10, f"no line at the {page.name}'s")
