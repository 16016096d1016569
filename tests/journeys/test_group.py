"""A group in one call, and a second clinician in it, on two instances: let in by one press, a number to each other
until somebody shows a name; who goes alone ends nobody else's visit."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic, two_instances
from tests.journeys.story import TOM, Patient
from tests.journeys.test_third import sees
from tests.parts.browsers import DESK, PHONE, Browsers, Page
from tests.parts.instance import ROOT
from tests.parts.ports import wait_until
from tests.parts.postgres import Postgres
from tests.parts.redis import Redis

pytestmark = pytest.mark.timeout(400)

AISHA = Patient("Aisha Rahman", "Rah", "aisha.rahman@example.org")
COLLEAGUE, WORD = "Dr Ines Baptiste", "correct horse battery staple"


@dataclass
class Scene:
    clinic: Clinic
    browsers: Browsers
    provider: Page
    colleague: Page
    tom: Page
    aisha: Page

    @property
    def members(self) -> tuple[Page, Page]:
        return self.tom, self.aisha


def book(clinic: Clinic) -> None:
    """Tom and Aisha with Dr Okafor and a colleague, in five minutes."""
    with clinic.staff("scheduler") as api:
        types = {kind["name"]: kind["id"] for kind in api.get("/v1/visit-types").json()["visit_types"]}
        staff = {one["name"]: one["id"] for one in api.get("/v1/providers").json()["providers"]}
        people = [api.get("/v1/people", params={"q": one.letters}).json()["people"][0]["id"] for one in (TOM, AISHA)]
        start = datetime.fromisoformat(clinic.get("/v1/demo/state")["now"]) + timedelta(minutes=5)
        body = {
            "provider_id": staff["Dr Amara Okafor"], "co_provider_ids": [staff[COLLEAGUE]],
            "visit_type_id": types["Short question"], "start": start.replace(second=0, microsecond=0).isoformat(),
            "people": [{"person_id": people[0], "reason": "Sleepless"}, {"person_id": people[1], "reason": "Dizzy"}],
        }  # fmt: skip
        key = {"idempotency-key": secrets.token_urlsafe(16)}
        api.post("/v1/groups", json=body, headers=key).raise_for_status()


def links_of(clinic: Clinic, one: Patient) -> set[str]:
    return {link[0] for text in clinic.texts(one.name) for link in story.LINK.finditer(text)}


def add_colleague(clinic: Clinic) -> None:
    command = [
        sys.executable, "-m", "server", "add-account", "--name", COLLEAGUE, "--email", "ines@example.org",
        "--roles", "provider", "--password", WORD,
    ]  # fmt: skip
    env = {**clinic.first.process.env, "CAREROOM_DATA_DIR": str(clinic.first.data), "CAREROOM_MODE": "demo"}
    subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True)


def sign_in(browsers: Browsers, clinic: Clinic) -> Page:
    page = browsers.page("colleague", viewport=DESK)
    page.goto(f"{clinic.patient_origin}/sign-in")
    page.fill("textbox", "mail", "ines@example.org")
    page.fill("textbox", "^Password", WORD)
    page.press("button", "^Sign in")
    page.wait("heading", COLLEAGUE)
    return page


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, shared_redis: Redis) -> Iterator[Scene]:
    """Both members wait on the second instance, where the colleague's board is; the provider's is on the first."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("group")
        clinic = stack.enter_context(two_instances(folder, postgres, shared_redis, relay=True))
        browsers = stack.enter_context(Browsers())
        add_colleague(clinic)
        known = {one: wait_until(lambda one=one: links_of(clinic, one), 30, one.name) for one in (TOM, AISHA)}
        book(clinic)
        waiting = []
        for one in (TOM, AISHA):

            def fresh(one: Patient = one) -> str | None:
                return next(iter(links_of(clinic, one) - known[one]), None)

            link = wait_until(fresh, 30, f"the text about {one.name}'s group")
            waiting.append(story.check_in(browsers, clinic.at_the_patients(link), name=one.name))
        provider = story.staff_page(browsers, clinic, "provider")
        yield Scene(clinic, browsers, provider, sign_in(browsers, clinic), *waiting)


def reads(page: Page) -> str:
    return page.text(r"[\s\S]+")


def fits(page: Page) -> None:
    page.size(320, 640)
    assert page.overflow() is None, page.name
    page.size(**PHONE)


def inputs(page: Page) -> int:
    sent = page.sent()
    return sent["clicks"] + sent["keys"]


def test_whoever_waits_is_told_of_the_others_and_shows_no_name_unasked(scene: Scene) -> None:
    for page, name in ((scene.tom, "Tom"), (scene.aisha, "Aisha")):
        page.wait("heading", "^A visit with others")
        page.wait("radio", "No name: .Participant")
        page.wait("radio", f"{name}.$")
        assert page.axe() == []
        fits(page)
    assert scene.aisha.run("return (window.watchedConnections ?? []).length") == 0, "nobody prepares a call of others"
    assert "Whitfield" not in reads(scene.aisha)


def test_the_whole_group_comes_in_by_two_keys_and_each_decodes_all_others(scene: Scene) -> None:
    provider = scene.provider
    provider.text("2 people, longest")
    provider.tab_to("button", "Check camera and sound")
    provider.key("Enter")
    provider.text("Camera and sound are ready")
    provider.run("document.activeElement?.blur()")
    provider.key("n")
    provider.wait("heading", "A group of 2, in one call")
    provider.wait("button", "^Let in (Tom Whitfield and Aisha Rahman|Aisha Rahman and Tom Whitfield)")
    assert provider.axe() == []
    before = inputs(provider)
    provider.run("document.activeElement?.blur()")
    # The list must have stood for a moment: what has just changed is read first. Once heard, the button is busy.
    heard = "return document.querySelector('#admit-group')?.disabled !== false"
    wait_until(lambda: (provider.key("b"), provider.run(heard))[1], 10, "the key is heard")
    provider.wait("button", "^End$", wait=30)
    assert inputs(provider) - before <= 3
    for page in (*scene.members, provider):
        sees(page, 2)
    provider.wait("video", "^Tom Whitfield, video")
    provider.wait("video", "^Aisha Rahman, video")
    scene.tom.wait("video", "^Participant 2, video")
    scene.aisha.wait("video", "^Participant 1, video")
    assert not re.search(r"Rahman|Aisha|Dizzy", reads(scene.tom))
    assert not re.search(r"Whitfield|Tom\b|Sleepless", reads(scene.aisha))
