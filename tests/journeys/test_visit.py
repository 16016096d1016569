"""One whole visit, from booking to the end page, in every setting the product promises.

Each setting is played once (`visit`); the tests below look at what was seen and what was left behind.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.journeys import story
from tests.journeys.clinic import Clinic, embedded, two_instances
from tests.journeys.story import TOM
from tests.parts.browsers import DESK, Browsers, Kind
from tests.parts.instance import Instance
from tests.parts.ports import wait_until
from tests.parts.postgres import Postgres
from tests.parts.redis import Redis

pytestmark = pytest.mark.timeout(180)

CANARIES = ("before-patient", "before-provider", "during-patient", "during-provider", "after-patient")


@dataclass
class Visit:
    """What was seen on the way."""

    clinic: Clinic
    secret: str
    booked: dict[str, str] = field(default_factory=dict)
    demo_page: str = ""
    waiting: str = ""
    sockets: dict[str, float] = field(default_factory=dict)
    pictures: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    silence: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: str = ""
    row: dict[str, Any] = field(default_factory=dict)
    trail: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    redis_traffic: bytes = b""

    def canary(self, moment: str) -> str:
        """A text that nobody but the two may ever hold."""
        return f"canary-{self.secret}-{moment}"


SETTINGS: dict[str, tuple[str, Kind, Kind]] = {
    "embedded": ("embedded", "chromium", "chromium"),
    "patient-in-firefox": ("embedded", "firefox", "chromium"),
    "provider-in-firefox": ("embedded", "chromium", "firefox"),
    "two-instances": ("two", "chromium", "chromium"),
}


@contextmanager
def _clinic(setting: str, folder: Path, postgres: Postgres, redis: Redis) -> Iterator[Clinic]:
    with embedded(folder) if setting == "embedded" else two_instances(folder, postgres, redis) as clinic:
        yield clinic


@pytest.fixture(scope="module", params=SETTINGS)
def visit(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, shared_redis: Redis
) -> Iterator[Visit]:
    """The visit of one setting, held; its clinic still runs."""
    setting, patient, provider = SETTINGS[request.param]
    with ExitStack() as stack:
        clinic = stack.enter_context(_clinic(setting, tmp_path_factory.mktemp("clinic"), postgres, shared_redis))
        seen = Visit(clinic, secrets.token_hex(8))
        browsers = stack.enter_context(Browsers())
        if clinic.two:
            with shared_redis.monitor() as traffic:
                hold(seen, browsers, patient, provider)
            seen.redis_traffic = bytes(traffic)
        else:
            hold(seen, browsers, patient, provider)
        yield seen


def hold(seen: Visit, browsers: Browsers, patient_kind: Kind, provider_kind: Kind) -> None:
    """Steps 2 to 6."""
    clinic = seen.clinic
    scheduler = story.staff_page(browsers, clinic, "scheduler")
    provider = story.staff_page(browsers, clinic, "provider", provider_kind, **_media(provider_kind))
    provider.press("button", "Check camera and sound")
    provider.text("Camera and sound are ready")
    seen.booked = story.book(scheduler, TOM)
    link = story.link_of(clinic, TOM)
    seen.demo_page = _demo_page(browsers, clinic)

    patient = story.check_in(browsers, clinic.at_the_patients(link), patient_kind)
    seen.waiting = patient.wait("heading", "You are next|in line")
    provider.text("1 person, longest")
    seen.sockets = wait_until(lambda: _both_connected(clinic), what="both sockets")

    story.open_messages(patient, "patient")
    story.say(patient, seen.canary("before-patient"))
    provider.key("n")
    story.open_messages(provider, "provider")
    story.hears(provider, seen.canary("before-patient"))
    story.say(provider, seen.canary("before-provider"))
    story.hears(patient, seen.canary("before-provider"))
    seen.silence = {"patient": patient.media(), "provider": provider.media()}
    provider.press("button", "^Back$")

    story.admit(provider, TOM)
    for page in (patient, provider):
        seen.pictures[page.name] = story.sees_and_hears(page)
    provider.wait("timer", "Running for 00:(0[3-9]|[1-5])")  # the stopwatch runs
    patient.wait("textbox", "Write a message")  # the messages that were open while waiting stay open in the call
    story.say(patient, seen.canary("during-patient"))
    story.hears(provider, seen.canary("during-patient"))
    story.say(provider, seen.canary("during-provider"))
    story.hears(patient, seen.canary("during-provider"))

    story.end(provider)
    seen.ended = patient.wait("heading", "Your visit has ended")
    story.open_messages(patient, "patient")
    story.say(patient, seen.canary("after-patient"))
    seen.row = _row(clinic)
    seen.trail = _trail(clinic)
    seen.faults = [fault for page in browsers.pages.values() for fault in page.faults()]


def _media(kind: Kind) -> dict[str, Any]:
    return {"permissions": ["camera", "microphone"]} if kind == "chromium" else {}


def _sockets(clinic: Clinic) -> dict[str, float]:
    instances: dict[str, Instance] = {"first": clinic.first}
    if clinic.two:
        instances["second"] = clinic.second
    return {
        f"{role} on {name}": one.metric("careroom_sockets", role=role)
        for name, one in instances.items()
        for role in ("patient", "provider")
    }


def _both_connected(clinic: Clinic) -> dict[str, float] | None:
    """A page that begins to follow one more topic connects again, so a single look may fall in between."""
    seen = _sockets(clinic)
    return (
        seen if seen["provider on first"] and seen["patient on second" if clinic.two else "patient on first"] else None
    )


def _demo_page(browsers: Browsers, clinic: Clinic) -> str:
    """What the page with the phone and the mailbox shows of Tom's."""
    page = browsers.page("demo", viewport=DESK)
    page.goto(f"{clinic.staff_origin}/demo")
    page.choose("Whose phone", TOM.name)
    page.text("your visit is at")
    page.press("button", TOM.mail)
    return str(page.run("return document.body.innerText"))


