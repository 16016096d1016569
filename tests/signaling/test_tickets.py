"""Tickets: ours, unexpired, unchanged, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.tickets import LIFE, BadTicket, Claims, mint, read

KEY = bytes(range(32))
CLAIMS = Claims("t1", "u1", "s1", "patient", ("visit:1",), "seat1", 3, "u1")


def test_what_was_minted_is_read() -> None:
    found = read(KEY, mint(KEY, CLAIMS, 1000.0), 1000.0 + LIFE - 1)
    assert (found.subject, found.topics, found.seat, found.seat_epoch) == ("u1", ("visit:1",), "seat1", 3)


def test_each_ticket_has_its_own_id() -> None:
    assert read(KEY, mint(KEY, CLAIMS, 0), 1).id != read(KEY, mint(KEY, CLAIMS, 0), 1).id


def test_it_expires() -> None:
    with pytest.raises(BadTicket, match="expired"):
        read(KEY, mint(KEY, CLAIMS, 1000.0), 1000.0 + LIFE)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(BadTicket, match="signature"):
        read(KEY[::-1], mint(KEY, CLAIMS, 0), 1)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        mint(b"short", CLAIMS, 0)


@given(st.data())
def test_a_changed_character_is_noticed(data: st.DataObject) -> None:
    ticket = mint(KEY, CLAIMS, 0)
    at = data.draw(st.integers(0, len(ticket) - 1))
    other = data.draw(st.characters().filter(lambda c: c != ticket[at]))
    with pytest.raises(BadTicket):
        read(KEY, ticket[:at] + other + ticket[at + 1 :], 1)


@given(st.text())
def test_any_text_is_refused_in_one_way(text: str) -> None:
    with pytest.raises(BadTicket):
        read(KEY, text, 1)
