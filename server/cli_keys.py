"""Key work. `keys approve` and `records` read the recovery sheet; they talk to the server from outside, like anybody.

`server.records`, the only code that can open an epoch, is imported inside the
commands, so that the process of `careroom serve` never loads it.
"""

from __future__ import annotations

import json
import select
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import typer

from server.conversations.crp_certs import device_fingerprint
from server.conversations.crp_records import Cert
from server.core.errors import Problem
from server.core.ids import b64

if TYPE_CHECKING:
    from server.records import Sheet

keys = typer.Typer(no_args_is_help=True, help="Staff devices and key encryption keys.")
records = typer.Typer(no_args_is_help=True, help="The practice's own copy of its record.")

A_DAY = 86_400  # seconds
PATIENCE = 20  # rounds of half a second without an answer before a watcher says so

Url = Annotated[str, typer.Option("--server", help="address of the running server")]
TokenFile = Annotated[Path, typer.Option("--token-file", help="an administrator's session token")]
SheetFile = Annotated[Path, typer.Option("--sheet", help="the recovery sheet")]


class Admin:
    """The server as an administrator reaches it."""

    def __init__(self, url: str, token_file: Path) -> None:
        token = token_file.read_text().strip()
        headers = {"authorization": f"Bearer {token}", "x-careroom-role": "admin"}
        # The demo's own certificate is self-made; a loopback address cannot be impersonated from outside.
        self.http = httpx.Client(base_url=url, headers=headers, timeout=10, verify=not _loopback(url))

    def pending(self) -> tuple[int, list[dict[str, Any]]]:
        """(the server's clock, the devices that wait)."""
        answer = self.http.get("/v1/devices", params={"state": "pending"})
        answer.raise_for_status()
        found = answer.json()
        return int(found["now"]), list(found["devices"])

    def certify(self, device_id: str, certificate: dict[str, Any]) -> None:
        self.http.post(f"/v1/devices/{device_id}/certificate", json=certificate).raise_for_status()


@keys.command()
def ceremony(
    practice_id: Annotated[str, typer.Option(help="id of the practice")],
    name: Annotated[str, typer.Option(help="name of the practice")],
    sheet: Annotated[Path, typer.Option(help="where to write the recovery sheet (mode 0600)")],
    demo: Annotated[bool, typer.Option(help="mark the sheet as a demonstration")] = False,
) -> None:
    """Make practice root and records key; print the public half as JSON. `setup` calls this."""
    from server.records import ceremony as make

    public, private = make(practice_id, name, demo)
    private.write(sheet)
    typer.echo(json.dumps({"root_pub": b64(public.root_pub), "records_key": public.records_key.to_json()}))


@keys.command()
def approve(
    sheet: SheetFile,
    server: Url = "http://localhost:8000",
    token_file: TokenFile = Path("admin.token"),
    watch: Annotated[bool, typer.Option(help="go on until standard input ends")] = False,
    yes: Annotated[bool, typer.Option(help="approve without asking: only where every account is your own")] = False,
) -> None:
    """Approve staff devices with the recovery sheet. The sheet stays with you; the server gets certificates only."""
    from server.records import Sheet, SheetError

    try:
        opened = Sheet.parse(sheet.read_text())
        admin = Admin(server, token_file)
    except (OSError, SheetError) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    failures = 0
    refused: set[str] = set()
    while True:
        try:
            now, devices = admin.pending()
            for device in devices:
                if device["device_id"] not in refused:
                    _approve_one(admin, opened, device, now, refused, yes=yes)
            failures = 0
        except httpx.HTTPError as fault:
            failures += 1  # a server that restarts is no news; one that stays away is
            if not watch or failures == PATIENCE:
                typer.echo(f"The server did not answer as expected ({type(fault).__name__}).", err=True)
            if not watch:
                raise typer.Exit(1) from None
        if not watch or _input_ended(0.5):
            return


def _input_ended(within: float) -> bool:
    """Wait up to `within` seconds; True once whoever started us is gone, so that nobody is left behind approving."""
    readable, _, _ = select.select([sys.stdin], [], [], within)
    return bool(readable) and not sys.stdin.readline()


def _approve_one(admin: Admin, sheet: Sheet, device: dict[str, Any], now: int, refused: set[str], *, yes: bool) -> None:
    """Ask and certify, dated by the server's clock; a request that breaks a rule stays pending and stops no other."""
    from server.records import approve_device

    name = _plain(device.get("name", "a member of staff"))
    if not yes and abs(now - time.time()) > A_DAY:
        raise typer.BadParameter("The server's clock differs from this machine's by more than a day: look at both.")
    try:
        request = Cert.from_json(device["cert"])
        shown = device_fingerprint(request.ds_pub)
        asked = (
            f"{name} asks for a device ({request.role}).\n  Its screen shows  {shown}\nDid they read you exactly this?"
        )
        if not yes and not typer.confirm(asked):
            return
        certificate = approve_device(sheet, request, now)
    except Problem as fault:
        refused.add(device["device_id"])
        typer.echo(f"The request of {name} was left pending: {fault}", err=True)
        return
    admin.certify(device["device_id"], certificate.to_json())
    typer.echo(f"Approved a device of {name} ({shown}).")


def _plain(name: str) -> str:
    """A name as the server says it, without anything that could move the cursor or turn the writing round."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)


@keys.command()
def rotate() -> None:
    """Make a new key encryption key and re-wrap every data key; rows are not touched."""
    import asyncio

    from server.keys_rotation import rotate as work
    from server.settings import Settings

    typer.echo(f"{asyncio.run(work(Settings()))} data keys were re-wrapped.")


@records.command()
def export(
    sheet: SheetFile,
    out: Annotated[Path, typer.Option(help="file to write (JSON, mode 0600)")],
    server: Url = "http://localhost:8000",
    token_file: TokenFile = Path("admin.token"),
) -> None:
    """Open the practice's record with the recovery sheet, verify it, and write it to a file."""
    from server.records import Sheet, SheetError
    from server.records_export import run

    try:
        faults, messages = run(Sheet.parse(sheet.read_text()), Admin(server, token_file).http, out)
    except (OSError, SheetError, httpx.HTTPError) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    for fault_line in faults:
        typer.echo(fault_line)
    typer.echo(f"{messages} messages written to {out}, {len(faults)} faults.")
    raise typer.Exit(1 if faults else 0)


def _loopback(url: str) -> bool:
    return httpx.URL(url).host in {"localhost", "127.0.0.1", "::1"}