def _row(clinic: Clinic) -> dict[str, Any]:
    """Tom's visit on the board, the one that was held."""
    with clinic.staff("provider") as api:
        rows = api.get("/v1/board").json()["rows"].values()
    held: list[dict[str, Any]] = [
        row for row in rows if row["person"]["name"] == TOM.name and row["visit"]["started_at"]
    ]
    assert len(held) == 1
    return held[0]


def _trail(clinic: Clinic) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    with clinic.admin() as api:
        while page := api.get("/v1/audit", params={"after": events[-1]["seq"] if events else 0}).json()["events"]:
            if len(page) == 1 and page[0]["subtype"] == "audit.read":
                break  # nothing new but our own reading
            events += page
    return events


def test_booking_says_what_is_sent(visit: Visit) -> None:
    assert "Text" in visit.booked["preview"]
    assert "E-mail" in visit.booked["preview"]
    assert "Reply 1 to confirm" in visit.booked["said"]
    assert TOM.name in visit.booked["booked"]


def test_phone_and_mailbox(visit: Visit) -> None:
    """Confirmation and reminder in the phone, the confirmation with its calendar entry in the mailbox."""
    texts = visit.clinic.texts(TOM.name)
    assert sum("your visit is at" in text for text in texts) == 1
    assert sum("Reply 1 to confirm" in text for text in texts) == 2  # Tom has a later visit from the seed
    mails = visit.clinic.mails(TOM.mail)
    assert len(mails) == 2
    assert "BEGIN:VEVENT" in mails[-1]["calendar"]
    assert "your visit is at" in visit.demo_page
    assert mails[-1]["subject"] in visit.demo_page


def test_the_patient_stands_in_line(visit: Visit) -> None:
    assert "You are next" in visit.waiting


def test_nothing_is_sent_while_waiting(visit: Visit) -> None:
    """The line may be prepared, but not one byte of picture or sound leaves before the admission."""
    for seen in visit.silence.values():
        assert seen["bytesSent"] == 0
        assert seen["framesDecoded"] == 0


