"""Time to first frame: click on "Admit" to the provider's first frame at the patient, in the product as it is.

Two Chromium processes at a running `careroom demo`, in turns with a bare WebRTC page in the same
two processes. All times in ms, medians:

prepared_ms         click on Admit (provider's page) -> first frame of the provider presented at the patient
patient_picture_ms  end of the 3-2-1 (patient's page) -> first frame of the patient presented at the provider
floor_ms            bare page, already connected: replaceTrack -> first frame presented
cold_trickle_ms     the product's Call on a bare page, both from nothing at once
ratio               prepared_ms / floor_ms
"""

from __future__ import annotations

import argparse
import itertools
import secrets
import tempfile
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import httpx

from tests.bench.host import middle, report, spread
from tests.journeys import story
from tests.journeys.clinic import Clinic, embedded
from tests.journeys.story import TOM
from tests.parts.browsers import DESK, Browsers, Page
from tests.parts.ports import wait_until

OWN = ("patient", "provider")  # one browser process each


def book(clinic: Clinic) -> str:
    """A short visit for Tom within the hour; its link. With no free time left the clock moves on."""
    known = wait_until(lambda: set(_links(clinic)), 20, "the text about Tom's visit of the seed")
    with clinic.staff("scheduler") as api:
        types = {one["name"]: one["id"] for one in api.get("/v1/visit-types").json()["visit_types"]}
        body = {
            "person_id": api.get("/v1/people", params={"q": TOM.letters}).json()["people"][0]["id"],
            "provider_id": api.get("/v1/providers").json()["providers"][0]["id"],
            "visit_type_id": types["Short question"],
        }
        while not _booked(api, clinic, body):
            api.post("/v1/demo/clock", json={"forward_minutes": 30}).raise_for_status()

    def sent() -> str | None:
        return next((link for link in _links(clinic) if link not in known), None)

    return wait_until(sent, 20, "Tom's confirmation")


def _booked(api: httpx.Client, clinic: Clinic, body: dict[str, str]) -> bool:
    now = datetime.fromisoformat(clinic.get("/v1/demo/state")["now"])
    for minutes in range(5, 50, 5):
        start = (now + timedelta(minutes=minutes)).isoformat(timespec="seconds")
        key = {"idempotency-key": secrets.token_urlsafe(16)}
        answer = api.post("/v1/appointments", json={**body, "start": start}, headers=key)
        if answer.status_code == 201:
            return True
        assert answer.status_code == 409, answer.text
    return False


def _links(clinic: Clinic) -> list[str]:
    return [link[0] for text in clinic.texts(TOM.name) if (link := story.LINK.search(text))]


def product(browsers: Browsers, clinic: Clinic, number: int) -> tuple[float, float]:
    """One whole admission: (prepared_ms, patient_picture_ms)."""
    provider = browsers.page(f"provider {number}", own=OWN[1], timed=True, viewport=DESK)
    provider.goto(clinic.staff_link("provider"))
    provider.press("button", "Check camera and sound")
    provider.text("Camera and sound are ready")
    patient = story.check_in(browsers, book(clinic), name=f"patient {number}", own=OWN[0], timed=True)
    patient.wait("heading", "You are next")
    provider.text("The line is ready")
    _both_prepared(patient, provider)
    provider.press("button", f"^Admit {TOM.name}")
    prepared = patient.moment("frame") - provider.moment("admit")
    picture = provider.moment("frame") - patient.moment("counted")
    story.end(provider)
    patient.wait("heading", "Your visit has ended")
    patient.leave()
    provider.leave()
    return prepared, picture


def _both_prepared(patient: Page, provider: Page) -> None:
    for page in (patient, provider):
        wait_until(partial(_connected, page), what=f"the line of {page.name}")


def _connected(page: Page) -> bool:
    return bool(page.media()["connections"] == 1)


def run(rounds: int) -> None:
    times: dict[str, list[float]] = {
        key: [] for key in ("prepared_ms", "patient_picture_ms", "floor_ms", "cold_trickle_ms")
    }
    numbers = itertools.count()
    with tempfile.TemporaryDirectory() as folder, embedded(Path(folder)) as clinic, Browsers() as browsers:
        version = browsers.ask("version", "", own=OWN[0])
        browsers.ask("bare", "", way="floor", owns=OWN)  # the first camera and encoder of a process are nobody's figure
        product(browsers, clinic, next(numbers))
        for number in range(rounds):
            prepared, picture = product(browsers, clinic, next(numbers))
            times["prepared_ms"].append(prepared)
            times["patient_picture_ms"].append(picture)
            times["floor_ms"].append(browsers.ask("bare", "", way="floor", owns=OWN))
            times["cold_trickle_ms"].append(browsers.ask("bare", "", way="cold", owns=OWN))
            print(f"round {number + 1}: " + ", ".join(f"{key} {values[-1]:.0f}" for key, values in times.items()))
    figures = {key: middle(values) for key, values in times.items()}
    ratio = round(figures["prepared_ms"] / figures["floor_ms"], 2)
    report("ttff", {**figures, "ratio": ratio, "spread": spread(times), "rounds": rounds, "chromium": version})


def main() -> None:
    options = argparse.ArgumentParser(description="Time to first frame")
    options.add_argument("--quick", action="store_true", help="three rounds")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    run(3 if given.quick else given.rounds)


if __name__ == "__main__":
    main()
