"""What `careroom import` does: hand a file to a running server and say in plain words what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx

from server.interop.ack import MEDIA_TYPE
from server.interop.hl7 import Hl7Fault, Message, parse
from server.interop.redate import parse_redate

__all__ = ["ImportFailed", "import_file", "parse_redate"]

_TIMEOUT = 30.0
_ABOUT = {"E": "Fault", "W": "Warning", "I": "Note"}
_BREAK = re.compile(rb"\r\n|\r|\n")
_BEGINS = re.compile(rb"(?<![^\r\n\x0b\x1c])MSH(?=[^A-Za-z0-9\s])")
_ENVELOPE = re.compile(rb"[\r\n]+(?:BHS|BTS|FHS|FTS)[^\r\n]*")


class ImportFailed(Exception):  # noqa: N818 - read aloud by the command line
    """The message was not imported; the text says why and what to do, and may be printed as it is."""


def import_file(path: Path, server_url: str, token: str, redate: datetime | None = None) -> str:
    """Send one HL7 v2 file to the server's `POST /v1/hl7` as the holder of `token` (scheduler or administrator).

    A file may hold many messages, as a batch or one after the other: each is booked or refused by itself, and a refusal
    keeps nothing from being booked. Sending the file again once it is mended books what is new in it.
    Returns what to print: for each message one line, and one for each warning. Raises ImportFailed, which then says
    what was refused, by line, and what was booked all the same.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ImportFailed(f"{path} cannot be read: {error.strerror or error}.") from None
    headers = {"authorization": f"Bearer {token.strip()}", "content-type": MEDIA_TYPE, "accept": MEDIA_TYPE}
    if redate is not None:
        headers["x-careroom-redate"] = redate.isoformat(timespec="seconds")
    url = f"{server_url.rstrip('/')}/v1/hl7"
    messages = list(_messages(raw))
    if len(messages) == 1:
        text, good = _outcome(path.name, *messages[0], _send(url, messages[0][1], headers))
        if not good:
            raise ImportFailed(text)
        return text
    if redate is not None:
        raise ImportFailed(f"{path.name} holds {len(messages)} messages, and they cannot all be moved to one time.")
    return _import_many(path, url, headers, messages)


def _import_many(path: Path, url: str, headers: dict[str, str], messages: list[tuple[int, bytes]]) -> str:
    said: list[str] = []
    refused = 0
    for line, message in messages:
        try:
            text, good = _outcome(f"Line {line}", line, message, _send(url, message, headers))
        except ImportFailed as error:  # of the way there, not of this message: the next ones would fare no better
            raise ImportFailed("\n".join([*said, f"Line {line}: {error}", "Nothing from there on was sent."])) from None
        refused += not good
        said.append(f"Line {line}: {text}" if good else text)
    if refused:
        kept = len(messages) - refused
        said.append(f"{refused} of {len(messages)} messages of {path.name} were not imported; the other {kept} were.")
        raise ImportFailed("\n".join([*said, "Mend those lines and send the file again: nothing is booked twice."]))
    return "\n".join(said)


def _messages(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The messages of a file, each with the number of its first line; all of it when it holds no two."""
    starts = [found.start() for found in _BEGINS.finditer(raw)]
    if len(starts) < 2:  # noqa: PLR2004
        yield 1, raw
        return
    for start, end in zip(starts, [*starts[1:], len(raw)], strict=True):
        yield len(_BREAK.findall(raw[:start])) + 1, _ENVELOPE.sub(b"", raw[start:end])


def _send(url: str, message: bytes, headers: dict[str, str]) -> Message:
    answer = _post(url, message, headers)
    if answer.status_code != 200:
        raise ImportFailed(_refusal(answer))
    try:
        return parse(answer.content)
    except Hl7Fault:
        server = url.removesuffix("/v1/hl7")
        raise ImportFailed(f"{server} did not answer with an HL7 ACK. Is it a Careroom server?") from None


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


def _outcome(name: str, first: int, message: bytes, ack: Message) -> tuple[str, bool]:
    """What came of one message that begins at line `first`, and whether it was taken."""
    answer = ack.first("MSA")
    if answer is None:
        raise ImportFailed("The server's ACK has no MSA segment.")
    lines = [
        f"  {_ABOUT.get(note.value(4), 'Note')} at {_place(note.value(2), note.value(2, 3))}"
        f"{_line_of(note.value(2), note.value(2, 2), first, message)}: {note.value(8)}"
        for note in ack.all("ERR")
    ]
    good = answer.value(1) == "AA"
    said = answer.value(3) if good else f"{name} was not imported ({answer.value(1)})."
    return "\n".join([said, *lines]), good


def _place(segment: str, field: str) -> str:
    return f"{segment}-{field}" if field else segment


def _line_of(segment: str, turn: str, first: int, message: bytes) -> str:
    """`, line 3`: where the segment stands in the file (the `turn`th of its name); nothing when it is missing there."""
    if not segment:
        return ""
    found = [
        at for at, text in enumerate(_BREAK.split(message), first) if text.lstrip(b"\x0b").startswith(segment.encode())
    ]
    place = int(turn) - 1 if turn.isdecimal() and turn != "0" else 0
    return f", line {found[place]}" if place < len(found) else ""
