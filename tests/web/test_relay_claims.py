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


SOUND, PICTURE = {111, 109}, {96, 120}
"""Payload types of Opus and VP8, as Chromium and Firefox number them."""


class Tapped:
    """What the tap wrote: RTP packets in the order of their arrival, each once, with whose they are."""

    def __init__(self, data: bytes) -> None:
        self.packets: list[tuple[str, bytes]] = []
        seen, at = set(), 0
        while at + 3 <= len(data):
            size, named = int.from_bytes(data[at : at + 2], "big"), data[at + 2]
            packet, pid = data[at + 3 : at + 3 + size], data[at + 3 + size : at + 3 + size + named]
            at += 3 + size + named
            if len(pid) == named and packet[2:4] + packet[8:12] not in seen:
                seen.add(packet[2:4] + packet[8:12])
                self.packets.append((pid.decode(), packet))

    def payloads(self, pts: set[int], seat: str) -> dict[bytes, list[tuple[bool, bytes]]]:
        """SSRC -> (marker, payload) of what this seat sent of these payload types."""
        found: dict[bytes, list[tuple[bool, bytes]]] = {}
        for pid, packet in self.packets:
            if pid == seat and packet[1] & 0x7F in pts:
                end = rtp.header_length(packet)
                body = packet[end : end + rtp.payload_size(packet)]
                if body:
                    found.setdefault(packet[8:12], []).append((packet[1] > 0x7F, body))
        return found

    def counters(self, seat: str) -> Counter[tuple[int, int]]:
        """How often each (key id, counter) of this seat's frames came, over all sounds, pictures and sizes of them."""
        sounds = [payload for packets in self.payloads(SOUND, seat).values() for _, payload in packets]
        images = [one for packets in self.payloads(PICTURE, seat).values() for one in frames(packets)]
        return Counter(header(one) for one in (*sounds, *images))


def frames(packets: list[tuple[bool, bytes]]) -> list[bytes]:
    """Whole VP8 frames, still sealed, of which each packet came."""
    found, parts = [], b""
    for marker, payload in packets:
        descriptor, part = VpxPayloadDescriptor.parse(payload)
        parts = part if descriptor.partition_start else parts + part
        if marker:
            found.append(parts)
            parts = b""
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
    """38: muted and not, paths anew, a connection anew, people coming, two sizes of one picture: no counter comes twice
    under a key. 33: of one camera, sealed and unsealed, it has pictures of the unsealed alone.
    """
    a, b = stage.sit("a", large="yes"), stage.sit("b", "firefox")
    for seat in (a, b):
        seat.sees(1)
    a.page.run("return window.harness.setMuted(true)")
    a.page.run("return window.harness.restart()")
    a.more(1)
    a.page.run("return window.harness.setMuted(false)")
    before = set(tapped(tmp_path).payloads(PICTURE, "a"))
    a.page.run("return window.harness.relayLost()")
    b.more(1)
    wait_until(lambda: set(tapped(tmp_path).payloads(PICTURE, "a")) - before, 20, "the picture goes over a new way")
    before = set(tapped(tmp_path).payloads(PICTURE, "a"))
    stage.sit("plain", before=UNSEALED)

    def seen() -> list[bytes] | None:
        shown = [one for packets in tapped(tmp_path).payloads(PICTURE, "plain").values() for one in pictures(packets)]
        known, others = shown[::2], shown[1::2]
        return known if sum(resembles(one, known) for one in others) > 10 else None

    # The measure knows this camera's picture when it sees it.
    known = wait_until(seen, 30, "the tap sees the unsealed camera")

    def enough() -> Tapped | None:
        got = tapped(tmp_path)
        sizes = [got.payloads(PICTURE, "a").get(ssrc, []) for ssrc in set(got.payloads(PICTURE, "a")) - before]
        sounds = sum(map(len, got.payloads(SOUND, "a").values()))
        return got if sounds > 250 and any(len(frames(one)) > 10 for one in sizes) else None

    got = wait_until(enough, 30, "the picture goes in two sizes since there are three")
    for name in ("a", "b"):
        counted = got.counters(name)
        assert counted.most_common(1)[0][1] == 1, name
        assert len({kid for kid, _ in counted}) >= 4  # sound and picture, before and after somebody came
        taken = got.payloads(PICTURE, name)
        assert sum(map(len, taken.values())) > 100
        assert [one for packets in taken.values() for one in pictures(packets) if resembles(one, known)] == []


def tapped(folder: Path) -> Tapped:
    return Tapped((folder / "tap").read_bytes())


def header(frame: bytes) -> tuple[int, int]:
    """Key id and counter of a sealed frame (RFC 9605 section 4.3), behind as many clear bytes as its last one says."""
    clear = frame[-1]
    assert clear in (0, 1, 10)
    config, at, values = frame[clear], clear + 1, []
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
