"""What a producer does about loss, and what a subscriber gets: numbers, order, repairs, limits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.sfu import rtcp
from media.sfu.consumer import RESENDS, Codec, Consumer
from media.sfu.producer import LATE, PLI_EVERY, RING, TRIES, Kind, Producer
from tests.media.sfu.wire import rtp_packet

SSRC, OUT = (1).to_bytes(4, "big"), b"\x00\x00\x00\x09"
ABS = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
PLAIN, REPAIRED = Codec(96), Codec(96, 97)


class Bench:
    """A producer with one subscriber; what went either way stands in lists."""

    def __init__(self, kind: Kind = "video", *, source: Codec = PLAIN, target: Codec = REPAIRED) -> None:
        self.up: list[bytes] = []
        self.down: list[bytes] = []
        self.reports: list[bytes] = []
        self.producer = Producer(kind, SSRC, OUT, 90_000, self.up.append)
        self.consumer = Consumer(self.producer, source, target, b"rtx!", self._sent, self.reports.append)
        self.producer.consumers.append(self.consumer)

    def _sent(self, packet: bytes, _wide: int, _head: bytes, _now: float) -> None:
        self.down.append(packet)

    def get(self, *seqs: int, now: float = 0.0) -> None:
        for seq in seqs:
            self.producer.receive(rtp_packet(seq), now)

    @property
    def asked(self) -> list[int]:
        return [seq for one in self.up if one[1] == rtcp.RTPFB for seq in rtcp.nacked(one)[1]]

    @property
    def plis(self) -> int:
        return sum(one[1] == rtcp.PSFB for one in self.up)


def seqs(packets: list[bytes]) -> list[int]:
    return [int.from_bytes(one[2:4], "big") for one in packets]


def test_packets_pass_at_once_under_the_relays_ssrc_and_nothing_else_changed() -> None:
    bench = Bench()
    packet = rtp_packet(5, payload=b"sealed", timestamp=77, marker=True)
    bench.producer.receive(packet, 0.0)
    assert bench.down == [packet[:8] + OUT + packet[12:]]


def test_payload_type_and_extensions_become_the_subscribers() -> None:
    source, target = Codec(96, None, ((ABS, 2), ("other", 3))), Codec(120, None, ((ABS, 4),))
    bench = Bench(source=source, target=target)
    bench.producer.receive(rtp_packet(5, extensions={2: b"abc", 3: b"zzz"}, payload=b"sealed"), 0.0)
    expected = rtp_packet(5, pt=120, ssrc=9, extensions={4: b"abc"}, payload=b"")
    sent = bench.down[0]
    assert sent[:12] == expected[:12]
    assert sent[16:20] == b"\x42abc"
    assert sent[20:] == bytes(4) + b"sealed"


def test_a_gap_is_asked_for_again_and_again_then_given_up_for_a_key_frame() -> None:
    bench = Bench()
    bench.get(1, 2, 5)
    assert bench.asked == [3, 4]
    now = 0.0
    while bench.producer.wanting and now < 5:
        now += 0.02
        bench.producer.tick(now)
    assert 5 < bench.asked.count(3) == bench.asked.count(4) <= TRIES
    assert bench.plis == 1
    assert now <= LATE + 0.1


def test_what_comes_late_is_passed_on_once() -> None:
    bench = Bench()
    bench.get(1, 3, 2, 2, 3)
    assert seqs(bench.down) == [1, 3, 2]
    assert not bench.producer.wanting


def test_a_jump_is_a_new_beginning_not_a_thousand_losses() -> None:
    bench = Bench()
    bench.get(1, 20_000)
    assert bench.asked == []
    assert bench.plis == 1


def test_key_frames_are_asked_for_only_so_often_but_never_forgotten() -> None:
    bench = Bench()
    for _ in range(50):
        bench.producer.want_key_frame(1.0)
    assert bench.plis == 1
    bench.producer.tick(1.0 + PLI_EVERY + 0.01)
    assert bench.plis == 2
    assert not bench.producer.wanting


def test_sound_asks_for_no_key_frame() -> None:
    bench = Bench("audio")
    bench.producer.want_key_frame(0.0)
    bench.get(1, 200)
    assert bench.plis == 0


def test_a_subscribers_loss_is_repaired_from_the_ring_as_a_retransmission() -> None:
    bench = Bench()
    bench.get(*range(10))
    bench.down.clear()
    bench.consumer.nacked([4, 4000], 0.1)
    assert len(bench.down) == 1
    sent = bench.down[0]
    assert (sent[1] & 0x7F, sent[8:12], sent[12:14]) == (97, b"rtx!", (4).to_bytes(2, "big"))


def test_a_torrent_of_nacks_is_held_to_a_budget() -> None:
    bench = Bench()
    bench.get(*range(RING))
    bench.down.clear()
    for _ in range(20):
        bench.consumer.nacked(list(range(RING)), 0.1)
    assert len(bench.down) == RESENDS


def test_who_may_not_hear_gets_nothing_not_even_by_asking() -> None:
    bench = Bench()
    bench.consumer.allowed = False
    bench.get(1, 2)
    bench.consumer.nacked([1], 0.0)
    bench.producer.sender_report(b"\x80\xc8\x00\x06" + SSRC + bytes(20), 0.0)
    assert bench.down == bench.reports == []


def test_who_was_muted_by_the_host_is_not_forwarded() -> None:
    bench = Bench()
    bench.producer.enabled = False
    bench.get(1, 2)
    assert bench.down == []


@given(st.integers(0, 65535), st.lists(st.sampled_from(["pass", "lose", "late", "twice"]), max_size=60))
def test_every_packet_arrives_at_most_once_and_all_that_came_do(start: int, fates: list[str]) -> None:
    """Whatever the order: no duplicate goes on, nothing that came is swallowed, every hole is asked for."""
    bench, held = Bench(), list[int]()
    came, lost = set[int](), set[int]()
    for number, fate in enumerate(["pass", *fates, "pass"]):
        seq = (start + number) & 0xFFFF
        if fate == "late":
            held.append(seq)
        elif fate == "lose":
            lost.add(seq)
        else:
            bench.get(*([seq] * (2 if fate == "twice" else 1)))
            came.add(seq)
            if held and fate == "twice":
                came.add(held[-1])
                bench.get(held.pop())
    out = seqs(bench.down)
    assert len(out) == len(set(out))
    assert set(out) == came
    assert lost | set(held) <= set(bench.asked)


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=40))
def test_reports_fit_their_fields_whatever_came(jumps: list[int]) -> None:
    bench = Bench()
    for number, jump in enumerate(jumps):
        bench.get(jump, now=number * 0.1)
        block = bench.producer.report_block(number * 0.1)
        assert block is not None
        assert len(block) == 24
