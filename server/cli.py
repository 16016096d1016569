"""`careroom`: serve, worker, demo, setup, doctor and the offline key work.

The command line only reads its arguments, says what happens and exits with 0
or 1; the work stands in the modules it calls.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from server import cli_keys
from server.core import log
from server.serving import CannotStart, serve
from server.settings import Settings
from server.version import VERSION

app = typer.Typer(
    name="careroom",
    no_args_is_help=True,
    add_completion=True,
    help="Telehealth visits, self-hosted.",
    pretty_exceptions_enable=False,
)
app.add_typer(cli_keys.keys, name="keys")
app.add_typer(cli_keys.records, name="records")

T = TypeVar("T")
ServerUrl = Annotated[str, typer.Option("--server", help="address of the running server")]


def say(line: str) -> None:
    print(line, flush=True)


def fail(line: str) -> None:
    """One clear sentence on stderr and exit status 1."""
    print(line, file=sys.stderr, flush=True)
    raise typer.Exit(1)


def until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run until it ends or somebody says stop (Ctrl-C, SIGTERM); both are a clean end."""
    try:
        asyncio.run(work)
    except KeyboardInterrupt:  # before the server took over the signals
        pass
    except CannotStart as reason:
        fail(str(reason))
    say("Stopped.")


def answer(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end and hand back the result; what cannot be done is one sentence."""
    try:
        return asyncio.run(work)
    except CannotStart as reason:
        fail(str(reason))
        raise  # not reached: fail() ends the command


@app.command("serve")
def serve_command(
    host: Annotated[str | None, typer.Option(help="address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on")] = None,
) -> None:
    """Serve the clinic with the settings of the environment."""
    given = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    until_stopped(serve(Settings(**given)))  # type: ignore[arg-type]


@app.command()
def worker() -> None:
    """Run a reminder worker of its own, beside servers that have CAREROOM_WORKER=false."""
    until_stopped(_worker(Settings()))


async def _worker(settings: Settings) -> None:
    from server.house import lively, open_house

    log.configure(settings.log_json)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_house(settings.model_copy(update={"worker": True})) as house, lively(house):
        await stop.wait()


@app.command()
def bounce() -> None:
    """Take an undelivered mail from standard input: for the mail server to call for CAREROOM_MAIL_BOUNCES."""
    until_stopped(_bounce(Settings(), sys.stdin.buffer.read()))


async def _bounce(settings: Settings, raw: bytes) -> None:
    from notifications.bounces import parse_bounce
    from notifications.mail import parse_sender
    from server.core.principal import system
    from server.house import open_house
    from server.reminders.reports import keep

    report = parse_bounce(raw, parse_sender(settings.mail_from))
    if report is None:
        say("This says nothing of a mail of ours.")
        return
    async with open_house(settings) as house, house.desk.unit(system("")) as unit:
        await keep(unit, report)
    say(f"Kept: {report.status.value}. The worker writes it to its message.")


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="port to listen on")] = 8000,
    host: Annotated[
        str, typer.Option(help="anything but localhost serves HTTPS with a self-made certificate")
    ] = "localhost",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="open the phone and mailbox")] = True,
    data_dir: Annotated[Path, typer.Option(help="where the demo keeps its files")] = Path(".state/demo"),
    zone: Annotated[str, typer.Option(help="time zone of a new demo's clinic (IANA)")] = "Europe/London",
) -> None:
    """A seeded clinic with made-up people on embedded defaults."""
    from server.demo import run, settings_for

    until_stopped(run(settings_for(data_dir, host, port), zone, browser=browser, say=say))


@app.command()
def setup(
    name: Annotated[str, typer.Option(prompt="Name of the practice")],
    phone: Annotated[str, typer.Option(prompt="Its phone number")],
    admin_name: Annotated[str, typer.Option(prompt="Your name")],
    admin_email: Annotated[str, typer.Option(prompt="Your e-mail address")],
    admin_password: Annotated[str, typer.Option(prompt="A password", hide_input=True, confirmation_prompt=True)],
    sheet: Annotated[Path, typer.Option(help="where to write the recovery sheet")] = Path("recovery-sheet.txt"),
    zone: Annotated[str, typer.Option(prompt="Time zone (IANA)")] = "Europe/London",
    region: Annotated[str, typer.Option(prompt="Country (two letters)")] = "GB",
    locale: Annotated[str, typer.Option(prompt="Language")] = "en",
    emergency: Annotated[str, typer.Option(prompt="Emergency number")] = "112",
) -> None:
    """Make the first practice, its administrator and its keys; test TLS, SMS, mail and TURN; list what is missing."""
    from server import cli_setup

    answers = cli_setup.Answers(
        name, phone, admin_name, admin_email, admin_password, sheet, zone, region.upper(), locale, emergency
    )
    for line in answer(cli_setup.setup(Settings(), answers)):
        say(line)


@app.command()
def doctor(
    web: Annotated[str | None, typer.Option("--web", help="compare what this URL serves with the built pages")] = None,
) -> None:
    """Print what was chosen (secrets masked) and probe each part."""
    from server import cli_setup

    good, lines = answer(cli_setup.doctor(Settings(), web))
    for line in lines:
        say(line)
    raise typer.Exit(0 if good else 1)


@app.command()
def migrate() -> None:
    """Bring the database to the newest migration."""
    from server import cli_setup

    answer(cli_setup.migrate(Settings()))
    say("The tables are current.")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="an HL7 v2 SIU^S12 message, or a file of many")],
    server: ServerUrl = "http://localhost:8000",
    redate: Annotated[str | None, typer.Option(help="move the visit: +10m, +2h or an RFC 3339 time")] = None,
    token_file: Annotated[Path, typer.Option(help="a scheduler's session token")] = Path(".state/demo/scheduler.token"),
) -> None:
    """Book from a message of another system, through the running server."""
    from server.interop.client import ImportFailed, import_file, parse_redate

    try:
        token = token_file.read_text().strip()
    except OSError:
        fail(f"There is no session token at {token_file}. Start the demo, or name the file with --token-file.")
    try:
        say(import_file(file, server, token, parse_redate(redate, datetime.now(UTC)) if redate else None))
    except (ImportFailed, ValueError, OSError) as reason:
        fail(str(reason))


@app.command("add-account")
def add_account(
    name: Annotated[str, typer.Option(prompt="Name, as patients see it")],
    email: Annotated[str, typer.Option(prompt="E-mail address")],
    roles: Annotated[str, typer.Option(prompt="Roles (provider, scheduler, admin; several with commas)")],
    password: Annotated[str, typer.Option(prompt="A first password", hide_input=True, confirmation_prompt=True)],
) -> None:
    """Add a member of staff to the practice."""
    from server import cli_setup

    say(answer(cli_setup.add_member(Settings(), name, email, roles, password)))


@app.command("sign-in")
def sign_in(
    email: Annotated[str, typer.Option(prompt="E-mail address")],
    password: Annotated[str, typer.Option(prompt="Password", hide_input=True)],
    out: Annotated[Path, typer.Option(help="file for the session token (mode 0600)")],
    role: Annotated[str, typer.Option(help="provider, scheduler or admin")] = "scheduler",
    server: ServerUrl = "http://localhost:8000",
) -> None:
    """Sign in on the command line, for `import`, `keys approve` and `records export`."""
    from server.cli_setup import token_from

    try:
        token_from(server, email, password, role, out)
    except (CannotStart, OSError) as reason:
        fail(str(reason))
    say(f"Signed in as {role}. The token in {out} opens what you may open: delete it when you are done.")


@app.command()
def openapi() -> None:
    """Print the API as an OpenAPI 3.1 document."""
    from server.api.openapi import document
    from server.app import ROUTES

    say(json.dumps(document(ROUTES, VERSION), indent=2, sort_keys=True))


@app.command()
def audit() -> None:
    """Verify the audit trail of every practice."""
    from server import cli_setup

    faults, checked = answer(cli_setup.verify_audit(Settings()))
    for line in faults:
        say(line)
    say(f"{checked} lines checked, {len(faults)} faults.")
    raise typer.Exit(1 if faults else 0)


@app.command()
def version() -> None:
    """Print the version."""
    say(VERSION)


def main() -> None:
    os.umask(0o077)  # whatever we write (database, sinks, tokens) is for the user that runs us alone
    app()
