"""Every state of every page for everybody: axe in two languages and both schemes, 320 px wide, and by keyboard alone.

One visit is walked with nothing but the keyboard, and each page is looked at where the walk passes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic, embedded
from tests.journeys.story import TOM
from tests.parts.browsers import DESK, PHONE, Browsers, Page
from tests.parts.ports import wait_until

pytestmark = pytest.mark.timeout(400)  # one walk through every page; a busy machine is slow

NARROW = 320


@dataclass
class Walk:
    """What was found on the way: state of a page -> faults."""

    clinic: Clinic
    browsers: Browsers
    axe: dict[str, list[str]] = field(default_factory=dict)
    wide: dict[str, str] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def look(self, page: Page, state: str, size: dict[str, int]) -> None:
        """Judge a page as it stands, in both languages and both schemes, then leave it as it was."""
        self.states.append(state)
        for language in ("ar", "en"):
            speak(page, language)
            for dark in (True, False):
                page.dark(dark)
                self._judge(page, f"{state}, {language}, {'dark' if dark else 'light'}")
            page.size(NARROW, 700)
            sideways = page.overflow()
            if sideways:
                self.wide[f"{state}, {language}"] = sideways
            page.size(**size)

    def glance(self, page: Page, state: str) -> None:
        """Judge a page that does not stand still, as it is."""
        self.states.append(state)
        self._judge(page, state)

    def _judge(self, page: Page, state: str) -> None:
        found = page.axe()
        if found:
            self.axe[state] = found


def speak(page: Page, language: str) -> None:
    """Another language, without touching what the page is doing: the patient's menu, or the staff's own setting."""
    page.run(
        """
        const menu = document.querySelector("select#languages, .language select");
        if (!menu) return;
        menu.value = value;
        menu.dispatchEvent(new Event("input", { bubbles: true }));
        menu.dispatchEvent(new Event("change", { bubbles: true }));
        """,
        language,
    )
    if page.run("return document.querySelector('select#languages, .language select') !== null"):
        wait_until(lambda: page.run("return document.documentElement.lang").startswith(language), what=language)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """The walk, taken."""
    with embedded(tmp_path_factory.mktemp("clinic")) as clinic, Browsers() as browsers:
        taken = Walk(clinic, browsers)
        outside(taken)
        scheduler = booking(taken)
        provider = browsers.page("provider", viewport=DESK)
        provider.goto(clinic.staff_link("provider"))
        provider.wait("heading", "Dr Amara Okafor")
        taken.look(provider, "board, nobody waiting", DESK)
        patient = arriving(taken)
        admitting(taken, provider, patient)
        ending(taken, provider, patient)
        taken.look(scheduler, "booked", DESK)
        changing(taken, scheduler)
        hours(taken, scheduler)
        administering(taken)
        taken.faults = [fault for page in browsers.pages.values() for fault in page.faults()]
        yield taken


def outside(walk: Walk) -> None:
    """Pages that need no sign-in."""
    page = walk.browsers.page("visitor", viewport=DESK)
    for path, heading, state in (("/", ".", "home"), ("/sign-in", "Sign in", "sign-in")):
        page.goto(walk.clinic.staff_origin + path)
        page.wait("heading", heading)
        walk.look(page, state, DESK)
    page.press("button", "^Sign in")
    page.wait("alert", "There is a problem")
    walk.look(page, "sign-in, refused", DESK)
    page.goto(f"{walk.clinic.staff_origin}/demo")
    page.text("Riverside Clinic: ")
    walk.look(page, "demo", DESK)


def booking(walk: Walk) -> Page:
    """The scheduler books without a mouse."""
    page = walk.browsers.page("scheduler", viewport=DESK)
    page.goto(walk.clinic.staff_link("scheduler"))
    page.wait("heading", "Needs a human")
    walk.look(page, "schedule, week", DESK)
    page.tab_to("combobox", "Name or phone number")
    page.type(TOM.letters)
    page.wait("option", TOM.name)
    walk.glance(page, "schedule, found")
    page.key("Enter")
    page.wait("group", f"Patient: {TOM.name}")
    page.tab_to("combobox", "Kind of visit")
    page.type("Short")
    page.wait("button", " time.* soonest")
    page.tab_to("button", " time.* soonest")
    walk.look(page, "schedule, proposals", DESK)
    page.tab_to("combobox", "^With")
    page.type("Dr Amara")
    page.tab_to("button", "^Type a time")
    page.key("Enter")
    page.tab_to("button", "In 5 minutes")
    page.key("Enter")
    page.text("Riverside Clinic: your visit")
    walk.look(page, "schedule, filled in", DESK)
    page.tab_to("button", "^Book ")
    page.key("Enter")
    page.wait("heading", "Booked")
    return page


def changing(walk: Walk, page: Page) -> None:
    """A visit looked at from the day, with other times for it; all by keyboard."""
    page.tab_to("button", "Book another visit")
    page.key("Enter")
    page.wait("heading", "Needs a human")
    page.tab_to("button", "^Day$")
    page.key("Enter")
    page.wait("button", "The day after")
    page.tab_to("button", story.tab_stop(page))
    page.key("Enter")
    page.wait("heading", "Call off")
    page.tab_to("button", "^Type a time")
    page.key("Enter")
    page.tab_to("button", "^Move$")
    walk.look(page, "schedule, a visit of the day", DESK)


def hours(walk: Walk, page: Page) -> None:
    """Hours, entered without a mouse and refused."""
    page.tab_to("link", "^Hours", back=True)
    page.key("Enter")
    page.wait("heading", "The week")
    page.tab_to("button", "Add hours on Monday", most=200)
    page.key("Enter")
    page.tab_to("button", "Save the week", most=200)
    page.key("Enter")
    page.text("Saved")
    page.tab_to("button", "^Add a day", most=200)
    page.key("Enter")
    page.wait("alert", "There is a problem")
    walk.look(page, "hours, a day refused", DESK)


def administering(walk: Walk) -> None:
    """The plan of messages, refused."""
    page = story.admin_page(walk.browsers, walk.clinic, "/settings", "Messages to patients")
    page.press("button", "Add an on-call phone")
    page.press("button", "Add a reminder")
    page.type("90")
    page.press("button", "Save the plan")
    page.text("must be 1 to 60 days")
    walk.look(page, "settings, a plan refused", DESK)


def arriving(walk: Walk) -> Page:
    """The patient comes in without a mouse, on a phone."""
    page = walk.browsers.page("patient", viewport=PHONE)
    page.goto(story.link_of(walk.clinic, TOM))
    page.wait("button", "^Continue$")
    walk.look(page, "page zero", PHONE)
    page.tab_to("button", "^Continue$")
    page.key("Enter")
    page.wait("heading", "Can we see and hear you")
    page.text("We can hear you")
    walk.look(page, "device check", PHONE)
    page.tab_to("button", "I.m ready")
    page.key("Enter")
    page.wait("heading", "You are next")
    walk.look(page, "waiting", PHONE)
    page.tab_to("button", "^Message the clinic")
    page.key("Enter")
    page.wait("textbox", "Write a message")
    page.tab_to("textbox", "Write a message")
    page.type("Good morning")
    page.key("Enter")
    page.text(r"Good morning\s+You\b[\s\S]{0,20}?Sent")
    walk.look(page, "messages", PHONE)
    page.tab_to("button", "^Back$")
    page.key("Enter")
    page.wait("heading", "You are next")
    return page


def admitting(walk: Walk, provider: Page, patient: Page) -> None:
    """N and Enter."""
    provider.tab_to("button", "Check camera and sound")
    provider.key("Enter")
    provider.text("Camera and sound are ready")
    provider.run("document.activeElement?.blur()")
    provider.text("1 person, longest")
    provider.key("n")
    provider.wait("heading", TOM.name)
    walk.look(provider, "board, card", DESK)
    provider.key("m")
    provider.text("Good morning")
    walk.look(provider, "board, messages", DESK)
    provider.key("Escape")
    provider.run("document.activeElement?.blur()")
    provider.key("n")
    provider.wait("button", f"^Admit {TOM.name}")
    provider.key("Enter")
    provider.wait("button", "^End")
    patient.wait("heading", "is ready for you")
    walk.glance(patient, "3-2-1")
    story.sees_and_hears(provider)
    story.sees_and_hears(patient)
    walk.look(provider, "provider's call", DESK)
    walk.look(patient, "patient's call", PHONE)


def ending(walk: Walk, provider: Page, patient: Page) -> None:
    provider.run("document.activeElement?.blur()")
    provider.key("e")
    provider.wait("button", "^Take it back")
    walk.glance(provider, "ending")
    provider.run("document.activeElement?.blur()")
    provider.key("u")
    provider.wait("button", "^End$")
    provider.run("document.activeElement?.blur()")
    provider.key("e")
    provider.wait("heading", "Dr Amara Okafor")
    patient.wait("heading", "Your visit has ended")
    walk.look(patient, "ended", PHONE)
    walk.look(provider, "board, one held", DESK)
    # Somebody else's browser with the same link: the visit is over.
    late = walk.browsers.page("late", viewport=PHONE)
    late.goto(story.link_of(walk.clinic, TOM))
    late.wait("heading", "This link is closed")
    walk.look(late, "closed", PHONE)


def test_axe_finds_nothing(walk: Walk) -> None:
    assert walk.axe == {}, "\n".join(f"{state}: {fault}" for state, faults in walk.axe.items() for fault in faults)


def test_nothing_sticks_out_at_320_px(walk: Walk) -> None:
    assert walk.wide == {}


def test_no_page_complained(walk: Walk) -> None:
    assert walk.faults == []


def test_every_state_was_looked_at(walk: Walk) -> None:
    assert len(walk.states) == 26