def test_both_see_and_hear(visit: Visit) -> None:
    for first, later in visit.pictures.values():
        assert later["framesDecoded"] > first["framesDecoded"] > 0
        assert later["audioPackets"] > first["audioPackets"] > 0
        assert later["audioEnergy"] > first["audioEnergy"]
        assert later["picture"]["mean"] > 5
        assert later["picture"]["spread"] > 1
        assert not later["picture"]["muted"]
        assert not later["picture"]["paused"]


def test_each_instance_holds_one_socket(visit: Visit) -> None:
    if visit.clinic.two:
        assert visit.sockets == {
            "patient on first": 0, "provider on first": 1, "patient on second": 1, "provider on second": 0,
        }  # fmt: skip
    else:
        assert visit.sockets["patient on first"] == visit.sockets["provider on first"] == 1


def test_the_visit_is_over(visit: Visit) -> None:
    assert "Your visit has ended" in visit.ended
    assert visit.row["status"] == "fulfilled"
    assert visit.row["visit"]["status"] == "completed"
    assert visit.row["visit"]["ended_at"]
    assert visit.row["consent"]


STEPS = (
    "practice.create", "reminder.deliver.sms", "appointment.book", "reminder.deliver.sms",
    "link.open", "consent.give", "waiting.check_in", "appointment.arrive", "device.claim", "epoch.create",
    "message.post", "waiting.admit", "identity.checked:birth_date+name", "visit.open", "message.post", "visit.complete",
    "appointment.fulfil", "message.post",
)  # fmt: skip


def test_audit_trail(visit: Visit) -> None:
    """Each step is there, the first ones before the later ones, and the chain verifies."""
    told = iter(event["subtype"] for event in visit.trail)
    assert [step for step in STEPS if step in told] == list(STEPS)
    order = [event["subtype"] for event in visit.trail]
    assert order.index("device.certify") < order.index("device.claim")  # before or after booking, as staff come to work
    numbers = [event["seq"] for event in visit.trail]
    assert numbers == list(range(1, len(numbers) + 1))
    assert visit.clinic.audit_verifies().endswith(" 0 faults.")


def test_no_page_complained(visit: Visit) -> None:
    """No exception, no refusal by the content security policy or Trusted Types."""
    assert visit.faults == []


def test_messages_are_nowhere_in_the_open(visit: Visit) -> None:
    """The canary that both wrote is in no file, no database, no Redis traffic and no log, in no spelling."""
    hay = haystack(visit)
    for moment in CANARIES:
        for name, found in hay.items():
            for spelling in spellings(visit.canary(moment)):
                assert spelling not in found, f"{visit.canary(moment)} stands in {name}"


def test_the_search_would_find_them(visit: Visit) -> None:
    """The same search finds what may be there: names in the sinks, tables in the database, topics in Redis."""
    hay = haystack(visit)
    sinks = {name for name, found in hay.items() if b"Riverside Clinic" in found}
    assert any("sms" in name for name in sinks)
    assert any("mail" in name for name in sinks)
    assert any(b"appointment" in found for name, found in hay.items() if "database" in name or ".db" in name)
    assert any(b"/end" in found for name, found in hay.items() if name.endswith("log"))
    if visit.clinic.two:
        assert b'"PUBLISH"' in hay["redis traffic"].upper()


def haystack(visit: Visit) -> dict[str, bytes]:
    """Everything that the clinic keeps, said or passed on."""
    folder = visit.clinic.folder
    hay = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert hay
    if visit.clinic.postgres:
        hay["database dump"] = visit.clinic.postgres.dump(visit.clinic.database_url)
        hay["redis traffic"] = visit.redis_traffic
    return hay


def spellings(text: str) -> list[bytes]:
    """The text as it is, in hexadecimal, and in base64 at each of the three places where it can begin."""
    raw = text.encode()
    found = [raw, raw.hex().encode(), raw.hex().upper().encode()]
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 : -4]
        found += [coded, coded.translate(bytes.maketrans(b"+/", b"-_"))]
    return found
