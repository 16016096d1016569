"""The administrator reads the figures: as sentences, pictures and tables, in three languages."""

from __future__ import annotations

import json

import pytest

from tests.journeys.clinic import Clinic
from tests.parts.browsers import DESK, Browsers, Page

pytestmark = pytest.mark.timeout(120)

FULL = {
    "days": 7, "since": "2026-11-17T12:00:00Z", "until": "2026-11-24T12:00:00Z", "zone": "Europe/London",
    "waits": {"count": 90, "median": 7.4, "p80": 14.0, "left": 3, "expired": 1, "by_hour": [
        {"hour": 9 + n, "count": 11, "median": 4.0 + n % 4, "p80": 8.0 + 2 * (n % 6)} for n in range(8)]},
    "forecast": {"outcomes": 412, "band_coverage": 0.78, "mean_error_minutes": 4.3, "later_than_p80": 0.21,
                 "stretch": 1.2, "promises": [{"promised": 0.1, "came": 0.12}, {"promised": 0.5, "came": 0.52},
                                              {"promised": 0.8, "came": 0.79}, {"promised": 0.9, "came": 0.88}]},
    "visits": {"due": 98, "missed": 6, "share": 0.061, "outcomes": [
        {"name": "completed", "count": 80}, {"name": "by-phone", "count": 7},
        {"name": "technical-failure", "count": 5}],
        "by_month": [{"month": f"2026-{6 + n:02}", "due": 200, "missed": 24 - 2 * n, "share": (24 - 2 * n) / 200}
                     for n in range(6)]},
    "survey": {"answers": 51, "ease": {"1": 5, "2": 9, "3": 37}, "helped": {"1": 0, "2": 11, "3": 40}},
}  # fmt: skip
ANSWERED = """
const full = value;
const real = window.fetch;
window.fetch = (where, how) =>
  String(where).includes('/v1/figures')
    ? Promise.resolve(new Response(full, { headers: { 'content-type': 'application/json' } })) : real(where, how);
"""


def figures_page(browsers: Browsers, clinic: Clinic, name: str, language: str) -> Page:
    """The page as the administrator's browser has it: signed in by the token that the demo keeps for its helper."""
    token = (clinic.first.data / "admin.token").read_text()
    page = browsers.page(name, viewport=DESK, locale=language)
    page.goto(f"{clinic.staff_origin}/sign-in")
    page.run("document.cookie = `careroom_admin=${value}; path=/; SameSite=Strict`", token)
    page.goto(f"{clinic.staff_origin}/figures")
    return page


def clean(page: Page, language: str) -> None:
    for dark in (True, False):
        page.dark(dark)
        assert page.axe() == [], language
    page.size(320, 700)
    assert page.overflow() is None, language
    page.size(**DESK)


def test_the_figures_in_three_languages_empty_full_and_as_tables(clinic: Clinic) -> None:
    with Browsers() as browsers:
        for language, heading, table in (("en-GB", "Figures", "Table"), ("es-ES", "Cifras", "Tabla"),
                                         ("ar-EG", "الأرقام", "جدول")):  # fmt: skip
            page = figures_page(browsers, clinic, f"admin {language}", language)
            page.wait("heading", f"^{heading}$")
            clean(page, language)
            page.run(ANSWERED, json.dumps(FULL))
            before = page.sent()["clicks"] + page.sent()["keys"]
            page.tab_to("combobox", ".")
            page.key("ArrowUp")
            page.wait("img", "8|٨")
            assert page.sent()["clicks"] + page.sent()["keys"] > before
            clean(page, language)
            page.press("button", f"^{table}$")
            page.text("Half wait less|La mitad espera menos|النصف ينتظر أقل")
            assert page.axe() == [], language
            assert page.faults() == []
