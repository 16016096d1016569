"""A third person in the call: let in by the provider, seen and heard by both, aside, muted, out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic, embedded
from tests.journeys.story import TOM
from tests.parts.browsers import PHONE, Browsers, Page
from tests.parts.ports import wait_until

pytestmark = pytest.mark.timeout(300)

DECODED = """
return (async () => {
const seen = {};
for (const pc of window.watchedConnections ?? []) {
  if (pc.connectionState === "closed") continue;
  for (const { receiver } of pc.getTransceivers()) {
    for (const one of (await receiver.getStats()).values()) {
      if (one.type === "inbound-rtp" && one.kind === "video") seen[receiver.track.id] = one.framesDecoded ?? 0;
    }
  }
}
return seen;
})();
"""


@dataclass
class Scene:
    clinic: Clinic
    browsers: Browsers
    provider: Page
    patient: Page
    guest: Page


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Tom and the provider see each other; an interpreter has opened the link that the provider made with G."""
    with ExitStack() as stack:
        clinic = stack.enter_context(embedded(tmp_path_factory.mktemp("third"), relay=True))
        browsers = stack.enter_context(Browsers())
        scheduler = story.staff_page(browsers, clinic, "scheduler")
        story.book(scheduler, TOM)
        patient = story.check_in(browsers, story.link_of(clinic, TOM))
        scheduler.leave()
        provider = story.staff_page(browsers, clinic, "provider")
        story.admit(provider, TOM)
        for page in (provider, patient):
            story.sees_and_hears(page)
        provider.run("document.activeElement?.blur()")
        provider.key("i")
        provider.wait("heading", "^Guests$")
        assert provider.axe() == []
        provider.fill("textbox", "^Name", "Ana")
        provider.press("button", "Make the link")
        url = provider.text(r"http\S+/g/\S+")
        provider.press("button", "^Close$")
        guest = browsers.page("guest", viewport=PHONE)
        guest.goto(url)
        guest.press("button", "I.m here")
        yield Scene(clinic, browsers, provider, patient, guest)


def moving(page: Page) -> Callable[[], int]:
    """How many pictures have gone on by some frames since this was called."""
    before = page.run(DECODED)

    def count() -> int:
        return sum(frames >= before.get(track, 0) + 8 for track, frames in page.run(DECODED).items())

    return count


def sees(page: Page, pictures: int) -> None:
    count = moving(page)
    wait_until(lambda: count() >= pictures, 30, f"{page.name} sees {pictures} pictures move")


def test_nobody_is_in_the_call_before_the_provider_let_them_in(scene: Scene) -> None:
    scene.guest.text("You wait here until the clinic lets you in")
    assert scene.guest.run("return (window.watchedConnections ?? []).length") == 0
    scene.provider.text("Interpreter: Ana is here and waits")
    scene.provider.press("button", "^Let in Ana")
    scene.guest.wait("heading", "The clinic lets you in")
    assert scene.guest.run("return (window.watchedConnections ?? []).length") == 0, "nothing before a tap"
    assert scene.guest.axe() == []
    scene.guest.press("button", "^Join now")
    for page in (scene.guest, scene.provider, scene.patient):
        sees(page, 2)
    for page in (scene.provider, scene.patient):
        page.wait("video", "^Ana, video")
    scene.guest.wait("video", "^Dr Amara Okafor, video")
    scene.guest.wait("video", "^The patient, video")
    assert "Whitfield" not in scene.guest.text(r"[\s\S]+")
    for page in (scene.guest, scene.provider, scene.patient):
        assert page.axe() == [], page.name
    for page in (scene.guest, scene.patient):
        page.size(320, 640)
        assert page.overflow() is None
        page.size(**PHONE)


def test_aside_neither_hears_nor_sees_the_patient_and_the_patient_is_told(scene: Scene) -> None:
    scene.provider.run("document.activeElement?.blur()")
    scene.provider.key("g")
    scene.provider.press("button", "^Speak alone Ana")
    scene.provider.press("button", "^Cancel$")
    scene.provider.text("You speak alone with Ana. Tom Whitfield neither hears nor sees you.")
    scene.patient.text("Dr Amara Okafor speaks with Ana alone for a moment")
    scene.guest.text("You and Dr Amara Okafor speak alone")
    count = moving(scene.patient)
    for page in (scene.provider, scene.guest):
        sees(page, 1)
    assert count() == 0
    assert scene.patient.axe() == []
    scene.provider.press("button", "^Back to everybody")
    for page in (scene.guest, scene.provider, scene.patient):
        sees(page, 2)


def test_who_is_muted_is_told_and_who_is_sent_out_decodes_nothing(scene: Scene) -> None:
    scene.provider.press("tab", "^Visit$")
    scene.provider.press("button", "^Mute Ana")
    scene.guest.text("The clinic has muted you")
    scene.patient.text("muted")
    scene.provider.press("button", "^Let speak Ana")
    scene.provider.press("button", "^Send out of the call Ana")
    scene.guest.text("You wait here until the clinic lets you in")
    assert scene.guest.run(DECODED) == {}, "every connection is closed"
    for page in (scene.provider, scene.patient):
        page.wait_gone("video", "^Ana, video")
        sees(page, 1)
    scene.provider.press("button", "^Let in Ana", wait=40)
    scene.guest.press("button", "^Join now")
    for page in (scene.guest, scene.provider, scene.patient):
        sees(page, 2)
    scene.provider.press("button", "^Take the link back Ana")
    scene.guest.wait("heading", "This link has ended")
    story.end(scene.provider)
    assert [fault for page in scene.browsers.pages.values() for fault in page.faults()] == []
