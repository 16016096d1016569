"""HL7 v2 in its ER7 form ("pipes and hats"): bytes to segments, fields and values, and back.

Follows HL7 v2.8.2 chapter 2: separators from MSH-1 and MSH-2 (2.5), escape sequences (2.7), character sets of
MSH-18 (table 0211). It is lenient about what real senders do (any line ending, MLLP framing, a byte order mark)
and strict about structure: what is not a message raises `Hl7Fault`, never anything else.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from server.core.clock import resolve_wall
from server.core.errors import Invalid

MAX_SEGMENTS = 2000
NULL = '""'
"""HL7's explicit "no value"; it reads as empty here."""

# Table 0211, the part in use. Everything else is read as UTF-8, or Latin-1 when it is not UTF-8.
_CHARSETS = {
    "ASCII": "utf-8",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "GB 18030-2000": "gb18030",
    "BIG-5": "big5",
    "KS X 1001": "euc_kr",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_TIMESTAMP = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:\.\d{1,4})?)?)?)?)?)?(?P<offset>[+-]\d{4})?",
    re.ASCII,
)


class Hl7Fault(Exception):  # noqa: N818 - a fault of the sender's, not an error of ours
    """Something is wrong at `segment`-`field`; `text` says it in plain words without repeating personal data.

    `code` is the condition of HL7 table 0357 (100 to 207).
    """

    def __init__(self, segment: str, field: int, text: str, code: str = "102") -> None:
        super().__init__(f"{segment}-{field}: {text}" if field else f"{segment}: {text}")
        self.segment = segment
        self.field = field
        self.text = text
        self.code = code


@dataclass(frozen=True, slots=True)
class Separators:
    """`MSH-1` and `MSH-2`. An empty one is not in use."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


STANDARD = Separators()


@dataclass(frozen=True, slots=True)
class Segment:
    """One line. Fields are numbered as in the standard, from 1; MSH-1 is the field separator itself."""

    name: str
    raw: tuple[str, ...]
    separators: Separators
    charset: str

    def repetitions(self, field: int) -> list[str]:
        """The raw repetitions of a field; an absent or null field has none."""
        text = self.raw[field - 1] if 0 < field <= len(self.raw) else ""
        found = _split(text, self.separators.repetition)
        return [] if found in ([""], [NULL]) else found

    def value(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """One value, unescaped and without outer space; empty when it is not there or null."""
        found = self.repetitions(field)
        raw = found[repetition - 1] if len(found) >= repetition else ""
        return self.value_in(raw, component, subcomponent)

    def value_in(self, raw: str, component: int = 1, subcomponent: int = 1) -> str:
        """The same of a raw repetition."""
        parts = _split(raw, self.separators.component)
        part = parts[component - 1] if len(parts) >= component else ""
        pieces = _split(part, self.separators.subcomponent)
        piece = pieces[subcomponent - 1] if len(pieces) >= subcomponent else ""
        text = unescape(piece, self.separators, self.charset).strip()
        return "" if text == NULL else text


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message. `misread` is true when MSH-18 named a character set the bytes are not in."""

    segments: tuple[Segment, ...]
    misread: bool = False
    header: Segment = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "header", self.segments[0])

    def all(self, name: str) -> Iterator[Segment]:
        return (segment for segment in self.segments if segment.name == name)

    def first(self, name: str) -> Segment | None:
        return next(self.all(name), None)

    @property
    def control_id(self) -> str:
        return self.header.value(10)

    @property
    def kind(self) -> tuple[str, str]:
        """(message code, trigger event), such as ("SIU", "S12")."""
        return self.header.value(9), self.header.value(9, 2)


def parse(raw: bytes) -> Message:
    """A message from its bytes. Raises Hl7Fault."""
    text, charset, misread = decode(raw.lstrip(b"\x0b\r\n \t"))
    lines = _lines(text.strip("\x0b\x1c\r\n \t"))
    if not lines or not lines[0].startswith("MSH"):
        raise Hl7Fault("MSH", 0, "The message does not begin with MSH.", "100")
    separators = _separators(lines[0])
    if len(lines) > MAX_SEGMENTS:
        raise Hl7Fault("MSH", 0, f"The message has more than {MAX_SEGMENTS} segments.", "100")
    segments = [_segment(lines[0], separators, charset)]
    for number, line in enumerate(lines[1:], 2):
        if not _is_segment(line, separators):
            raise Hl7Fault("MSH", 0, f"Line {number} is not a segment: it must begin with three letters.", "100")
        if line.startswith("MSH"):
            raise Hl7Fault("MSH", 0, "Please send one message at a time; a second MSH was found.", "100")
        segments.append(_segment(line, separators, charset))
    return Message(tuple(segments), misread)


def decode(raw: bytes) -> tuple[str, str, bool]:
    """(text, character set, whether MSH-18 was wrong about it)."""
    for bom, charset in _BOMS:
        if raw.startswith(bom):
            return raw[len(bom) :].decode(charset, "replace"), charset, False
    named = _named_charset(raw)
    for charset in dict.fromkeys((named or "utf-8", "utf-8")):
        try:
            return raw.decode(charset), charset, bool(named) and charset != named
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1"), "latin-1", bool(named)


