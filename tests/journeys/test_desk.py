"""The desk helps somebody in whose camera was refused: seen in words, rung by one key, taken to the telephone, held."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic, two_instances
from tests.journeys.story import LINK, TOM
from tests.parts.browsers import DESK, PHONE, Browsers, Page
from tests.parts.ports import wait_until
from tests.parts.postgres import Postgres
from tests.parts.redis import Redis

pytestmark = pytest.mark.timeout(180)

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1"
REFUSED = """
const say = () => Promise.reject(new DOMException("refused by a person", "NotAllowedError"));
navigator.mediaDevices.getUserMedia = say;
"""


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, shared_redis: Redis) -> Iterator[Clinic]:
    with two_instances(tmp_path_factory.mktemp("clinic"), postgres, shared_redis) as made:
        yield made


def desk_page(browsers: Browsers, clinic: Clinic) -> Page:
    page = browsers.page("desk", viewport=DESK)
    page.goto(clinic.staff_link("scheduler"))
    page.wait("heading", "Today|Schedule")
    page.goto(f"{clinic.staff_origin}/desk")
    page.wait("heading", "^Desk$")
    return page


def test_somebody_who_is_stuck_is_helped_in_by_telephone(clinic: Clinic, browsers: Browsers) -> None:
    scheduler = story.staff_page(browsers, clinic, "scheduler")
    story.book(scheduler, TOM)
    link = clinic.at_the_patients(story.link_of(clinic, TOM))
    desk = desk_page(browsers, clinic)
    patient = browsers.page("patient", viewport=PHONE, userAgent=IPHONE)
    patient.goto(link)
    patient.wait("button", "^Continue$")
    patient.run(REFUSED)
    patient.press("button", "^Continue$")
    patient.wait("heading", "blocked|camera|Camera")
    desk.text("Link opened, (camera|microphone) (refused|blocked by the system) on an iPhone")
    # One key: whoever is first on the list is rung.
    row = desk.text(r"Tom Whitfield[\s\S]{0,300}?Ring")
    assert "iPhone" in row
    desk.press("button", r"^Ring\s+Tom Whitfield")
    desk.wait("link", "^Ring ")
    assert desk.axe() == []
    # One key: what to press on an iPhone goes to their phone.
    desk.run("document.activeElement?.blur()")
    desk.key("s")
    desk.text("What to press is on its way to")
    wait_until(
        lambda: any("On your iPhone: open Settings" in one for one in clinic.texts(TOM.name)), 20, "the next step left"
    )
    desk.key("p")
    desk.text("They are in line")
    provider = story.staff_page(browsers, clinic, "provider")
    provider.text("1 person, longest")
    provider.key("n")
    provider.wait("button", f"^Admit {TOM.name}")
    provider.key("Enter")
    provider.wait("region", "Visit by phone")
    provider.press("button", "Show the number")
    provider.wait("link", "^Ring ")
    assert provider.axe() == []
    assert provider.media()["bytesSent"] == 0
    provider.run("document.activeElement?.blur()")
    provider.key("e")
    provider.press("button", "^End it now")
    walk_in(desk)
    assert [fault for page in browsers.pages.values() for fault in page.faults()] == []


def walk_in(desk: Page) -> None:
    """Somebody without an appointment is found by three letters and gets a visit from now on."""
    desk.press("button", "^Walk-in")
    desk.fill("textbox", "Name or phone number", "Hadd")
    desk.press("button", "^Layla Haddad")
    desk.choose("^With", "Dr Sofia")
    assert desk.axe() == []
    desk.press("button", "^Put in line")
    desk.text("Layla Haddad has a visit from now on")


def test_a_first_visit_is_tried_out_with_the_desk_and_joined_on_their_behalf(
    clinic: Clinic, browsers: Browsers
) -> None:
    """On the telephone with the desk: the device says at once whether it works, and one key puts them in line."""
    desk = desk_page(browsers, clinic)
    desk.press("button", "^Leo Fontaine")
    desk.wait("heading", "^What to say")
    desk.text("What the device says appears here while you talk")
    found = wait_until(lambda: LINK.search(" ".join(clinic.texts("Leo Fontaine"))), 20, "his link")
    patient = browsers.page("leo", viewport=PHONE)
    patient.goto(clinic.at_the_patients(found[0]))
    patient.press("button", "^Continue$")
    patient.text("We can hear you")
    desk.text("Tried out: camera and microphone work")
    desk.run("document.activeElement?.blur()")
    desk.key("j")
    desk.text("They are in line for video")
    assert desk.axe() == []
    patient.press("button", "I.m ready")
    patient.wait("heading", "You are next|in line")
    assert [fault for page in (desk, patient) for fault in page.faults()] == []


def test_the_desk_in_three_languages_and_narrow(clinic: Clinic, browsers: Browsers) -> None:
    for language in ("en-GB", "es-ES", "ar-EG"):
        page = browsers.page(f"desk {language}", viewport=DESK, locale=language)
        page.goto(clinic.staff_link("scheduler"))
        page.wait("link", "^(Desk|Recepción|الاستقبال)$")  # signed in, and on the page of the role
        page.goto(f"{clinic.staff_origin}/desk")
        page.text("Live|directo|مباشر|cambios|تلقائي|solos")
        for dark in (False, True):
            page.dark(dark)
            assert page.axe() == [], (language, dark)
        page.size(320, 700)
        assert page.overflow() is None, language
