"""A third person in the call: interpreters are asked, one comes, is let in, seen and heard, aside, muted, out again."""

from __future__ import annotations

import re
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

LINK = re.compile(r"http\S+/g/\S+")
ANA, BEN = "+447700900121", "+447700900122"
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
    """Tom and the provider see each other; two interpreters were asked with I, and Ana was the first to say yes."""
    with ExitStack() as stack:
        clinic = stack.enter_context(embedded(tmp_path_factory.mktemp("third"), relay=True))
        browsers = stack.enter_context(Browsers())
        scheduler = story.staff_page(browsers, clinic, "scheduler")
        story.book(scheduler, TOM)
        patient = story.check_in(browsers, story.link_of(clinic, TOM))
        scheduler.leave()
        with clinic.admin() as admin:
            for name, number in (("Ana", ANA), ("Ben", BEN)):
                body = {"name": name, "phone": number, "languages": ["pt"]}
                admin.post("/v1/interpreters", json=body).raise_for_status()
        provider = story.staff_page(browsers, clinic, "provider")
        story.admit(provider, TOM)
        for page in (provider, patient):
            story.sees_and_hears(page)
        provider.run("document.activeElement?.blur()")
        provider.key("i")
        provider.wait("heading", "^Guests$")
        assert provider.axe() == []
        provider.choose("^Language", "pt")
        provider.press("button", "^Ask all interpreters")
        provider.text("2 asked, 0 cannot come")
        provider.press("button", "^Cancel$")
        ana, ben = wait_until(lambda: asked(clinic), 20, "both interpreters have their text")
        guest = browsers.page("guest", viewport=PHONE)
        late = browsers.page("late", viewport=PHONE)
        for page, url in ((guest, ana), (late, ben)):
            page.goto(url)
            page.wait("heading", "Can you interpret at a visit")
            assert "Whitfield" not in page.text(r"[\s\S]+")
        guest.press("button", "^Yes, I.ll come")
        late.press("button", "^Yes, I.ll come")
        late.wait("heading", "Somebody else was a moment earlier")
        assert late.axe() == []
        guest.press("button", "I.m here")
        yield Scene(clinic, browsers, provider, patient, guest)


def asked(clinic: Clinic) -> tuple[str, str] | None:
    """The links of Ana and Ben, by the numbers they were texted at."""
    sent = {
        one["number"]: found[0] for one in clinic.get("/v1/demo/state")["sms"] if (found := LINK.search(one["body"]))
    }
    return (sent[ANA], sent[BEN]) if ANA in sent and BEN in sent else None


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


def test_an_interpreter_is_rung_and_everybody_sees_that_it_is_not_encrypted(scene: Scene) -> None:
    scene.provider.run("document.activeElement?.blur()")
    scene.provider.key("i")
    scene.provider.wait("combobox", "^Interpreter")
    assert scene.provider.axe() == []
    scene.provider.press("button", "^Ring all three")
    scene.provider.press("button", "^Cancel$")
    scene.provider.text("Ana: by telephone. What you say now is not encrypted.")
    scene.patient.text("Ana interprets by telephone. Telephone is not encrypted.")
    scene.guest.text("talk by telephone now. It is not encrypted")
    for page in (scene.provider, scene.patient, scene.guest):
        assert page.axe() == [], page.name
    scene.provider.press("tab", "^Visit$")
    scene.provider.press("button", "^Take the link back Ana")
    scene.guest.wait("heading", "This link has ended")
    story.end(scene.provider)
    assert [fault for page in scene.browsers.pages.values() for fault in page.faults()] == []
