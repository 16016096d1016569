"""Packets and offers for tests, made by hand so that they do not share a mistake with what is tested."""

from __future__ import annotations

import struct


def rtp_packet(
    seq: int, *, pt: int = 96, ssrc: int = 1, timestamp: int = 0, payload: bytes = b"x" * 20, marker: bool = False,
    extensions: dict[int, bytes] | None = None,
) -> bytes:  # fmt: skip
    first = 0x80 | (0x10 if extensions else 0)
    head = struct.pack("!BBHII", first, (0x80 if marker else 0) | pt, seq & 0xFFFF, timestamp, ssrc)
    if extensions:
        body = b"".join(bytes(((number << 4) | (len(data) - 1),)) + data for number, data in extensions.items())
        body += bytes(-len(body) % 4)
        head += struct.pack("!HH", 0xBEDE, len(body) // 4) + body
    return head + payload


def offer(*lines: str, ufrag: str = "abcd", fingerprint: str = "AA:" * 31 + "AA") -> str:
    """A whole offer around m-lines made by `audio` and `video`."""
    mids = " ".join(str(number) for number in range(len(lines)))
    head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
    rows = [
        *head, f"a=ice-ufrag:{ufrag}", "a=ice-pwd:" + "p" * 24, f"a=fingerprint:sha-256 {fingerprint}",
        "a=setup:actpass",
    ]  # fmt: skip
    for number, line in enumerate(lines):
        rows += [*line.split("\n"), f"a=mid:{number}", "a=rtcp-mux"]
    return "\r\n".join(rows) + "\r\n"


def audio(direction: str, *, ssrc: int = 11, pt: int = 111) -> str:
    return "\n".join(
        [
            f"m=audio 9 UDP/TLS/RTP/SAVPF {pt} 0", "c=IN IP4 0.0.0.0", f"a={direction}", f"a=rtpmap:{pt} opus/48000/2",
            "a=rtpmap:0 PCMU/8000", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            *([f"a=ssrc:{ssrc} cname:c"] if direction == "sendonly" else []),
        ]
    )  # fmt: skip


def two_sizes(*rids: str, pt: int = 96) -> str:
    """A picture that is sent in several sizes: their names instead of SSRCs."""
    names = ("rtp-stream-id", "repaired-rtp-stream-id")
    return "\n".join(
        [
            *video("sendonly", pt=pt).split("\n")[:-3],
            *(f"a=extmap:{number} urn:ietf:params:rtp-hdrext:sdes:{name}" for number, name in enumerate(names, 10)),
            *(f"a=rid:{rid} send" for rid in rids), "a=simulcast:send " + ";".join(rids),
        ]
    )  # fmt: skip


def video(direction: str, *, ssrc: int = 21, rtx: int = 22, pt: int = 96, codec: str = "VP8") -> str:
    return "\n".join(
        [
            f"m=video 9 UDP/TLS/RTP/SAVPF {pt} {pt + 1} 45", "c=IN IP4 0.0.0.0", f"a={direction}",
            f"a=rtpmap:{pt} {codec}/90000", f"a=rtpmap:{pt + 1} rtx/90000", f"a=fmtp:{pt + 1} apt={pt}",
            "a=rtpmap:45 AV1/90000", "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            *([f"a=ssrc-group:FID {ssrc} {rtx}", f"a=ssrc:{ssrc} cname:c", f"a=ssrc:{rtx} cname:c"]
              if direction == "sendonly" else []),
        ]
    )  # fmt: skip
