"""A picture in two sizes: what a subscriber gets over any number of changes is one stream without a gap."""

from __future__ import annotations

from aiortc.codecs.vpx import VpxPayloadDescriptor
from hypothesis import given
from hypothesis import strategies as st

from media.sfu import rtcp, rtp
from media.sfu.consumer import Codec
from media.sfu.layers import UNTAGGED, Layer, Layered, Numbers
from tests.media.sfu.wire import rtp_packet

OUT = b"\x00\x00\x00\x09"
SMALL, LARGE = 0, 1
STEP = 3000


class Camera:
    """Both sizes as a publisher sends them, each with numbers of its own, and one subscriber; `now` is in seconds."""

    def __init__(self, *, rtx: bool = True, wide_id: bool = True) -> None:
        self.up: list[bytes] = []
        self.down: list[bytes] = []
        self.reports: list[bytes] = []
        self.now = 50.0
        self.layers = [Layer("video", b"", OUT, 90_000, self.up.append) for _ in range(2)]
        self.numbers = Numbers()
        self.next = [
            {"seq": 65_530, "at": 4_294_960_000, "picture": 0x7FFE, "base": 254},
            {"seq": 100, "at": 7, "picture": 5, "base": 9},
        ]
        for ssrc, layer in enumerate(self.layers, 1):
            layer.named(ssrc.to_bytes(4, "big"), (10, 11))
        self.wide_id = wide_id
        self.target = Codec(96, 97 if rtx else None)
        self.view = self.viewer()

    def viewer(self) -> Layered:
        made = Layered(
            self.layers, Codec(96), self.target, b"rtx!", self.numbers,
            lambda packet, _wide, _head, _now: self.down.append(packet), self.reports.append,
        )  # fmt: skip
        made.attach()
        return made

    def frame(self, size: int, *, key: bool = False, packets: int = 2, lose: tuple[int, ...] = ()) -> None:
        """One picture in so many packets; those in `lose` do not come. Time goes on by a thirtieth of a second."""
        numbers = self.next[size]
        for number in range(packets):
            packet = rtp_packet(
                numbers["seq"], ssrc=size + 1, timestamp=numbers["at"] & 0xFFFFFFFF, marker=number == packets - 1,
                payload=self.payload(numbers, first=number == 0, key=key),
            )  # fmt: skip
            numbers["seq"] = (numbers["seq"] + 1) & 0xFFFF
            if number not in lose:
                self.layers[size].receive(packet, self.now)
        numbers["at"] += STEP
        numbers["picture"] = (numbers["picture"] + 1) & 0x7FFF
        numbers["base"] = (numbers["base"] + 1) & 0xFF

    def payload(self, numbers: dict[str, int], *, first: bool, key: bool) -> bytes:
        picture = [numbers["picture"] >> 8 | 0x80, numbers["picture"] & 0xFF]
        head = bytes([0x90 if first else 0x80, 0xE0, *picture, numbers["base"], 0x20])
        return head + bytes([0x00 if key and first else 0x01]) + b"sealed"

    def both(self, *, key: tuple[int, ...] = (), packets: int = 2) -> None:
        for size in (SMALL, LARGE):
            self.frame(size, key=size in key, packets=packets)
        self.now += 1 / 30

    def told(self, size: int, ntp: float, at: int) -> None:
        stamp = int(ntp * (1 << 32)).to_bytes(8, "big")
        report = b"\x80\xc8\x00\x06" + bytes([0, 0, 0, size + 1]) + stamp + (at & 0xFFFFFFFF).to_bytes(4, "big")
        self.layers[size].sender_report(report + bytes(8), self.now)

    @property
    def seqs(self) -> list[int]:
        return [int.from_bytes(one[2:4], "big") for one in self.down]

    @property
    def times(self) -> list[int]:
        """Of each picture, unwrapped from the first."""
        raw = [int.from_bytes(one[4:8], "big") for one in self.down]
        return [(one - raw[0]) & 0xFFFFFFFF for one in dict.fromkeys(raw)]

    @property
    def asked(self) -> list[int]:
        """The sizes of which a key frame was asked for, since the last look."""
        found = [one[11] - 1 for one in self.up if one[1] == rtcp.PSFB]
        self.up.clear()
        return found


