"""The sample, changed on purpose."""

from __future__ import annotations

from collections.abc import Callable

from server.interop.hl7 import Message, parse


def lines(raw: bytes) -> list[str]:
    return [line for line in raw.decode().replace("\r\n", "\r").replace("\n", "\r").split("\r") if line]


def joined(segments: list[str], end: str = "\r") -> bytes:
    return "".join(segment + end for segment in segments).encode()


def changed(raw: bytes, name: str, field: int, value: str | Callable[[str], str]) -> bytes:
    """The message with one field of every `name` segment replaced (numbered as in the standard)."""
    made = []
    for line in lines(raw):
        fields = line.split("|")
        if fields[0] == name:
            at = field - 1 if name == "MSH" else field
            fields += [""] * (at + 1 - len(fields))
            fields[at] = value if isinstance(value, str) else value(fields[at])
        made.append("|".join(fields))
    return joined(made)


def without(raw: bytes, *names: str) -> bytes:
    return joined([line for line in lines(raw) if line[:3] not in names])


def notes(ack: bytes, severity: str) -> list[tuple[str, str, str]]:
    """(segment, field, code) of each ERR of a severity, read back from the encoded ACK."""
    message: Message = parse(ack)
    return [(err.value(2), err.value(2, 3), err.value(3)) for err in message.all("ERR") if err.value(4) == severity]
