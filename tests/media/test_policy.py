"""Nothing is sent before admission, and an address that should be hidden is never shown."""

from __future__ import annotations

from itertools import product

import pytest

from media.policy import KINDS, NoRoute, Standing, Wishes, may_send, may_signal, polite, transport_policy


@pytest.mark.parametrize("flags", list(product([False, True], repeat=6)))
def test_media_needs_an_open_visit_consent_and_admission(flags: tuple[bool, ...]) -> None:
    host, admitted, visit_open, on_hold, consented, audio_only = flags
    kinds = may_send(Standing(host, admitted, visit_open, on_hold, consented, audio_only))
    allowed = (host or admitted) and visit_open and not on_hold and consented
    expected = frozenset() if not allowed else frozenset({"audio"}) if audio_only else KINDS
    assert kinds == expected


@pytest.mark.parametrize("flags", list(product([False, True], repeat=3)))
def test_hidden_addresses_stay_hidden(flags: tuple[bool, ...]) -> None:
    has_turn, practice, strangers = flags
    wishes = Wishes(has_turn, practice, strangers)
    if practice and not has_turn:
        with pytest.raises(NoRoute):
            transport_policy(wishes)
    else:
        assert transport_policy(wishes) == ("relay" if has_turn and (practice or strangers) else "all")


def test_a_waiting_guest_may_prepare_the_connection_but_not_send() -> None:
    waiting = Standing(host=False, admitted=False, visit_open=True)
    assert may_signal(waiting)
    assert may_send(waiting) == frozenset()


def test_exactly_one_side_is_polite() -> None:
    assert polite(host=False)
    assert not polite(host=True)