def described(packet: bytes) -> VpxPayloadDescriptor:
    return VpxPayloadDescriptor.parse(packet[rtp.header_length(packet) :])[0]


def assert_whole(packets: list[bytes]) -> None:
    """No gap: sequence numbers, picture ids and base layers each go on by one, time only forward, one SSRC."""
    for before, after in zip(packets, packets[1:], strict=False):
        one, other = described(before), described(after)
        assert (int.from_bytes(after[2:4], "big") - int.from_bytes(before[2:4], "big")) & 0xFFFF == 1
        same = before[4:8] == after[4:8]
        ahead = (int.from_bytes(after[4:8], "big") - int.from_bytes(before[4:8], "big")) & 0xFFFFFFFF
        assert same or 0 < ahead < 90_000
        assert (other.picture_id - one.picture_id) & 0x7FFF == (0 if same else 1)
        assert (other.tl0picidx - one.tl0picidx) & 0xFF == (0 if same else 1)
        assert after[8:12] == OUT


def test_nothing_comes_before_a_key_frame_of_the_size_that_was_asked_for() -> None:
    camera = Camera()
    camera.view.choose(LARGE, camera.now)
    assert camera.asked == [LARGE]
    camera.both(key=(SMALL,))
    assert camera.down == []
    camera.both(key=(LARGE,))
    camera.both()
    assert len(camera.down) == 4
    assert camera.down[0][rtp.header_length(camera.down[0]) + 7 :] == b"sealed"
    assert camera.seqs == [1, 2, 3, 4]
    assert_whole(camera.down)


def test_another_size_begins_with_its_key_frame_and_the_numbers_go_on() -> None:
    camera = Camera()
    camera.both(key=(LARGE,))
    camera.both()
    camera.view.choose(SMALL, camera.now)
    assert camera.asked == [SMALL]
    camera.both()  # still the large one: the small one has no beginning yet
    assert (camera.view.size, len(camera.down)) == (LARGE, 6)
    camera.both(key=(SMALL,), packets=1)
    assert camera.view.size == SMALL
    camera.view.choose(LARGE, camera.now)
    camera.now += 1
    camera.both(key=(LARGE,))
    camera.both()
    assert camera.view.size == LARGE
    assert_whole(camera.down)


@given(st.lists(st.tuples(st.integers(0, 1), st.booleans(), st.integers(1, 3)), max_size=60))
def test_whatever_is_chosen_when_the_stream_has_no_gap(acts: list[tuple[int, bool, int]]) -> None:
    camera = Camera()
    for size, key, packets in acts:
        camera.view.choose(size, camera.now)
        camera.both(key=(SMALL, LARGE) if key else (), packets=packets)
    assert_whole(camera.down)


def test_both_clocks_are_one_also_in_the_reports_that_keep_lips_in_step() -> None:
    camera = Camera()
    camera.both(key=(LARGE,))
    at = [numbers["at"] for numbers in camera.next]
    for size in (SMALL, LARGE):  # both sizes show the same instant under these timestamps
        camera.told(size, 3_900_000_000.5, at[size])
    camera.view.choose(SMALL, camera.now)
    camera.now += 0.2  # what came late on the way does not count
    camera.frame(SMALL, key=True)
    assert camera.times[-1] == STEP
    camera.reports.clear()
    camera.told(LARGE, 3_900_000_001.0, camera.next[LARGE]["at"])
    assert camera.reports == []
    camera.told(SMALL, 3_900_000_001.0, at[SMALL] + 45_000)
    (report,) = camera.reports
    shown = int.from_bytes(camera.down[-1][4:8], "big")
    assert int.from_bytes(report[16:20], "big") == (shown + 45_000) & 0xFFFFFFFF


