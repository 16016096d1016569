"""The answer to an HL7 v2 message: ACK with MSH, MSA and one ERR for each thing to say (chapter 2.9, 2.15.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.core.ids import new_id
from server.interop.hl7 import Hl7Fault, Message, escape

MEDIA_TYPE = "application/hl7-v2+er7"

_CONDITIONS = {  # table 0357
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "203": "Unsupported version ID",
    "205": "Duplicate key identifier",
    "207": "Application error",
}


class Code(StrEnum):
    """MSA-1: accepted; refused for what it says; refused for what it is."""

    accept = "AA"
    error = "AE"
    reject = "AR"


class Severity(StrEnum):
    """ERR-4, table 0516."""

    error = "E"
    warning = "W"
    information = "I"


@dataclass(frozen=True, slots=True)
class Note:
    """One ERR segment. `text` is for people and names no patient."""

    severity: Severity
    segment: str
    field: int
    text: str
    code: str = "0"
    repetition: int = 1

    @classmethod
    def of(cls, fault: Hl7Fault) -> Note:
        return cls(Severity.error, fault.segment, fault.field, fault.text, fault.code)

    def encode(self) -> str:
        place = f"{self.segment}^1" + (f"^{self.field}^{self.repetition}" if self.field else "")
        condition = f"{self.code}^{_CONDITIONS.get(self.code, 'Application error')}^HL70357"
        return f"ERR||{place}|{condition}|{self.severity.value}||||{escape(self.text)}"


def warning(segment: str, field: int, text: str, repetition: int = 1) -> Note:
    return Note(Severity.warning, segment, field, text, repetition=repetition)


@dataclass(frozen=True, slots=True)
class Ack:
    """`appointment_id` and `start` are set when the code is AA. `message` is None when nothing could be read."""

    code: Code
    at: datetime
    message: Message | None = None
    notes: tuple[Note, ...] = ()
    appointment_id: str = ""
    start: datetime | None = None
    id: str = field(default_factory=lambda: new_id()[:20])  # MSH-10 held 20 characters until version 2.7

    @property
    def warnings(self) -> list[Note]:
        return [note for note in self.notes if note.severity is Severity.warning]

    def encode(self) -> bytes:
        """The ACK in UTF-8 with standard separators, each segment ended by a carriage return."""
        lines = [self._header(), f"MSA|{self.code.value}|{escape(self._of(10))}|{escape(self._summary())}"]
        lines += [note.encode() for note in self.notes]
        return "".join(f"{line}\r" for line in lines).encode()

    def _summary(self) -> str:
        """MSA-3, the one line a person reads first."""
        if self.start is not None:
            return f"Booked: appointment {self.appointment_id} starts at {self.start.strftime('%Y-%m-%dT%H:%MZ')}."
        errors = [note.text for note in self.notes if note.severity is Severity.error]
        return errors[0] if errors else ""

    def _header(self) -> str:
        version = self._of(12)
        fields = [
            "MSH", "^~\\&", *(self._party(place) for place in (5, 6, 3, 4)), self.at.strftime("%Y%m%d%H%M%S+0000"),
            "", _structure(self.message), self.id, self._of(11) if self._of(11) in {"D", "P", "T"} else "P",
            version if re.fullmatch(r"2\.\d(\.\d)?", version) else "2.5.1", "", "", "", "", "", "UNICODE UTF-8",
        ]  # fmt: skip
        return "|".join(fields)

    def _party(self, field: int) -> str:
        """An application or facility (HD) as the sender wrote it: who asked is now who is answered."""
        if self.message is None:
            return ""
        return "^".join(escape(self.message.header.value(field, part)) for part in (1, 2, 3)).rstrip("^")

    def _of(self, field: int) -> str:
        return self.message.header.value(field) if self.message else ""


def _structure(message: Message | None) -> str:
    trigger = message.kind[1] if message else ""
    return f"ACK^{trigger}^ACK" if re.fullmatch(r"[A-Z]\d\d", trigger) else "ACK"
