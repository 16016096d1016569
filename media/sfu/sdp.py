"""Offers read, answers written (RFC 8829): the browser always offers, the relay always answers.

The browser's m-lines are sendonly for its own tracks and recvonly for the others'. Its payload types and extension
ids are
taken as they are; the relay translates between browsers. Only what can be forwarded encrypted is accepted: Opus and VP8
with its retransmissions. AV1 never, since a frame of it cannot be sealed whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from media.sfu.consumer import Codec
from media.sfu.producer import Kind
from media.sfu.twcc import URI as WIDE

Direction = Literal["sendonly", "recvonly", "sendrecv", "inactive"]
LONGEST_OFFER = 200_000
MOST_LINES = 64
CODECS: dict[str, tuple[str, str]] = {"audio": ("opus", "48000/2"), "video": ("VP8", "90000")}
CLOCK = {"audio": 48_000, "video": 90_000}
LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
EXTENSIONS = {
    "audio": (LEVEL, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
    "video": ("http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", "urn:3gpp:video-orientation"),
}
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
START_KBIT = 700
"""Where Chromium begins instead of at 300 kbit/s, so that the first seconds are not mud."""

_LINE = re.compile(r"[a-z]=.*")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}")
_ICE = re.compile(r"[A-Za-z0-9+/]{4,256}")
_FINGERPRINT = re.compile(r"(sha-256|sha-384|sha-512) ((?:[0-9A-F]{2}:){31,63}[0-9A-F]{2})", re.IGNORECASE)
_SSRC = re.compile(r"(\d{1,10})(?: .*)?")


class BadOffer(ValueError):
    """One sentence: why this offer cannot be answered."""


@dataclass(slots=True)
class Line:
    """One m-line of an offer. `codec` is None when it offers nothing that can be forwarded.

    `rids`: the names of the two sizes in which a picture is sent (RFC 8853), the small one first; else empty.
    """

    kind: Kind
    mid: str
    protocol: str
    direction: Direction
    rejected: bool
    codec: Codec | None
    ssrc: bytes | None = None
    rtx_ssrc: bytes | None = None
    pts: str = ""
    rids: tuple[str, ...] = ()


@dataclass(slots=True)
class Offer:
    ufrag: str
    pwd: str = field(repr=False)
    fingerprints: list[str]
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Sends:
    """What the relay will send on a recvonly line: whose (an opaque id), and under which SSRCs."""

    owner: str
    ssrc: int
    rtx: int


def parse(text: str) -> Offer:
    """Raises BadOffer, one sentence."""
    if len(text) > LONGEST_OFFER:
        raise BadOffer("The offer is too long.")
    sections: list[list[str]] = [[]]
    for row in filter(None, (raw.rstrip("\r") for raw in text.split("\n"))):
        if not _LINE.fullmatch(row):
            raise BadOffer("The offer holds a line that is not SDP.")
        if row.startswith("m="):
            sections.append([])
        sections[-1].append(row)
    head, media = sections[0], sections[1:]
    if not media or len(media) > MOST_LINES:
        raise BadOffer("The offer has no media, or too many.")
    everywhere = [row for part in sections for row in part]
    ufrag, pwd = _first(everywhere, "ice-ufrag"), _first(everywhere, "ice-pwd")
    if not _ICE.fullmatch(ufrag) or not _ICE.fullmatch(pwd):
        raise BadOffer("The offer has no ICE credentials.")
    prints = [_fingerprint(value) for value in dict.fromkeys(_values(everywhere, "fingerprint"))]
    if not prints:
        raise BadOffer("The offer has no DTLS fingerprint.")
    if _first(everywhere, "setup") not in ("actpass", "active"):
        raise BadOffer("The offer leaves no DTLS role to the relay.")
    lines = [_line(rows, _values(head, "extmap")) for rows in media]
    named = [rid for line in lines for rid in line.rids]
    if len(set(named)) != len(named):
        raise BadOffer("Two pictures give their sizes the same names.")
    if len({line.mid for line in lines}) != len(lines):
        raise BadOffer("Two m-lines have one mid.")
    return Offer(ufrag, pwd, prints, lines)


def _values(rows: list[str], name: str) -> list[str]:
    start = f"a={name}:"
    return [row[len(start) :] for row in rows if row.startswith(start)]


def _first(rows: list[str], name: str) -> str:
    return next(iter(_values(rows, name)), "")


def _fingerprint(value: str) -> str:
    found = _FINGERPRINT.fullmatch(value.strip())
    if not found:
        raise BadOffer("The offer's fingerprint is none that is known.")
    return f"{found[1].lower()} {found[2].upper()}"


def _line(rows: list[str], session_extensions: list[str]) -> Line:
    words = rows[0][2:].split(" ")
    kind, mid = words[0], _first(rows, "mid")
    if len(words) < 4 or kind not in ("audio", "video") or not _TOKEN.fullmatch(mid):
        raise BadOffer("An m-line is neither audio nor video, or has no mid.")
    stated = next((row[2:] for row in rows if row[2:] in ("sendonly", "recvonly", "sendrecv", "inactive")), "sendrecv")
    line = Line(
        kind=kind, mid=mid, protocol=words[2], direction=stated,  # type: ignore[arg-type]
        rejected=words[1] == "0" and "a=bundle-only" not in rows,
        codec=_codec(kind, rows, session_extensions), pts=" ".join(words[3:]),
    )  # fmt: skip
    ssrcs = list(dict.fromkeys(_ssrc(value) for value in _values(rows, "ssrc")))
    pair = next((value.split(" ")[1:] for value in _values(rows, "ssrc-group") if value.startswith("FID ")), [])
    if len(pair) == 2:
        line.ssrc, line.rtx_ssrc = _ssrc(pair[0]), _ssrc(pair[1])
    elif ssrcs:
        line.ssrc = ssrcs[0]
    if line.codec is not None and line.codec.rid and stated in ("sendonly", "sendrecv"):
        line.rids = _sizes(rows)
    return line


def _sizes(rows: list[str]) -> tuple[str, ...]:
    """The smallest and the largest of what `a=simulcast` sends, the first of each choice; empty for fewer than two."""
    words = _first(rows, "simulcast").split(" ")
    sent = words[words.index("send") + 1] if "send" in words[:-1] else ""
    rids = [one.split(",")[0].removeprefix("~") for one in sent.split(";") if one]
    if len(set(rids)) != len(rids) or not all(_TOKEN.fullmatch(rid) and len(rid) <= 16 for rid in rids):
        raise BadOffer("The sizes of a picture have no names that tell them apart.")
    return (rids[0], rids[-1]) if len(rids) > 1 else ()


def _ssrc(value: str) -> bytes:
    found = _SSRC.fullmatch(value)
    if not found or not 0 < int(found[1]) < 1 << 32:
        raise BadOffer("An SSRC of the offer is not a number.")
    return int(found[1]).to_bytes(4, "big")


def _codec(kind: str, rows: list[str], session_extensions: list[str]) -> Codec | None:
    name, rate = CODECS[kind]
    pt = rtx = None
    formats = {int(head): rest for head, _, rest in _pairs(rows, "fmtp")}
    for head, _, encoding in _pairs(rows, "rtpmap"):
        if encoding.lower() == f"{name}/{rate}".lower() and pt is None:
            pt = int(head)
    if pt is None:
        return None
    for head, _, encoding in _pairs(rows, "rtpmap"):
        if encoding.lower() == f"rtx/{rate}".lower() and formats.get(int(head), "").strip() == f"apt={pt}":
            rtx = int(head)
    extensions = []
    for value in _values(rows, "extmap") or session_extensions:
        number, _, uri = value.partition(" ")
        uri = uri.split(" ")[0]
        number = number.partition("/")[0]
        if uri in (*EXTENSIONS[kind], WIDE, RID, REPAIRED_RID) and number.isdecimal() and 0 < int(number) < 15:
            extensions.append((uri, int(number)))
    found = dict(extensions)
    wide = found.pop(WIDE, 0) if f"{pt} transport-cc" in _values(rows, "rtcp-fb") else 0
    found.pop(WIDE, None)
    rid, repaired = found.pop(RID, 0), found.pop(REPAIRED_RID, 0)
    return Codec(pt, rtx, tuple(found.items()), wide, rid, repaired)


def _pairs(rows: list[str], name: str) -> list[tuple[str, str, str]]:
    """`a=name:NUMBER rest`, those whose number is a payload type."""
    found = [value.partition(" ") for value in _values(rows, name)]
    return [one for one in found if one[0].isdecimal() and 0 <= int(one[0]) < 128]


def write_answer(
    offer: Offer, sends: dict[str, Sends], *, ufrag: str, pwd: str, fingerprint: str, candidates: list[str]
) -> str:
    """The answer to `offer`; `sends` says by mid what goes out on a recvonly line. Lines without a codec are
    rejected.
    """
    live = [line for line in offer.lines if not line.rejected and line.codec is not None]
    rows = [
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite",
        "a=group:BUNDLE " + " ".join(line.mid for line in live), "a=msid-semantic: WMS *",
    ]  # fmt: skip
    transport = [
        f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}", f"a=fingerprint:{fingerprint}", "a=setup:passive",
        *(f"a=candidate:{one}" for one in candidates), "a=end-of-candidates",
    ]  # fmt: skip
    for line in offer.lines:
        if line.rejected or line.codec is None:
            rows += [
                f"m={line.kind} 0 {line.protocol} {line.pts}",
                "c=IN IP4 0.0.0.0",
                f"a=mid:{line.mid}",
                "a=inactive",
            ]
            continue
        rows += [*_media(line, line.codec, sends.get(line.mid)), *transport]
    return "\r\n".join(rows) + "\r\n"


def _received(line: Line, codec: Codec) -> list[str]:
    """That both sizes of a picture are taken."""
    if not line.rids:
        return []
    names = [(codec.rid, RID), (codec.repaired, REPAIRED_RID)]
    rows = [f"a=extmap:{number} {uri}" for number, uri in names if number]
    return [*rows, *(f"a=rid:{rid} recv" for rid in line.rids), "a=simulcast:recv " + ";".join(line.rids)]


def _media(line: Line, codec: Codec, sends: Sends | None) -> list[str]:
    name, rate = CODECS[line.kind]
    pts = [codec.pt] + ([codec.rtx] if codec.rtx is not None else [])
    rows = [
        f"m={line.kind} 9 {line.protocol} {' '.join(map(str, pts))}", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=mid:{line.mid}", "a=rtcp-mux", "a=rtcp-rsize", f"a=rtpmap:{codec.pt} {name}/{rate}",
    ]  # fmt: skip
    if line.kind == "audio":
        rows += [f"a=fmtp:{codec.pt} minptime=10;useinbandfec=1"]
    else:
        rows += [f"a=rtcp-fb:{codec.pt} {one}" for one in FEEDBACK]
        rows += [f"a=fmtp:{codec.pt} x-google-start-bitrate={START_KBIT}"]
    if codec.rtx is not None:
        rows += [f"a=rtpmap:{codec.rtx} rtx/{rate}", f"a=fmtp:{codec.rtx} apt={codec.pt}"]
    rows += [f"a=extmap:{number} {uri}" for uri, number in codec.extensions]
    if codec.wide:
        rows += [f"a=extmap:{codec.wide} {WIDE}", f"a=rtcp-fb:{codec.pt} transport-cc"]
    if line.direction in ("sendonly", "sendrecv"):
        return [*rows, *_received(line, codec), "a=recvonly"]
    if sends is None or line.direction == "inactive":
        return [*rows, "a=inactive"]
    rows += ["a=sendonly", f"a=msid:{sends.owner} {sends.owner}-{line.kind}"]
    # The first SSRC named is the track's own: browsers go by the order.
    ssrcs = [sends.ssrc] if codec.rtx is None else [sends.ssrc, sends.rtx]
    if codec.rtx is not None:
        rows.append(f"a=ssrc-group:FID {sends.ssrc} {sends.rtx}")
    return rows + [f"a=ssrc:{ssrc} cname:{sends.owner}" for ssrc in ssrcs]