def test_what_was_lost_is_repaired_by_the_number_the_subscriber_knows_but_nothing_of_before_a_change() -> None:
    camera = Camera()
    camera.both(key=(LARGE,))
    camera.view.choose(SMALL, camera.now)
    camera.both(key=(SMALL,))
    sent = list(camera.down)
    camera.down.clear()
    camera.view.nacked([1, 2, 3, 4, 9], camera.now)
    unwrapped = [rtp.unwrap_rtx(one, pt=96, ssrc=OUT) for one in camera.down]
    assert unwrapped == sent[2:]
    camera.now += 60
    camera.down.clear()
    camera.view.nacked([3], camera.now)
    assert camera.down == []


def test_a_packet_of_before_the_key_frame_is_not_passed_on_late() -> None:
    camera = Camera()
    camera.both(key=(LARGE,))
    camera.view.choose(SMALL, camera.now)
    late = rtp_packet(65_529, ssrc=1, payload=camera.payload(camera.next[SMALL], first=True, key=False))
    camera.both(key=(SMALL,))
    count = len(camera.down)
    camera.layers[SMALL].receive(late, camera.now)
    assert len(camera.down) == count


def test_who_subscribes_again_under_the_same_ssrc_goes_on_where_it_ended() -> None:
    """SRTP would take numbers that came already for a replay."""
    camera = Camera()
    camera.both(key=(LARGE,))
    camera.view.detach()
    camera.both()
    camera.view = camera.viewer()
    camera.both(key=(LARGE,))
    assert camera.seqs == [1, 2, 3, 4]


def test_names_of_streams_stay_at_the_relay_and_nobody_looks_for_them_for_ever() -> None:
    camera = Camera()
    payload = camera.payload(camera.next[LARGE], first=True, key=True)
    for number in range(UNTAGGED + 3):
        tag = {10: b"large", 2: b"abc"} if number in (0, 1, UNTAGGED + 2) else {2: b"abc"}
        camera.layers[LARGE].receive(rtp_packet(200 + number, ssrc=2, payload=payload, extensions=tag), camera.now)
    named = [rtp.extension(one, 10) for one in camera.down]
    assert named[:2] == [None, None]
    assert rtp.extension(camera.down[0], 2) == b"abc"
    assert set(named[:-1]) == {None}


def test_padding_is_repairs_of_what_came_and_nothing_without_repairs() -> None:
    camera = Camera()
    camera.both(key=(LARGE,))
    camera.down.clear()
    camera.view.pad(200, camera.now)
    assert 200 <= sum(map(len, camera.down)) < 260
    assert {one[8:12] for one in camera.down} == {b"rtx!"}
    assert len({one[2:4] for one in camera.down}) == len(camera.down)
    plain = Camera(rtx=False)
    plain.both(key=(LARGE,))
    count = len(plain.down)
    plain.view.pad(200, plain.now)
    assert len(plain.down) == count


def test_a_size_that_stops_while_the_other_goes_on_is_noticed() -> None:
    camera = Camera()
    camera.both(key=(LARGE,))
    assert not camera.view.stalled(camera.now)
    camera.now += 0.6
    assert not camera.view.stalled(camera.now)  # nothing comes at all: another size would not help
    camera.frame(SMALL)
    assert camera.view.stalled(camera.now)


def test_a_frame_that_is_cut_breaks_only_its_own_way() -> None:
    camera = Camera()
    camera.both(key=(LARGE,))
    bad = rtp_packet(102, ssrc=2, payload=b"\x90\xe0")
    try:
        camera.layers[LARGE].receive(bad, camera.now)
    except rtp.Malformed:
        pass
    else:
        raise AssertionError("it was read")
    camera.view.pad(100, camera.now)
    camera.view.nacked([3], camera.now)
