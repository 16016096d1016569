"""Offers read and answers written."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sfu import sdp
from tests.media.sfu.wire import audio, offer, two_sizes, video


def answer(text: str, sends: dict[str, sdp.Sends] | None = None) -> str:
    return sdp.write_answer(
        sdp.parse(text), sends or {}, ufrag="uuuu", pwd="p" * 22, fingerprint="sha-256 AA",
        candidates=["1 1 udp 1 h 1 typ host"],
    )  # fmt: skip


def test_an_offer_is_read() -> None:
    found = sdp.parse(offer(audio("sendonly"), video("sendonly"), video("recvonly")))
    up, down = found.lines[1], found.lines[2]
    assert (up.kind, up.mid, up.direction) == ("video", "1", "sendonly")
    assert (up.ssrc, up.rtx_ssrc) == ((21).to_bytes(4, "big"), (22).to_bytes(4, "big"))
    assert up.codec is not None
    assert (up.codec.pt, up.codec.rtx) == (96, 97)
    assert down.ssrc is None


def test_the_answer_mirrors_directions_and_names_the_tracks_own_ssrc_first() -> None:
    text = answer(offer(audio("sendonly"), video("recvonly")), {"1": sdp.Sends("seat", 900, 901)})
    up, down = text.split("m=")[1:]
    assert "a=recvonly" in up
    assert "a=sendonly" in down
    ssrcs = [row for row in down.split("\r\n") if row.startswith("a=ssrc:")]
    assert ssrcs[0].startswith("a=ssrc:900 ")
    assert "a=ssrc-group:FID 900 901" in down
    assert "a=ice-lite" in text
    assert text.count("a=setup:passive") == 2


def test_two_sizes_are_taken_by_their_names_the_smallest_and_the_largest() -> None:
    text = offer(two_sizes("a", "b", "c"))
    (line,) = sdp.parse(text).lines
    assert line.rids == ("a", "c")
    assert line.codec is not None
    assert (line.codec.rid, line.codec.repaired) == (10, 11)
    answered = answer(text).split("\r\n")
    assert {"a=rid:a recv", "a=rid:c recv", "a=simulcast:recv a;c"} < set(answered)
    assert f"a=extmap:10 {sdp.RID}" in answered
    assert f"a=extmap:11 {sdp.REPAIRED_RID}" in answered


@pytest.mark.parametrize("named", ["a=simulcast:send", "a=simulcast:recv a;b", "a=simulcast:send a", "a=simulcast: "])
def test_one_size_is_no_choice(named: str) -> None:
    text = offer(two_sizes("a", "b").replace("a=simulcast:send a;b", named))
    assert sdp.parse(text).lines[0].rids == ()
    assert "simulcast" not in answer(text)


@pytest.mark.parametrize("lines", [(two_sizes("a", "a"),), (two_sizes("a", "b"), two_sizes("b", "c"))])
def test_sizes_with_one_name_are_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(sdp.BadOffer, match="names"):
        sdp.parse(offer(*lines))


def test_a_line_for_somebody_who_is_not_there_waits() -> None:
    assert "a=inactive" in answer(offer(video("recvonly")))


@pytest.mark.parametrize("codec", ["AV1", "VP9", "H264", "H265"])
def test_claim_34_only_what_can_be_sealed_whole_is_answered(codec: str) -> None:
    """AV1 is never negotiated through the relay, even when it is all a browser offers."""
    text = answer(offer(audio("sendonly"), video("sendonly", codec=codec)))
    assert "m=video 0 " in text
    assert "AV1" not in answer(offer(video("sendonly")))
    assert "a=group:BUNDLE 0\r\n" in text


@pytest.mark.parametrize(
    "text",
    [
        "", "v=0", "hello", offer(), offer(audio("sendonly")).replace("a=fingerprint:sha-256", "a=fingerprint:md5"),
        offer(audio("sendonly")).replace("a=ice-pwd", "a=x"), offer(audio("sendonly")).replace("actpass", "passive"),
        offer(audio("sendonly")).replace("a=mid:0", "a=mid:"), offer(audio("sendonly", ssrc=1 << 32)),
        offer(*[audio("recvonly")] * (sdp.MOST_LINES + 1)), "v=0\r\n" + "a=x\r\n" * 100_000,
    ],
)  # fmt: skip
def test_a_bad_offer_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(sdp.BadOffer, match=r"^[A-Z].*\.$"):
        sdp.parse(text)


@given(st.data())
def test_a_damaged_offer_is_read_or_refused(data: st.DataObject) -> None:
    rows = offer(audio("sendonly"), video("sendonly"), video("recvonly")).split("\r\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(rows) - 1))
        rows[at] = data.draw(st.one_of(st.just(""), st.text(max_size=30), st.sampled_from(rows)))
    with suppress(sdp.BadOffer):
        answer("\r\n".join(rows))


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(sdp.BadOffer):
        sdp.parse(text)
