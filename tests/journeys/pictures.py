"""The pages of a lively morning, photographed: `python -m tests.journeys.pictures FOLDER`."""

from __future__ import annotations

import secrets
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from tests.journeys import pictures_office, story
from tests.journeys.clinic import Clinic, embedded
from tests.journeys.pictures_office import BRITISH, LONDON
from tests.journeys.test_ladder import WEATHER, at, weather
from tests.parts.browsers import DESK, PHONE, Browsers, Page
from tests.parts.ports import wait_until

MOST = 300_000  # bytes of one picture


@dataclass(frozen=True)
class Waiting:
    """Somebody who is already in line, without a browser."""

    letters: str
    name: str
    minutes: int
    reason: str
    media: str = "video"
    microphone: str = "ok"


ROOM = (
    Waiting("Haddad", "Layla Haddad", 3, "New rash"),
    Waiting("Whitfield", "Tom Whitfield", 18, "Blood pressure review"),
    Waiting("Rahman", "Aisha Rahman", 33, "Medicine question", microphone="site-denied"),
)


@dataclass
class Camera:
    """Takes pictures of a page, in the sizes that are asked for."""

    folder: Path

    def take(self, page: Page, name: str, *sizes: str, dark: bool = False) -> None:
        """`name-desktop.png` and `name-phone.png`; the page is left in its own size."""
        page.dark(dark)
        for size in sizes or ("desktop", "phone"):
            page.size(**(DESK if size == "desktop" else PHONE))
            page.run("scrollTo(0, 0); return document.fonts.ready.then(() => null)")
            path = self.folder / f"{name}-{size}.png"
            page.shot(path)
            assert path.stat().st_size < MOST, f"{path} is larger than {MOST} bytes"
            print(path)
        page.dark(False)


def links_of(clinic: Clinic, one: Waiting) -> set[str]:
    return {link[0] for text in clinic.texts(one.name) if (link := story.LINK.search(text))}


def arrive(clinic: Clinic, one: Waiting) -> None:
    """Booked for soon, and in line by the API."""
    known = wait_until(lambda: links_of(clinic, one), 20, f"the text about {one.name}'s visit of the seed")
    with clinic.staff("scheduler") as api:
        types = {kind["name"]: kind["id"] for kind in api.get("/v1/visit-types").json()["visit_types"]}
        start = datetime.fromisoformat(clinic.get("/v1/demo/state")["now"]) + timedelta(minutes=one.minutes)
        body = {
            "person_id": api.get("/v1/people", params={"q": one.letters}).json()["people"][0]["id"],
            "provider_id": api.get("/v1/providers").json()["providers"][0]["id"],
            "visit_type_id": types["Short question"],
            "start": start.replace(second=0, microsecond=0).isoformat(),
            "reason": one.reason,
        }
        key = {"idempotency-key": secrets.token_urlsafe(16)}
        api.post("/v1/appointments", json=body, headers=key).raise_for_status()

    def sent() -> str | None:
        return next(iter(links_of(clinic, one) - known), None)

    number, secret = wait_until(sent, 20, one.name).split("/j/")[1].split("#")
    with httpx.Client(base_url=clinic.staff_origin, headers={"x-careroom-role": "patient"}, trust_env=False) as api:
        opened = api.post(f"/v1/links/{number}/open", json={"secret": secret}).raise_for_status().json()
        body = {
            "secret": secret, "consent": {"version": opened["consent"]["version"]}, "media": one.media,
            "camera": "ok", "microphone": one.microphone, "locale": "en",
        }  # fmt: skip
        api.post(f"/v1/links/{number}/ready", json=body).raise_for_status()


def outside(browsers: Browsers, clinic: Clinic, camera: Camera) -> None:
    page = browsers.page("visitor", viewport=DESK, locale=BRITISH)
    page.goto(f"{clinic.staff_origin}/sign-in")
    page.wait("heading", "Sign in")
    camera.take(page, "sign-in")
    page.goto(f"{clinic.staff_origin}/demo")
    page.text("Riverside Clinic: ")
    camera.take(page, "demo")
    camera.take(page, "demo-dark", "desktop", dark=True)


