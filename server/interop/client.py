"""What `careroom import` does: hand a file to a running server and say in plain words what came of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import httpx

from server.interop.ack import MEDIA_TYPE
from server.interop.hl7 import Hl7Fault, Message, parse
from server.interop.redate import parse_redate

__all__ = ["ImportFailed", "import_file", "parse_redate"]

_TIMEOUT = 30.0
_ABOUT = {"E": "Fault", "W": "Warning", "I": "Note"}


class ImportFailed(Exception):  # noqa: N818 - read aloud by the command line
    """The message was not imported; the text says why and what to do, and may be printed as it is."""


def import_file(path: Path, server_url: str, token: str, redate: datetime | None = None) -> str:
    """Send one HL7 v2 file to the server's `POST /v1/hl7` as the holder of `token` (scheduler or administrator).

    Returns what to print: one line for the booking, one for each warning. Raises ImportFailed.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ImportFailed(f"{path} cannot be read: {error.strerror or error}.") from None
    headers = {"authorization": f"Bearer {token.strip()}", "content-type": MEDIA_TYPE, "accept": MEDIA_TYPE}
    if redate is not None:
        headers["x-careroom-redate"] = redate.isoformat(timespec="seconds")
    answer = _post(f"{server_url.rstrip('/')}/v1/hl7", raw, headers)
    if answer.status_code != 200:
        raise ImportFailed(_refusal(answer))
    try:
        ack = parse(answer.content)
    except Hl7Fault:
        raise ImportFailed(f"{server_url} did not answer with an HL7 ACK. Is it a Careroom server?") from None
    return _outcome(path, ack)


def _post(url: str, raw: bytes, headers: dict[str, str]) -> httpx.Response:
    try:
        near = httpx.URL(url).host in {"localhost", "127.0.0.1", "::1"}  # this machine is never behind a proxy
        return httpx.post(url, content=raw, headers=headers, timeout=_TIMEOUT, trust_env=not near)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise ImportFailed("The server's address must look like https://clinic.example.") from None
    except httpx.TimeoutException:
        raise ImportFailed(
            f"The server did not answer within {_TIMEOUT:.0f} seconds. Sending the file again is safe."
        ) from None
    except (httpx.LocalProtocolError, ValueError):
        raise ImportFailed("The token or the server's address holds characters that cannot be sent.") from None
    except httpx.HTTPError as error:
        server = url.removesuffix("/v1/hl7")
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise ImportFailed(f"The certificate of {server} is not trusted by this machine.") from None
        raise ImportFailed(f"The server at {server} cannot be reached. Is it running?") from None


def _refusal(answer: httpx.Response) -> str:
    known = {
        401: "The server does not know this token, or it has expired. Sign in again for a new one.",
        403: "This token may not import: it must belong to a scheduler or an administrator.",
        404: "There is no HL7 door at this address. Is it a Careroom server?",
        413: "The file is too large.",
    }
    if answer.status_code in known:
        return known[answer.status_code]
    try:
        body = answer.json()
        detail = str(body["detail"]) if isinstance(body, dict) and "detail" in body else ""
    except ValueError:
        detail = ""
    return f"The server answered {answer.status_code}. {detail}".strip()


def _outcome(path: Path, ack: Message) -> str:
    answer = ack.first("MSA")
    if answer is None:
        raise ImportFailed("The server's ACK has no MSA segment.")
    lines = [
        f"  {_ABOUT.get(note.value(4), 'Note')} at {_place(note.value(2), note.value(2, 3))}: {note.value(8)}"
        for note in ack.all("ERR")
    ]
    if answer.value(1) != "AA":
        raise ImportFailed("\n".join([f"{path.name} was not imported ({answer.value(1)}).", *lines]))
    return "\n".join([answer.value(3), *lines])


def _place(segment: str, field: str) -> str:
    return f"{segment}-{field}" if field else segment
