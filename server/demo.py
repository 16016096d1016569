"""What `careroom demo` starts: a seeded clinic on embedded defaults. Nothing leaves this machine."""

from __future__ import annotations

import asyncio
import sys
import webbrowser
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from server.access import sessions
from server.core.clock import MovableClock
from server.core.clock import zone as known_zone
from server.core.errors import Invalid
from server.core.principal import Principal, Role, system
from server.demo_clinic import accounts_of, keep_a_visit, printed_links, seed, sheet_path, tenant_of
from server.house import House
from server.serving import LOCAL, CannotStart, self_made_certificate, serve
from server.settings import Mode, Settings
from server.setup import practices


def settings_for(data_dir: Path, host: str, port: int) -> Settings:
    """Embedded defaults in demo mode; anything but localhost serves HTTPS with a self-made certificate."""
    local = host in LOCAL
    shown = "localhost" if local else host
    made: dict[str, object] = {
        "mode": Mode.demo, "data_dir": data_dir, "host": host, "port": port,
        "public_url": f"{'http' if local else 'https'}://{shown}:{port}",
    }  # fmt: skip
    if not local:
        made["tls_cert"], made["tls_key"] = self_made_certificate(data_dir / "tls", host)
    settings = Settings(**made)  # type: ignore[arg-type]
    if "media_url" in settings.model_fields_set:
        return settings
    # A call of three needs a relay, and here nobody sets one up.
    return settings.model_copy(update={"media_url": f"relay://{'127.0.0.1' if local else '0.0.0.0'}"})


async def run(settings: Settings, zone: str, *, browser: bool, say: Callable[[str], None]) -> None:
    """Seed on the first start with a clinic in `zone` (IANA), serve, print the links. Raises CannotStart."""
    try:
        known_zone(zone)
    except Invalid:
        raise CannotStart(f"{zone} is not an IANA time zone; Europe/London is one. Give --zone another.") from None
    helper: list[asyncio.subprocess.Process] = []

    async def started(house: House) -> None:
        helper.append(await _administrator(house))
        for role, url in await printed_links(house):
            say(f"{role:<9} {url}")
        say(f"{'phone and mailbox':<9} {settings.public_url}/demo")
        say("Made-up people, nothing leaves this machine. Ctrl-C stops it.")
        if browser:
            await asyncio.to_thread(webbrowser.open, f"{settings.public_url}/demo")

    try:
        await serve(settings, clock=MovableClock(), prepare=_prepare(zone, say), started=started)
    finally:
        for process in helper:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def _prepare(zone: str, say: Callable[[str], None]) -> Callable[[House], Awaitable[None]]:
    async def prepare(house: House) -> None:
        if await practices(house) == 0:
            say("Making the practice, its keys and its people")
            await seed(house, zone)
        await keep_a_visit(house)

    return prepare


async def _administrator(house: House) -> asyncio.subprocess.Process:
    """A process of its own plays the administrator: it alone reads the recovery sheet, and approves staff devices."""
    tenant = await tenant_of(house)
    async with house.desk.unit(system(tenant)) as unit:
        admin = (await accounts_of(unit, Role.admin))[0]
        unit.become(Principal(Role.admin, tenant, account_id=admin.id))
        token = await sessions.open_staff(unit, admin, Role.admin, timedelta(days=7))
        scheduler = (await accounts_of(unit, Role.scheduler))[0]
        desk_token = await sessions.open_staff(unit, scheduler, Role.scheduler, timedelta(days=7))
    folder = house.settings.data_dir
    _write_private(folder / "admin.token", token)
    _write_private(folder / "scheduler.token", desk_token)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "keys", "approve", "--watch", "--yes",
        "--server", house.settings.public_url, "--token-file", str(folder / "admin.token"),
        "--sheet", str(sheet_path(house.settings)),
        stdin=asyncio.subprocess.PIPE,
    )  # fmt: skip


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
