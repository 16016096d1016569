"""The link in real browsers: two taps and nothing typed, a second device, one passed on, one worn out, a guest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic, embedded
from tests.journeys.story import TOM
from tests.parts.browsers import PHONE, Browsers, Page
from tests.parts.ports import wait_until

pytestmark = pytest.mark.timeout(240)
BORN = ("30", "11", "1947")  # Tom's, as the demo has it


@dataclass
class Scene:
    clinic: Clinic
    browsers: Browsers
    provider: Page
    link: str


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A clinic with Tom's visit booked."""
    with ExitStack() as stack:
        clinic = stack.enter_context(embedded(tmp_path_factory.mktemp("links")))
        browsers = stack.enter_context(Browsers())
        scheduler = story.staff_page(browsers, clinic, "scheduler")
        story.book(scheduler, TOM)
        link = story.link_of(clinic, TOM)
        scheduler.leave()
        yield Scene(clinic, browsers, story.staff_page(browsers, clinic, "provider"), link)


def ready(scene: Scene, name: str) -> Page:
    """Another device opens the link and presses "I'm ready"."""
    page = scene.browsers.page(name, viewport=PHONE)
    page.goto(scene.link)
    page.press("button", "^Continue$")
    page.press("button", "I.m ready")
    return page


def test_two_taps_and_nothing_typed(scene: Scene) -> None:
    page = scene.browsers.page("first", viewport=PHONE)
    page.goto(scene.link)
    page.run("window.taps = 0; window.typed = 0;"
             "addEventListener('click', e => { if (e.isTrusted) taps++ }, true);"
             "addEventListener('keydown', e => { if (e.isTrusted) typed++ }, true)")  # fmt: skip
    page.press("button", "^Continue$")
    page.press("button", "I.m ready")
    page.wait("heading", "You are next|in line")
    assert page.run("return [taps, typed]") == [2, 0]
    assert not page.faults()


def test_a_further_device_shows_by_birth_date_whose_it_is_and_takes_the_seat(scene: Scene) -> None:
    page = ready(scene, "second")
    page.wait("heading", "Is it you")
    assert not page.axe()
    assert page.overflow() is None
    scene.provider.press("button", "Tom Whitfield")
    scene.provider.text("Nobody knows whose it is")
    page.press("button", "Use my birth date")
    page.press("button", "That is me")
    page.text("Day, month and year as numbers")
    for name, value in zip(("Day", "Month", "Year"), ("30", "11", "1948"), strict=True):
        page.fill("textbox", name, value)
    page.press("button", "That is me")
    page.text("Tries left: 4")
    assert page.run("return [...document.querySelectorAll('.ask input')].map(one => one.value)") == ["30", "11", "1948"]
    assert not page.axe()
    page.fill("textbox", "Year", BORN[2])
    page.press("button", "That is me")
    page.wait("heading", "You are next|in line")
    scene.provider.text("Confirmed by birth date")
    scene.browsers.pages["first"].wait("heading", "open somewhere else")
    assert not page.faults()


def test_a_code_to_the_number_on_file_does_the_same(scene: Scene) -> None:
    page = ready(scene, "third")
    page.press("button", "Send a code")
    page.text("A code is on its way to")

    def arrived() -> list[str]:
        return [
            found[1] for text in scene.clinic.texts(TOM.name) if (found := re.search(r"your code is (\d{6})", text))
        ]

    page.fill("textbox", "Code from the message", wait_until(arrived, 20, "the code on the phone")[-1])
    page.press("button", "That is me")
    page.wait("heading", "You are next|in line")
    scene.provider.text("Confirmed by a code")


def test_a_link_that_was_passed_on_reaches_only_the_question_until_staff_let_it_in(scene: Scene) -> None:
    page = ready(scene, "forwarded")
    page.wait("heading", "Is it you")
    assert "Whitfield" not in page.text(r"[\s\S]+")
    scene.provider.press("button", "let it in")
    page.wait("heading", "You are next|in line")


def test_the_provider_confirms_the_phone_in_one_click_face_to_face(scene: Scene) -> None:
    story.admit(scene.provider, TOM)
    scene.provider.press("button", "Name and birth date agree: confirm this phone")
    scene.provider.wait_gone("button", "Name and birth date agree: confirm this phone")
    scene.provider.press("tab", "Visit")
    scene.provider.text("Confirmed face to face")
    assert not scene.provider.faults()


def test_a_guest_comes_by_a_link_of_their_own_and_sees_no_name(scene: Scene) -> None:
    scene.provider.press("button", "Add a guest")
    scene.provider.choose("Who is it", "family")
    scene.provider.press("button", "Make the link")
    url = scene.provider.text(r"http\S+/g/\S+")
    page = scene.browsers.page("guest", viewport=PHONE)
    page.goto(url)
    page.wait("heading", "You are invited to be with somebody")
    assert not page.axe()
    assert page.overflow() is None
    page.fill("textbox", "Your name", "Noor")
    page.press("button", "I.m here")
    page.wait("heading", "You are here")
    page.text("The visit has begun")
    assert "Whitfield" not in page.text(r"[\s\S]+")
    scene.provider.press("button", "^Close$")
    scene.provider.text("Noor")
    story.end(scene.provider)
    page.wait("heading", "This link has ended")
    assert not page.faults()


def test_a_worn_out_link_offers_a_fresh_one(scene: Scene) -> None:
    broken = scene.link[:-4] + "AAAA"
    page = scene.browsers.page("broken", viewport=PHONE)
    page.goto(broken)
    page.text("does not work any more")
    page.press("button", "Send me a fresh link")
    page.text("If this link was yours")
    assert not page.axe()
    assert page.overflow() is None
    page.run("document.querySelector('details').open = true")
    page.fill("textbox", "Your phone number", "hello")
    page.press("button", "Send it to this number")
    page.text("This is not a phone number")
    assert page.run("return document.querySelector('input[type=tel]').value") == "hello"
    page.fill("textbox", "Your phone number", "07700 900121")
    page.press("button", "Send it to this number")
    page.text("If the clinic has this number")
    assert not page.faults()


@pytest.fixture(scope="module", autouse=True)
def pictures(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What each page looked like at the end, for whoever looks."""
    folder = tmp_path_factory.mktemp("pictures")
    yield folder
    for name, page in scene.browsers.pages.items():
        if name != "scheduler":
            page.shot(folder / f"{name}.png")
