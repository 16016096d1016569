"""A call on a line that gets worse: what each end says, does and keeps; the telephone rings; an emergency."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic
from tests.journeys.story import TOM
from tests.parts.browsers import PHONE, Browsers, Page
from tests.parts.ports import wait_until

pytestmark = pytest.mark.timeout(180)

# What a bad line looks like to a page: the browser's own reports, with the loss that a network would have made of it.
# The network itself is made bad in tests/net; here it is the pages' answer that counts.
WEATHER = """
window.weather = null;
const ask = RTCPeerConnection.prototype.getStats;
RTCPeerConnection.prototype.getStats = async function () {
  const report = await ask.call(this);
  if (window.weather === null) return report;
  const changed = new Map();
  const heard = (one) => (one.type === "remote-inbound-rtp" ? { ...one, ...window.weather } : one);
  for (const [id, one] of report) changed.set(id, heard(one));
  return changed;
};
"""
RUNG = "return document.querySelector('.line-notice')?.dataset.rung ?? 'video'"


def weather(page: Page, loss: float | None) -> None:
    page.run("window.weather = value === null ? null : { fractionLost: value }", loss)


def at(page: Page, rung: str) -> None:
    wait_until(lambda: page.run(RUNG) == rung, 40, f"{rung} at the {page.name}'s, which says {page.run(RUNG)}")


def calls(clinic: Clinic) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = clinic.get("/v1/demo/state")["calls"]
    return found


Call = tuple[Page, Page]


@pytest.fixture(scope="module")
def call(clinic: Clinic) -> Iterator[Call]:
    """Tom and his doctor, face to face."""
    with Browsers() as browsers:
        scheduler = story.staff_page(browsers, clinic, "scheduler")
        story.book(scheduler, TOM)
        provider = story.staff_page(browsers, clinic, "provider")
        provider.ask("init", script=WEATHER)
        provider.reload()
        provider.press("button", "Check camera and sound")
        provider.text("Camera and sound are ready")
        patient = browsers.page("patient", viewport=PHONE)
        patient.ask("init", script=WEATHER)
        patient.goto(story.link_of(clinic, TOM))
        patient.press("button", "^Continue$")
        patient.text("We can hear you")
        patient.press("button", "I.m ready")
        story.admit(provider, TOM)
        for page in (patient, provider):
            story.sees_and_hears(page)
        yield patient, provider
        assert [fault for page in (patient, provider) for fault in page.faults()] == []


def test_down_the_ladder_to_the_telephone_and_back(clinic: Clinic, call: Call) -> None:
    patient, provider = call
    provider.text("Good connection")
    weather(patient, 0.09)
    at(patient, "small")
    patient.text("The picture is smaller so that the sound stays clear. Much of what is sent gets lost")
    wait_until(lambda: provider.media()["picture"]["width"] <= 430, 15, "a small picture at the provider's")
    assert patient.axe() == []
    weather(patient, 0.2)
    at(patient, "voice")
    provider.text("The line of .*Tom.* carries no picture now, only the voice")
    assert provider.media()["audioPackets"] > 0
    shown = "return getComputedStyle(document.querySelector('.tile > video')).opacity"
    assert provider.run(shown) == "0"  # the last frame does not stand there as if it were now
    weather(patient, 0.6)
    at(patient, "phone")
    at(provider, "phone")  # the other end is told by the server, not by the line
    patient.text("the clinic's number is ringing you. This phone call is not end-to-end encrypted")
    provider.text("are ringing. This phone call is not end-to-end encrypted")
    rung = wait_until(lambda: len(calls(clinic)) == 2 and calls(clinic), 10, "two phones")
    assert len({one["room"] for one in rung}) == 1
    assert [patient.axe(), provider.axe()] == [[], []]
    weather(patient, 0.0)
    patient.press("button", "^Back to the call$")
    at(provider, "voice")
    provider.text("Back from the phone: voice first")  # they chose nothing
    wait_until(lambda: all(one["ended"] for one in calls(clinic)), 10, "both phones hung up")
    for page in (patient, provider):
        wait_until(lambda page=page: page.run(RUNG) in {"video", "small"}, 60, f"a picture at the {page.name}'s")
        story.sees_and_hears(page)
    kept = provider.run(LINES)
    mine = [one["rung"] for one in kept if one["seat"] == "patient"]
    assert mine[:6] == ["video", "small", "voice", "phone", "voice", "small"]
    assert {one["reason"] for one in kept if one["rung"] in {"small", "voice"}} >= {"loss", "good"}


def test_one_key_in_an_emergency_and_the_call_goes_on(clinic: Clinic, call: Call) -> None:
    patient, provider = call
    provider.run("document.activeElement?.blur()")
    provider.key("x")
    provider.wait("heading", "^Emergency$")
    provider.text("Emergency services: 999")
    provider.text("Ask now, and say it to whoever you ring")
    assert provider.axe() == []
    provider.press("button", "^Ring on a second line")
    provider.text("Your phone rings, and theirs")
    wait_until(lambda: any(one["to"] == "999" for one in calls(clinic)), 10, "the second line")
    provider.press("button", "^Close$")
    for page in (patient, provider):
        story.sees_and_hears(page)


LINES = """
const headers = { "x-careroom-role": "provider" };
const read = (path) => fetch(path, { headers }).then((answer) => answer.json());
return read("/v1/board").then(({ rows }) => {
  const open = Object.values(rows).find((row) => row.visit.status === "in-progress");
  return read(`/v1/visits/${open.visit.id}/line`).then(({ lines }) => lines);
});
"""


def bytes_sent(page: Page) -> int:
    return int(page.media()["bytesSent"])


def still(page: Page) -> None:
    """From now on not one byte of media leaves this page. What was on its way before may be counted a moment later."""
    last = [bytes_sent(page)]

    def same() -> bool:
        before, last[0] = last[0], bytes_sent(page)
        return before == last[0]

    wait_until(same, 15, f"nothing leaves the {page.name}'s page")
    since = page.run("return performance.now()")
    wait_until(lambda: page.run("return performance.now()") > since + 1_000, 10, "a second more")
    assert bytes_sent(page) == last[0]


def press_key(page: Page, key: str) -> None:
    page.run("document.activeElement?.blur()")
    page.key(key)


def test_on_hold_nothing_leaves_either_page_also_after_a_reload(clinic: Clinic, call: Call) -> None:
    patient, provider = call
    press_key(provider, "h")
    patient.wait("heading", "Dr Amara Okafor has put the visit on hold")
    provider.text(r"On hold since[\s\S]*Nothing is sent either way")
    for page in call:
        still(page)
        assert page.axe() == []
    provider.reload()
    provider.text("On hold since")
    wait_until(lambda: provider.media()["connections"] >= 1, 30, "the provider's page is back in the call")
    for page in call:
        still(page)
    press_key(provider, "h")
    for page in call:
        story.sees_and_hears(page)
    patient.wait_gone("heading", "on hold")
    kept = [one["rung"] for one in provider.run(LINES) if one["rung"] in {"hold", "resume"}]
    assert kept == ["hold", "resume"]


SCREEN = "return document.querySelector('.stage.whole .remote') !== null"


def test_a_screen_is_shown_in_place_of_the_camera_and_ends_by_the_browsers_own_bar(call: Call) -> None:
    """Chromium chooses a screen by itself here, and its bar is its `ended`."""
    patient, provider = call
    press_key(provider, "v")  # the camera is off: the screen is seen all the same, and the camera stays off
    press_key(provider, "d")
    patient.text("Dr Amara Okafor shares a screen")
    provider.text("You share your screen")
    wait_until(lambda: patient.run(SCREEN), 10, "the whole of it")
    story.sees_and_hears(patient)
    assert [patient.axe(), provider.axe()] == [[], []]
    ended = """
    const [pc] = (window.watchedConnections ?? []).filter((one) => one.connectionState === "connected");
    const track = pc.getSenders().map((one) => one.track).find((one) => one?.contentHint === "detail");
    track.stop();
    track.dispatchEvent(new Event("ended"));
    """
    provider.run(ended)
    provider.wait("button", "^D Share screen$|^Share screen")
    patient.text("You and .*Dr Amara Okafor.* can hear each other")  # the camera is as it was before: off
    press_key(provider, "v")
    story.sees_and_hears(patient)
    patient.press("button", "^Settings$")
    patient.press("button", "^Share screen$")
    patient.text("You share your screen")
    story.sees_and_hears(provider)
    patient.press("button", "^Stop sharing$")
    story.sees_and_hears(provider)


def test_notes_are_saved_while_the_provider_writes_and_are_there_after_a_crash(call: Call) -> None:
    patient, provider = call
    press_key(provider, "w")
    provider.wait("textbox", "^Your notes on this visit$")
    provider.text("Saved while you write")
    provider.fill("textbox", "^Your notes on this visit$", "Sleeps badly since May")
    provider.text("Saved at")
    assert provider.axe() == []
    provider.run("window.fetch = () => Promise.reject(new TypeError('away'))")
    provider.fill("textbox", "^Your notes on this visit$", "Sleeps badly since May. Walks.")
    provider.text("kept on this computer, sealed")
    provider.reload()
    provider.wait("tab", "^Notes$")
    press_key(provider, "w")
    written = "return document.querySelector('#note-pad')?.value ?? ''"
    wait_until(lambda: provider.run(written) == "Sleeps badly since May. Walks.", 20, "what was not saved is there")
    provider.text("Saved at")
    assert "Sleeps" not in patient.text(r"[\s\S]+")
    for page in call:
        story.sees_and_hears(page)
