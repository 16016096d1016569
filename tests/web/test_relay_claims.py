"""Claims of end-to-end encryption through the relay that need real browsers and a look inside the relay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor

from media.sfu import rtp
from tests.parts.browsers import Page
from tests.parts.ports import wait_until
from tests.web.relay_parts import RelayStage, build


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("relay-pages"))


@pytest.fixture
def stage(pages: Path, tmp_path: Path) -> Iterator[RelayStage]:
    with RelayStage(pages, tmp_path, tap=tmp_path / "tap") as stage:
        yield stage


UNSEALED = """
const Native = window.RTCRtpScriptTransform;
const words = "onrtctransform = ({ transformer: t }) => t.readable.pipeTo(t.writable)";
const pass = new Worker(URL.createObjectURL(new Blob([words])));
// This seat's frames go out as they are: the control that shows that the tap would see a picture if there were one.
window.RTCRtpScriptTransform = class {
  constructor(worker, options) { return new Native(options.role === "seal" ? pass : worker, options); }
};
"""


class Tapped:
    """What the tap wrote: RTP packets in the order of their arrival, each once."""

    def __init__(self, data: bytes) -> None:
        self.packets: list[bytes] = []
        seen, at = set(), 0
        while at + 2 <= len(data):
            size = int.from_bytes(data[at : at + 2], "big")
            packet = data[at + 2 : at + 2 + size]
            at += 2 + size
            if len(packet) == size and packet[2:4] + packet[8:12] not in seen:
                seen.add(packet[2:4] + packet[8:12])
                self.packets.append(packet)

    def payloads(self, pt: int) -> dict[bytes, list[tuple[bool, bytes]]]:
        """SSRC -> (marker, payload) of one payload type."""
        found: dict[bytes, list[tuple[bool, bytes]]] = {}
        for packet in self.packets:
            if packet[1] & 0x7F == pt:
                end = rtp.header_length(packet)
                body = packet[end : end + rtp.payload_size(packet)]
                found.setdefault(packet[8:12], []).append((packet[1] > 0x7F, body))
        return found


def pictures(packets: list[tuple[bool, bytes]]) -> list[bytes]:
    """What a VP8 decoder makes of them: 16x12 pixels of each picture's brightness."""
    codec, found, whole = av.CodecContext.create("vp8", "r"), [], b""
    for marker, payload in packets:
        try:
            _, part = VpxPayloadDescriptor.parse(payload)
        except ValueError:
            continue
        whole += part
        if not marker:
            continue
        with suppress(av.FFmpegError):  # a sealed frame is noise to the decoder, and makes no picture
            for frame in codec.decode(av.Packet(whole)):
                small = frame.reformat(width=16, height=12, format="gray")
                plane = small.planes[0]
                rows = bytes(plane)
                found.append(b"".join(rows[y * plane.line_size :][:16] for y in range(12)))
        whole = b""
    return found


def alike(one: bytes, other: bytes) -> float:
    """Correlation of two pictures, 1 for the same."""
    a, b = ([value - sum(one_) / len(one_) for value in one_] for one_ in (one, other))
    scale = (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
    return sum(x * y for x, y in zip(a, b, strict=True)) / scale if scale else 0.0


def resembles(one: bytes, known: list[bytes]) -> bool:
    return any(alike(one, other) > 0.8 for other in known)


def test_claims_33_and_38_what_a_tap_in_the_relay_gets(stage: RelayStage, tmp_path: Path) -> None:
    """38: muted and not, paths anew, a connection anew, people coming: no counter comes twice under a key.
    33: of one camera, sealed and unsealed, it has pictures of the unsealed alone.
    """
    a, b = stage.sit("a"), stage.sit("b", "firefox")
    for seat in (a, b):
        seat.sees(1)
    a.page.run("return window.harness.setMuted(true)")
    a.page.run("return window.harness.restart()")
    a.more(1)
    a.page.run("return window.harness.setMuted(false)")
    a.page.run("return window.harness.relayLost()")
    b.more(1)

    def enough() -> Tapped | None:
        got = Tapped((tmp_path / "tap").read_bytes())
        return got if all(sum(map(len, got.payloads(kind).values())) > 250 for kind in (96, 111)) else None

    before = wait_until(enough, 30, "the tap holds enough of both kinds")
    sealed_ssrcs = set(before.payloads(96))
    headers: Counter[tuple[int, int]] = Counter()
    for packets in before.payloads(111).values():
        headers.update(header(payload) for _, payload in packets)
    assert len(headers) > 200
    assert len({kid for kid, _ in headers}) >= 2
    assert headers.most_common(1)[0][1] == 1

    stage.sit("plain", before=UNSEALED)

    def seen() -> list[bytes] | None:
        taken = Tapped((tmp_path / "tap").read_bytes()).payloads(96)
        shown = [one for ssrc, packets in taken.items() if ssrc not in sealed_ssrcs for one in pictures(packets)]
        return shown if len(shown) > 25 else None

    shown = wait_until(seen, 30, "the tap sees the unsealed camera")
    known, others = shown[::2], shown[1::2]
    assert sum(resembles(one, known) for one in others) > 10  # the measure knows this camera's picture when it sees it
    taken = before.payloads(96)
    assert sum(map(len, taken.values())) > 200
    assert [one for packets in taken.values() for one in pictures(packets) if resembles(one, known)] == []


def header(frame: bytes) -> tuple[int, int]:
    """Key id and counter of a sealed sound frame (RFC 9605 section 4.3), of which no byte is clear."""
    assert frame[-1] == 0
    config, at, values = frame[0], 1, []
    for wide, value in ((config & 0x80, config >> 4 & 7), (config & 0x08, config & 7)):
        size = value + 1 if wide else 0
        values.append(int.from_bytes(frame[at : at + size], "big") if wide else value)
        at += size
    return values[0], values[1]


def test_claim_32_each_codec_is_decoded_with_the_right_key_and_not_at_all_with_another(stage: RelayStage) -> None:
    """H.264 in Chromium only: this Firefox has none."""
    open_: list[tuple[str, Page]] = []
    for browser, codec in (("chromium", "vp9"), ("chromium", "h264"), ("firefox", "vp9")):
        page = stage.browsers.page(f"{browser}-{codec}", browser)  # type: ignore[arg-type]
        page.goto(f"http://127.0.0.1:{stage.port}/codecs.html")
        page.run(f"return window.codecs.start('{codec}')")
        open_.append((codec, page))
    for codec, page in open_:

        def enough(page: Page = page) -> list[dict[str, int]] | None:
            right, wrong = page.run("return window.codecs.look()")
            return [right, wrong] if right["frames"] > 20 and right["heard"] > 0 and wrong["packets"] > 100 else None

        right, wrong = wait_until(enough, 25, f"{codec} is decoded in {page.name}")
        assert (wrong["frames"], wrong["heard"]) == (0, 0), (page.name, right, wrong)