def unescape(text: str, separators: Separators, charset: str = "utf-8") -> str:
    r"""Undo the escape sequences of chapter 2.7. Unknown ones (\Z..\, \H\) vanish, an unfinished one stays as it is."""
    mark = separators.escape
    if not mark or mark not in text:
        return text
    parts = text.split(mark)
    if len(parts) % 2 == 0:  # the last mark opens a sequence that nothing closes
        parts[-2:] = [f"{parts[-2]}{mark}{parts[-1]}"]
    return "".join(part if at % 2 == 0 else _meaning(part, separators, charset) for at, part in enumerate(parts))


def escape(text: str, separators: Separators = STANDARD) -> str:
    """Make a value safe to stand in a message: separators and control characters become escape sequences."""
    marks = {
        separators.escape: "E",
        separators.field: "F",
        separators.component: "S",
        separators.subcomponent: "T",
        separators.repetition: "R",
    }
    made = []
    for char in text:
        if char in marks:
            made.append(f"{separators.escape}{marks[char]}{separators.escape}")
        elif unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}:
            made.append(f"{separators.escape}X{char.encode('utf-8', 'replace').hex().upper()}{separators.escape}")
        else:
            made.append(char)
    return "".join(made)


def instant(text: str, zone: ZoneInfo, segment: str, field: int) -> datetime:
    """The UTC instant of a DTM (chapter 2A.22); without an offset it is wall time in `zone`.

    Raises Hl7Fault when it is not a time to the minute between 1900 and 2200, or does not exist in `zone`.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None or match["minute"] is None:
        raise Hl7Fault(segment, field, "A time must be written YYYYMMDDHHMM, with an offset such as +0100 if known.")
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        wall = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone is decided below
        offset = _offset(match["offset"])
        if not 1900 <= wall.year < 2200:
            raise ValueError("out of bounds")
    except ValueError:
        raise Hl7Fault(segment, field, "There is no such time in the calendar.") from None
    if offset is not None:
        return wall.replace(tzinfo=offset).astimezone(UTC)
    try:
        return resolve_wall(wall, zone)
    except Invalid as error:
        raise Hl7Fault(segment, field, error.detail) from None


def day(text: str, segment: str, field: int) -> date:
    """The calendar day of a DTM as it is written: a birth date does not move with an offset. Raises Hl7Fault."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None or match["day"] is None:
        raise Hl7Fault(segment, field, "A date must be written YYYYMMDD.")
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        raise Hl7Fault(segment, field, "There is no such day in the calendar.") from None


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    hours, minutes = int(text[1:3]), int(text[3:5])
    if hours > 14 or minutes > 59:
        raise ValueError("no such offset")
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if text[0] == "-" else size)


def _named_charset(raw: bytes) -> str | None:
    """The codec of MSH-18; None when it is empty or unknown. Up to there a header is ASCII in every set we know."""
    header = re.split(rb"[\r\n]", raw, maxsplit=1)[0].decode("latin-1")
    fields = header.split(header[3]) if len(header) > 8 else []
    named = re.split(r"[~^]", fields[17])[0] if len(fields) > 17 else ""
    return _CHARSETS.get(named.strip().upper())


def _lines(text: str) -> list[str]:
    r"""Segments are lines, whichever way they end. Where they end in \r, a lone \n is text that was not escaped."""
    text = text.replace("\r\n", "\r")
    if "\r" in text:
        text = re.sub(r"\n(?=[A-Z][A-Z0-9]{2}[^A-Za-z0-9\s])", "\r", text)
        return [line for line in text.split("\r") if line.strip()]
    return [line for line in text.split("\n") if line.strip()]


def _separators(line: str) -> Separators:
    mark = line[3:4]
    encoding = line[4:].split(mark, 1)[0] if mark else ""
    characters = mark + encoding[:4]
    if len(characters) < 2 or len(encoding) > 5 or len(set(characters)) != len(characters):
        raise Hl7Fault("MSH", 2, r"MSH-1 and MSH-2 must name different separators, usually |^~\&.", "101")
    if any(char.isalnum() or char.isspace() or not char.isprintable() for char in characters):
        raise Hl7Fault("MSH", 2, "A separator cannot be a letter, a digit or a space.")
    return Separators(*characters, *[""] * (5 - len(characters)))


def _segment(line: str, separators: Separators, charset: str) -> Segment:
    fields = line.split(separators.field)
    if line.startswith("MSH"):
        return Segment("MSH", (separators.field, *fields[1:]), separators, charset)
    return Segment(fields[0].strip(), tuple(fields[1:]), separators, charset)


def _is_segment(line: str, separators: Separators) -> bool:
    return _NAME.fullmatch(line.split(separators.field, 1)[0].strip()) is not None


def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else [text]


def _meaning(sequence: str, separators: Separators, charset: str) -> str:
    plain = {
        "F": separators.field,
        "S": separators.component,
        "T": separators.subcomponent,
        "R": separators.repetition,
        "E": separators.escape,
        ".br": "\n",
        ".sp": "\n",
    }
    if sequence in plain:
        return plain[sequence]
    if re.fullmatch(r"X(?:[0-9A-Fa-f]{2})+", sequence):
        data = bytes.fromhex(sequence[1:])
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            return data.decode("latin-1")
    return ""