def scheduling(browsers: Browsers, clinic: Clinic, camera: Camera) -> None:
    page = story.staff_page(browsers, clinic, "scheduler", locale=BRITISH)
    page.fill("combobox", "Name or phone number", "Mar")
    page.press("option", "Marta Reis")
    page.choose("Kind of visit", "Short question")
    page.press("button", "London time.* soonest")
    page.text("Held 1:")
    page.text("Riverside Clinic: your visit")
    camera.take(page, "scheduler")
    page.press("button", "^Book ")
    page.wait("heading", "Booked")
    camera.take(page, "scheduler-booked")


NAMES = (
    "Ines Duarte", "Okoro Hale", "Yara Mensah", "Pavel Novak", "Lucia Rossi", "Kwame Adler", "Mina Chen", "Jonas Vogel",
    "Sara Lindqvist", "Omar Kaya", "Ruth Evans", "Diego Silva", "Nadia Petrenko", "Hugo Weiss",
)  # fmt: skip
WORKING = [
    {"weekday": day, "begins": begins, "ends": ends}
    for day in range(1, 6)
    for begins, ends in (("08:30", "12:30"), ("13:30", "17:00"))
]


def busy_week(clinic: Clinic) -> None:
    """Working hours, and next week's visits of two providers."""
    today = datetime.fromisoformat(clinic.get("/v1/demo/state")["now"]).date()
    monday = today + timedelta(days=7 - today.weekday())
    with clinic.staff("scheduler") as api:
        kinds = api.get("/v1/visit-types").json()["visit_types"]
        providers = [one["id"] for one in api.get("/v1/providers").json()["providers"]]
        for provider in providers:
            api.put(f"/v1/providers/{provider}/hours", json={"zone": LONDON, "hours": WORKING}).raise_for_status()
        people = []
        for number, name in enumerate(NAMES):
            given, family = name.split()
            body = {"given": given, "family": family, "birth_date": f"19{60 + number}-05-1{number % 10}",
                    "phone": f"+4477009001{60 + number:02d}"}  # fmt: skip
            people.append(api.post("/v1/people", json=body).raise_for_status().json()["id"])
        for at in range(70):
            day, part = divmod(at, 14)
            hour, minute = divmod(9 * 60 + part // 2 * 55 + (at * 20) % 35, 60)
            if hour == 12 or (at * 7) % 5 == 0:
                continue
            body = {
                "person_id": people[(at * 5) % len(people)], "provider_id": providers[at % 2],
                "visit_type_id": kinds[(at + at // 3) % len(kinds)]["id"],
                "start": f"{monday + timedelta(days=day)}T{hour:02d}:{minute // 5 * 5:02d}",
            }  # fmt: skip
            answer = api.post("/v1/appointments", json=body)
            assert answer.status_code in {201, 409}, answer.text  # some fall on one another


def the_week(browsers: Browsers, clinic: Clinic, camera: Camera) -> None:
    page = story.staff_page(browsers, clinic, "scheduler", locale=BRITISH)
    page.press("button", "The week after")
    page.wait("button", "with Dr Amara Okafor")
    page.fill("combobox", "Name or phone number", "Dua")
    page.press("option", "Ines Duarte")
    page.press("button", "London time.*with Dr.*another day")
    page.text("Held [12]:")
    page.text("Riverside Clinic: your visit")
    camera.take(page, "schedule-week", "desktop")
    camera.take(page, "schedule-week-dark", "desktop", dark=True)
    page.press("button", "^Change$")
    page.press("button", "^Day$")
    page.wait("button", "The day after")
    page.press("button", "with Dr Amara Okafor")
    page.wait("heading", "Call off")
    page.wait("button", "London time.*with Dr")
    camera.take(page, "schedule-visit")
    page.press("link", "^Hours")
    page.wait("heading", "The week")
    camera.take(page, "hours")
    page.goto(clinic.staff_link("scheduler"))
    page.wait("heading", "Book a visit")
    pictures_office.somebody_is_away(page, camera)
    pictures_office.would_come_earlier(clinic, page, camera)


def visiting(browsers: Browsers, clinic: Clinic, camera: Camera) -> None:
    """The first in line comes with a browser, and is seen."""
    provider = story.staff_page(browsers, clinic, "provider", locale=BRITISH)
    provider.press("button", "Check camera and sound")
    provider.text("Camera and sound are ready")
    link = next(link[0] for text in clinic.texts("Marta Reis") if (link := story.LINK.search(text)))
    patient = browsers.page("patient", viewport=PHONE, locale=BRITISH)
    patient.ask("init", script=WEATHER)
    patient.goto(link)
    patient.wait("button", "^Continue$")
    camera.take(patient, "patient-page-zero")
    patient.press("button", "^Continue$")
    patient.text("We can hear you")
    camera.take(patient, "patient-device-check")
    patient.press("button", "I.m ready")
    patient.wait("heading", "in line|You are next")
    camera.take(patient, "patient-waiting")
    patient.choose("Language", "العربية")
    patient.wait("heading", "أنت|دور|الدور")
    camera.take(patient, "patient-waiting-ar-dark", "phone", dark=True)
    patient.choose("اللغة", "English")
    patient.wait("heading", "in line|You are next")
    provider.text("4 people, longest")
    pictures_office.at_the_desk(browsers, clinic, camera)
    provider.key("n")
    provider.wait("button", "^Admit ")
    camera.take(provider, "provider-board")
    camera.take(provider, "provider-board-dark", "desktop", dark=True)
    provider.press("button", "^Marta Reis|Marta Reis Born")
    provider.press("button", "^Message$")
    patient.press("button", "^Message the clinic")
    story.say(patient, "The cough is better than on Tuesday.")
    story.hears(provider, "better than on Tuesday")
    story.say(provider, "Good to hear. I will be with you in a few minutes.")
    story.hears(patient, "with you in a few minutes")
    camera.take(patient, "patient-messages")
    camera.take(provider, "provider-messages", "desktop")
    patient.press("button", "^Back$")
    provider.press("button", "^Back$")
    provider.press("button", "^Admit Marta Reis")
    patient.wait("heading", "is ready for you")
    camera.take(patient, "patient-admitted", "phone")
    for page in (provider, patient):
        story.sees_and_hears(page)
    camera.take(provider, "provider-call")
    camera.take(patient, "patient-call")
    down_the_ladder(patient, provider, camera)
    story.end(provider)
    patient.wait("heading", "Your visit has ended")
    camera.take(patient, "patient-ended")


# No phone can be rung: what is left is writing.
NO_PHONE = """
const ask = window.fetch;
const away = () => Promise.reject(new TypeError("away"));
window.fetch = (path, init) => (String(path).endsWith("/call-back") ? away() : ask(path, init));
"""


def down_the_ladder(patient: Page, provider: Page, camera: Camera) -> None:
    """The call in each state of a bad network, at both ends, and back."""
    for loss, rung in ((0.09, "small"), (0.2, "voice"), (0.6, "phone")):
        weather(patient, loss)
        at(patient, rung)
        camera.take(patient, f"call-{rung}", "phone")
        camera.take(provider, f"call-{rung}", "desktop")
    weather(patient, 0.0)
    patient.press("button", "^Back to the call$")
    at(provider, "voice")
    patient.run(NO_PHONE)
    weather(patient, 0.6)
    at(patient, "text")
    patient.wait("textbox", "^Write a message")
    camera.take(patient, "call-text", "phone")
    provider.text("does not carry the call now. Write to each other here")
    camera.take(provider, "call-text", "desktop")
    weather(patient, 0.0)
    patient.press("button", "^Try the picture$")
    at(patient, "video")


def main() -> None:
    folder = Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder)
    with tempfile.TemporaryDirectory() as home, embedded(Path(home), zone=LONDON) as clinic, Browsers() as browsers:
        for one in ROOM:
            arrive(clinic, one)
        outside(browsers, clinic, camera)
        visiting(browsers, clinic, camera)
        scheduling(browsers, clinic, camera)
        busy_week(clinic)
        the_week(browsers, clinic, camera)
        pictures_office.the_office(browsers, clinic, camera)


if __name__ == "__main__":
    main()
