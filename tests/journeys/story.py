"""The steps of a visit as people do them, page by page. Every step ends with what the person then sees."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.journeys.clinic import Clinic
from tests.parts.browsers import DESK, PHONE, Browsers, Kind, Page
from tests.parts.ports import wait_until

LINK = re.compile(r"https?://\S+/j/\S+")


@dataclass(frozen=True)
class Patient:
    """One of the demo's made-up people."""

    name: str
    letters: str
    mail: str


TOM = Patient("Tom Whitfield", "Whi", "tom.whitfield@example.org")


def staff_page(browsers: Browsers, clinic: Clinic, role: str, kind: Kind = "chromium", **options: Any) -> Page:
    """The page that the printed link of this role opens."""
    page = browsers.page(role, kind, viewport=DESK, **options)
    page.goto(clinic.staff_link(role))
    page.wait("heading", "Book a visit" if role == "scheduler" else "Dr Amara Okafor")
    return page


def admin_page(browsers: Browsers, clinic: Clinic, path: str, heading: str, **options: Any) -> Page:
    """A page of the administrator, whom the demo prints no link for: by the token that it keeps for its helper."""
    page = browsers.page("admin", viewport=DESK, **options)
    page.goto(f"{clinic.staff_origin}/sign-in")
    page.run("document.cookie = `careroom_admin=${value}; path=/`", (clinic.first.data / "admin.token").read_text())
    page.goto(clinic.staff_origin + path)
    page.wait("heading", heading)
    return page


def book(page: Page, patient: Patient) -> dict[str, str]:
    """The scheduler finds the patient by three letters and books a short visit in five minutes; what the page said."""
    page.fill("combobox", "Name or phone number", patient.letters)
    page.press("option", patient.name)
    page.choose("Kind of visit", "Short question")
    page.choose("^With", "Dr Amara Okafor")
    page.press("button", "^Type a time")
    page.press("button", "In 5 minutes")
    said = page.text(r"Riverside Clinic: your visit[^\n]*")
    preview = page.wait("region", "What we will send")
    page.press("button", "^Book ")
    page.wait("heading", "Booked")
    return {"preview": preview, "said": said, "booked": page.wait("region", "Booked")}


def tab_stop(page: Page) -> str:
    """The one visit of the calendar that Tab stops at; from there the arrows go on."""
    return str(page.run("return document.querySelector('[data-row][tabindex=\"0\"]').getAttribute('aria-label')"))


def link_of(clinic: Clinic, patient: Patient) -> str:
    """The visit's link from the newest text on the patient's phone, once confirmation and reminder are there."""

    def arrived() -> list[str]:
        texts = clinic.texts(patient.name)
        return texts if any("your visit is at" in text for text in texts) else []

    texts = wait_until(arrived, 20, "confirmation and reminder on the phone")
    found = LINK.search(texts[-1])
    assert found, texts[-1]
    return found[0]


def check_in(browsers: Browsers, link: str, kind: Kind = "chromium", name: str = "patient", **options: Any) -> Page:
    """The patient opens the link, checks the devices, consents and is ready."""
    page = browsers.page(name, kind, viewport=PHONE, **options)
    page.goto(link)
    page.wait("heading", "Your visit is")
    page.press("button", "^Continue$")
    page.wait("heading", "Can we see and hear you")
    if kind == "chromium":
        page.text("We can hear you")  # Firefox measures no loudness on a machine without a sound card
    page.press("button", "I.m ready")
    return page


def open_messages(page: Page, who: str) -> None:
    """Opens the messages of the waiting patient, or of the card shown to the provider."""
    page.press("button", "^Message the clinic" if who == "patient" else "^Message$")


def say(page: Page, text: str) -> None:
    """Writes and sends a message; done when the server has it."""
    page.fill("textbox", "Write a message", text)
    page.press("button", "^Send$")
    page.text(rf"{text}\s+You\b[\s\S]{{0,20}}?Sent")


def hears(page: Page, text: str) -> None:
    page.text(text)


def sees_and_hears(page: Page) -> list[dict[str, Any]]:
    """Two looks at what arrives: a picture first, and later more frames, more sound."""

    def pictured() -> dict[str, Any] | None:
        seen = page.media()
        picture = seen["picture"]
        # During the 3-2-1 the picture runs behind the page, without sound: that does not count yet.
        shown = picture and picture["mean"] > 5 and not picture["muted"] and not picture["paused"]
        return seen if shown and seen["framesDecoded"] > 0 and seen["audioPackets"] > 0 else None

    first = wait_until(pictured, 25, f"a picture and sound at the {page.name}'s")

    def more() -> dict[str, Any] | None:
        seen = pictured()
        grown = seen and seen["framesDecoded"] >= first["framesDecoded"] + 15
        louder = seen and seen["audioEnergy"] > first["audioEnergy"]
        return seen if seen and grown and louder and seen["audioPackets"] >= first["audioPackets"] + 15 else None

    return [first, wait_until(more, 25, f"more frames and sound at the {page.name}'s")]


def admit(page: Page, patient: Patient) -> None:
    """N brings up the card, the button admits."""
    page.key("n")
    page.press("button", f"^Admit {patient.name}")
    page.wait("button", "^End")


def end(page: Page) -> None:
    page.press("button", "^End$")
    page.wait("heading", "Dr Amara Okafor")
    page.press("button", "^End it now")
    page.wait_gone("button", "^End it now")
