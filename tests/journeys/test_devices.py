"""Devices as they fail in life: each cause with its picture and the way past it, a cable pulled in the call."""

from __future__ import annotations

import re

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic
from tests.journeys.story import TOM
from tests.parts.browsers import PHONE, Browsers, Kind, Page
from tests.parts.ports import wait_until

pytestmark = pytest.mark.timeout(180)

# What the browser throws for each cause, and what it then knows about itself.
FAILURES = {
    "site": ("new DOMException('no', 'NotAllowedError')", "blocked for this page"),
    "system": ("new DOMException('Permission denied by system', 'NotAllowedError')", "does not share the"),
    "absent": ("new DOMException('none', 'NotFoundError')", "cannot find a"),
    "used": ("new DOMException('busy', 'NotReadableError')", "Another app is using"),
    "insecure": (None, "not opened safely"),
    "elsewhere": ("new DOMException('no', 'SecurityError')", "switched off in this app"),
}
FAIL = """
if (value === null) Object.defineProperty(window, "isSecureContext", { value: false, configurable: true });
else navigator.mediaDevices.getUserMedia = () => Promise.reject(eval(value));
navigator.mediaDevices.enumerateDevices = () => Promise.resolve([]);
navigator.permissions.query = () => Promise.resolve({ state: "prompt" });
"""
SCENE = "return document.querySelector('#blocked .device-picture')?.dataset.scene ?? ''"


@pytest.fixture(scope="module")
def link(clinic: Clinic, browsers: Browsers) -> str:
    scheduler = story.staff_page(browsers, clinic, "scheduler")
    story.book(scheduler, TOM)
    scheduler.leave()
    return story.link_of(clinic, TOM)


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
def test_each_cause_has_its_name_its_picture_and_a_way_past(browsers: Browsers, link: str, kind: Kind) -> None:
    page = browsers.page(f"failing {kind}", kind, viewport=PHONE)
    for scene, (error, title) in FAILURES.items():
        page.goto("about:blank")
        page.goto(link)
        page.wait("button", "^Continue$")
        page.run(FAIL.replace("eval(value)", error or "null"), error)
        page.press("button", "^Continue$")
        page.wait("heading", title)
        assert page.run(SCENE).split()[0] == scene
        assert page.has("button", "^Try again$")
        assert page.has("button", "^Join with voice only$") or page.has("button", "^Join and only listen$")
        if kind == "chromium":
            assert page.axe() == [], scene
            page.size(320, 640)
            assert page.overflow() is None, scene
            page.size(**PHONE)
    # The last one is an app that lends nothing: the same link opens elsewhere, and is no other than this one.
    page.press("button", "^Copy the link$")
    wait_until(lambda: page.run("return document.querySelectorAll('svg.qr path').length") == 2, 10, "the QR code")
    page.press("button", "^Join with voice only$|^Join and only listen$")
    page.wait("heading", "You can listen|switched off")


def test_an_app_without_any_camera_is_told_by_what_it_lacks(browsers: Browsers, link: str) -> None:
    """No name of an app is looked for: what it cannot do is enough, and the way out keeps the link whole."""
    page = browsers.page("in an app", viewport=PHONE)
    page.goto("about:blank")
    page.run("window.name = 'x'")
    page.ask("init", script="delete MediaDevices.prototype.getUserMedia")
    page.goto(link)
    page.wait("heading", "Open this page in your browser")
    wait_until(lambda: page.run("return document.querySelectorAll('svg.qr path').length") == 2, 10, "the QR code")
    page.wait("link", "Call the clinic")
    assert page.axe() == []


def devices(page: Page) -> list[str]:
    found: list[str] = page.run(
        "return [...document.querySelectorAll('.chooser select')].map((one) => `${one.options.length} ${one.value}`)"
    )
    return found


def test_a_cable_pulled_in_the_call_is_named_and_the_next_device_taken(
    browsers: Browsers, clinic: Clinic, link: str
) -> None:
    provider = story.staff_page(browsers, clinic, "provider")
    provider.press("button", "Check camera and sound")
    provider.text("Camera and sound are ready")
    provider.press("button", "^Camera and sound$")
    provider.wait("combobox", "^Microphone")
    provider.wait("combobox", "^Speaker")
    assert provider.axe() == []
    provider.press("button", "^Close$")
    patient = browsers.page("patient", viewport=PHONE)
    patient.goto(link)
    patient.press("button", "^Continue$")
    patient.text("We can hear you")
    patient.press("button", "^Other camera")
    patient.wait("combobox", "^Microphone")
    assert len(devices(patient)) == 3
    assert patient.axe() == []
    patient.press("button", "I.m ready")
    story.admit(provider, TOM)
    for page in (patient, provider):
        story.sees_and_hears(page)
    pull(patient)
    assert re.search("is gone. Using .* now", patient.text("is gone[^\n]*now"))
    story.sees_and_hears(provider)
    patient.press("button", "^Close$")
    gone_for_good(patient)
    patient.text("Your camera is gone. You are in with voice")
    provider.text("has no camera on. You can talk")
    assert patient.axe() == []
    back(patient)
    story.sees_and_hears(provider)
    patient.press("button", "^Settings$")
    patient.wait("combobox", "^Camera")
    assert patient.axe() == []
    # Another microphone in the middle of the call: the other side goes on hearing.
    chosen = patient.run(
        """
        const list = document.querySelectorAll('.chooser select')[1];
        list.value = [...list.options].at(-1).value;
        list.dispatchEvent(new Event("change", { bubbles: true }));
        return list.value;
        """
    )
    patient.press("button", "^Close$")
    wait_until(lambda: chosen in str(patient.run("return localStorage.getItem('careroom.devices')")), 5, "the choice")
    story.sees_and_hears(provider)
    pull(provider)
    provider.text("is gone. Using")
    story.sees_and_hears(patient)
    assert [fault for page in (patient, provider) for fault in page.faults()] == []


NAMED = """
const theirs = window.watchedConnections.flatMap((pc) => pc.getReceivers().map((receiver) => receiver.track));
const shown = [...document.querySelectorAll("video")].map((one) => one.srcObject).filter(Boolean);
const own = shown.find((one) => !one.getTracks().some((track) => theirs.includes(track)));
const track = own.getTracks().find((one) => one.kind === "video");
"""


def pull(page: Page) -> None:
    """The camera in use goes away, another one is there: the system ends its track, as it does for a pulled cable."""
    page.run(
        NAMED
        + """
        const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wish) => {
          const stream = await open(wish);
          for (const one of stream.getVideoTracks()) Object.defineProperty(one, "label", { value: "Other camera" });
          return stream;
        };
        track.stop();
        track.dispatchEvent(new Event("ended"));
        """
    )


def gone_for_good(page: Page) -> None:
    """No camera is left."""
    page.run(
        NAMED
        + """
        const open = window.openDevices = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = (wish) =>
          wish.video ? Promise.reject(new DOMException("none", "NotFoundError")) : open(wish);
        const all = window.allDevices = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
        navigator.mediaDevices.enumerateDevices = async () => (await all()).filter((one) => one.kind !== "videoinput");
        track.stop();
        track.dispatchEvent(new Event("ended"));
        """
    )


def back(page: Page) -> None:
    """It is plugged in again."""
    page.run(
        """
        navigator.mediaDevices.getUserMedia = window.openDevices;
        navigator.mediaDevices.enumerateDevices = window.allDevices;
        navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
        """
    )
