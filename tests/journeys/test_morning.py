"""A morning by keyboard: next, urgency, hand over, admit, back into the line, end and take back. Counted, timed.

The counts are the clicks and keys that the browser's driver sent.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.journeys import pictures, story
from tests.journeys.clinic import Clinic, embedded
from tests.parts.browsers import Browsers, Page

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with embedded(tmp_path_factory.mktemp("clinic")) as made:
        for one in pictures.ROOM:
            pictures.arrive(made, one)
        yield made


def inputs(page: Page) -> int:
    """Clicks and keys that the driver sent to this page so far."""
    sent = page.sent()
    return sent["clicks"] + sent["keys"]


def nowhere(page: Page) -> None:
    """The focus is on nothing in particular, as after a look at something else."""
    page.run("document.activeElement?.blur()")


def test_a_morning_by_keyboard(clinic: Clinic) -> None:
    with Browsers() as browsers:
        page = story.staff_page(browsers, clinic, "provider")
        page.text("3 people, longest")
        page.tab_to("button", "Check camera and sound")
        page.key("Enter")
        page.text("Camera and sound are ready")
        urgent(page)
        handed_over(page)
        admitted(page)
        put_back(page)
        ended(page)
        assert page.faults() == []


def urgent(page: Page) -> None:
    """The second in line is said to be urgent, with a reason, and goes first."""
    nowhere(page)
    page.key("n")
    page.wait("button", "^Admit Layla Haddad")
    nowhere(page)
    page.key("n")
    page.wait("button", "^Admit Tom Whitfield")
    nowhere(page)
    page.key("a")
    page.wait("heading", "How urgent is Tom Whitfield")
    assert page.axe() == []
    page.press("radio", "^Urgent$")
    page.press("button", "^Save")
    page.text("Write why")
    page.fill("textbox", "Reason", "Chest feels tight")
    page.press("button", "^Save")
    page.text("Chest feels tight")
    page.text(r"1\s+Tom Whitfield")
    assert page.axe() == []


def handed_over(page: Page) -> None:
    """T, a note, and one press: the colleague has them with everything."""
    nowhere(page)
    page.key("n")
    page.key("Escape")
    nowhere(page)
    page.key("n")
    page.wait("button", "^Admit Tom Whitfield")
    nowhere(page)
    page.key("n")
    page.wait("button", "^Admit Layla Haddad")
    nowhere(page)
    before = inputs(page)
    page.key("t")
    page.wait("heading", "Hand Layla Haddad over")
    assert page.axe() == []
    page.press("button", "To Dr Sofia")
    page.wait_gone("heading", "Hand Layla Haddad over")
    assert inputs(page) - before == 2
    page.press("button", "^Layla Haddad|Layla Haddad Born")
    page.text("Dr Sofia Mar.n will admit this patient")


def admitted(page: Page) -> None:
    """One key shows the next patient, the second admits."""
    page.key("Escape")
    nowhere(page)
    before = inputs(page)
    page.key("n")
    page.wait("button", "^Admit Tom Whitfield")
    assert inputs(page) - before == 1, "one key to see the next patient"
    page.key("Enter")
    page.wait("button", "^End")
    assert inputs(page) - before == 2, "admitted in two actions"


def put_back(page: Page) -> None:
    """Out of the visit, into the same line, at the same place."""
    nowhere(page)
    page.key("t")
    page.wait("heading", "Hand Tom Whitfield over")
    page.press("button", "Back into my line")
    page.wait("heading", "Dr Amara Okafor")
    page.text(r"1\s+Tom Whitfield")
    nowhere(page)
    page.key("n")
    page.wait("button", "^Admit Tom Whitfield")
    page.key("Enter")
    page.wait("button", "^End")


def ended(page: Page) -> None:
    """E ends; it can be taken back; then the next patient's card is up at once."""
    nowhere(page)
    page.key("e")
    page.wait("button", "^Take it back")
    nowhere(page)
    page.key("u")
    page.wait("button", "^End")
    nowhere(page)
    before, at = inputs(page), time.monotonic()
    page.key("e")
    page.wait("button", "^Admit Aisha Rahman")
    assert inputs(page) - before <= 3, "a visit ends in at most three actions"
    assert time.monotonic() - at <= 20, "at most 20 s between two patients"
    page.wait_gone("button", "^Take it back")
    page.text("Finished today")
