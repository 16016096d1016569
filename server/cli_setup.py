"""What `setup`, `doctor`, `migrate` and `audit` do."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from sqlalchemy import select
from sqlmodel import col

from notifications.numbers import parse_phone
from server.access.tables import Practice
from server.api.health import run_probe
from server.api.pages import web_root
from server.audit import service as audit
from server.core.errors import Problem
from server.core.principal import Role, system
from server.house import CannotStart, House, open_house
from server.settings import Mode, Settings, masked
from server.setup import NewPractice, add_account, make_practice, practices
from server.store.migrate import upgrade
from server.store.outbox import heads


class CannotSetUp(CannotStart):
    """One clear sentence."""


@dataclass(frozen=True, slots=True)
class Answers:
    name: str
    phone: str
    admin_name: str
    admin_email: str
    admin_password: str
    sheet: Path
    zone: str
    region: str
    locale: str
    emergency: str


async def setup(settings: Settings, answers: Answers) -> list[str]:
    """Make the practice and report, line by line, what works and what is missing."""
    if answers.sheet.exists():
        raise CannotSetUp(f"{answers.sheet} exists already. Move it away: a recovery sheet is never overwritten.")
    async with open_house(settings) as house:
        await upgrade(house.store)
        if await practices(house):
            raise CannotSetUp("This installation has a practice already.")
        try:
            phone = parse_phone(answers.phone, answers.region, fictional=settings.mode is not Mode.production)
            new = NewPractice(answers.name, phone, answers.zone, answers.locale, answers.region, answers.emergency)
            practice_id = await make_practice(house, new, answers.sheet, demo=False)
            async with house.desk.unit(system(practice_id)) as unit:
                await add_account(
                    unit, house, name=answers.admin_name, email=answers.admin_email, password=answers.admin_password,
                    roles=[Role.admin, Role.scheduler],
                )  # fmt: skip
        except (ValueError, Problem) as fault:
            raise CannotSetUp(str(fault)) from None
        return [
            f"Made {answers.name} and its administrator.",
            f"The recovery sheet is at {answers.sheet}. Print it, put it in a safe, delete the file.",
            "Whoever holds it can read every conversation of the practice; without it a lost key is lost.",
            *(await report(house))[1],
        ]


async def doctor(settings: Settings, web: str | None) -> tuple[bool, list[str]]:
    """(all well, lines)."""
    async with open_house(settings) as house:
        good, lines = await report(house)
    if web is not None:
        same, line = await _compare_web(web)
        good, lines = good and same, [*lines, line]
    return good, lines


async def report(house: House) -> tuple[bool, list[str]]:
    settings = house.settings
    lines = ["", "Chosen:"]
    for name in ("database_url", "bus_url", "sms_url", "mail_url", "keys_url", "media_url", "public_url"):
        lines.append(f"  {name.upper():<14} {masked(str(getattr(settings, name)))}")
    lines.append(f"  {'TURN_URLS':<14} {settings.turn_urls or '(none: visits work on open networks only)'}")
    lines += ["", "Probed:"]
    good = True
    await house.bus.start(lambda _topic, _payload: None, lambda _why: None)
    probes = {**house.probes(), "tls": lambda: _probe_tls(settings), "turn": lambda: _probe_turn(house)}
    for name, probe in probes.items():
        works, sentence = await run_probe(probe)
        good = good and works
        lines.append(f"  {'ok  ' if works else 'FAIL'} {name:<11} {sentence}")
    missing = settings.unsafe()
    lines += ["", "Missing for production:", *(f"  - {fault}" for fault in missing)] if missing else []
    return good, lines


async def _probe_tls(settings: Settings) -> str:
    if not settings.secure:
        return "not used: only localhost gets a camera over plain HTTP"
    async with httpx.AsyncClient(timeout=4) as client:
        answer = await client.get(f"{settings.public_url}/healthz")
    return f"{settings.public_url} answers {answer.status_code} with a certificate that browsers trust"


async def _probe_turn(house: House) -> str:
    from media.turn import probe

    if not house.ice_servers.turn:
        return "not set up: patients behind strict firewalls cannot join by video"
    return await probe(house.ice_servers)


async def _compare_web(url: str) -> tuple[bool, str]:
    root = web_root()
    if root is None:
        return False, "FAIL web: the pages are not built here, so there is nothing to compare with"
    manifest: dict[str, str] = json.loads((root / "web-manifest.json").read_text())
    wrong = []
    async with httpx.AsyncClient(timeout=10) as client:
        for path, expected in manifest.items():
            if not path.startswith("assets/"):
                continue  # pages are served under other names, and page zero is filled in
            answer = await client.get(f"{url.rstrip('/')}/{path}")
            digest = "sha384-" + b64encode(hashlib.sha384(answer.content).digest()).decode()
            if answer.status_code != 200 or digest != expected:
                wrong.append(path)
    host = urlsplit(url).netloc
    if wrong:
        return False, f"FAIL web: {host} serves other bytes for {', '.join(sorted(wrong)[:5])}"
    return True, f"ok   web: {host} serves the files that were built here"


async def migrate(settings: Settings) -> None:
    async with open_house(settings) as house:
        await upgrade(house.store)


async def add_member(settings: Settings, name: str, email: str, roles: str, password: str) -> str:
    """Add an account to the only practice of this installation; one sentence."""
    try:
        wanted = [Role(role.strip()) for role in roles.split(",")]
    except ValueError:
        wanted = []
    if not wanted or not set(wanted) <= {Role.provider, Role.scheduler, Role.admin}:
        raise CannotSetUp("A role is provider, scheduler or admin; write several with commas.")
    async with open_house(settings) as house:
        async with house.store.session(write=False) as session:
            tenants = list((await session.execute(select(col(Practice.id)).limit(2))).scalars())
        if len(tenants) != 1:
            raise CannotSetUp("This needs exactly one practice in the database; make it with careroom setup.")
        try:
            async with house.desk.unit(system(tenants[0])) as unit:
                await add_account(unit, house, name=name, email=email, password=password, roles=wanted)
        except (Problem, ValueError) as fault:
            raise CannotSetUp(str(fault)) from None
    return f"Added {name}."


def token_from(server: str, email: str, password: str, role: str, out: Path) -> None:
    """Sign in over HTTP and keep the session's token in `out` (mode 0600)."""
    try:
        answer = httpx.post(f"{server}/v1/sessions", json={"email": email, "password": password, "role": role})
    except httpx.HTTPError as fault:
        raise CannotSetUp(f"{server} does not answer ({type(fault).__name__}).") from None
    if answer.status_code != 201:
        raise CannotSetUp(str(answer.json().get("detail", "The server refused.")))
    out.unlink(missing_ok=True)
    out.touch(mode=0o600)
    out.write_text(answer.cookies[f"careroom_{role}"])


async def verify_audit(settings: Settings) -> tuple[list[str], int]:
    """(faults, lines checked) over all practices."""
    faults: list[str] = []
    checked = 0
    async with open_house(settings) as house:
        async with house.store.session(write=False) as session:
            tenants = list((await session.execute(select(col(Practice.id)))).scalars())
        for tenant in tenants:
            async with house.desk.unit(system(tenant), write=False) as unit:
                seq, prev = 0, audit.GENESIS
                while page := await audit.after(unit, seq):
                    faults += audit.faults(page, prev, seq + 1)
                    seq, prev = page[-1].seq, page[-1].hash
                    checked += len(page)
                written = (await heads(unit.session, [f"audit:{tenant}"]))[f"audit:{tenant}"]
                if seq != written:
                    faults.append(f"{written} lines were written, but the trail ends at line {seq}")
    return faults, checked
