"""Who may send media when, and by which way: pure functions, no state.

The peer connection is prepared while the patient waits, but no track carries anything
before the provider admits (media.md, decision 6). The words for states are the
server's; this room takes only the facts it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

IceTransportPolicy = Literal["all", "relay"]
"""RTCIceTransportPolicy of W3C WebRTC 1.0."""

Kind = Literal["audio", "video"]
KINDS: frozenset[Kind] = frozenset({"audio", "video"})
NOTHING: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What speaks for hiding network addresses, and whether TURN is there to do it.

    `practice_hides`: the practice always relays. `strangers`: nobody has been let in yet, so whoever waits at
    the other end may hold a forwarded link.
    """

    has_turn: bool
    practice_hides: bool = False
    strangers: bool = False


class NoRoute(ValueError):
    """Addresses must stay hidden but there is no TURN server to hide them."""


def transport_policy(wishes: Wishes) -> IceTransportPolicy:
    """`relay` when addresses are to be hidden, else `all`.

    Raises `NoRoute` rather than show an address that the practice hides. Between strangers without TURN it
    stays `all`: a clinic that has no relay still prepares its calls, and SECURITY.md says so.
    """
    if wishes.practice_hides and not wishes.has_turn:
        raise NoRoute("Addresses are to be hidden, and no TURN server is set up.")
    return "relay" if wishes.has_turn and (wishes.practice_hides or wishes.strangers) else "all"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands: host (the provider) or guest; admitted; the visit open or on hold; consent to video."""

    host: bool
    admitted: bool
    visit_open: bool
    on_hold: bool = False
    consented: bool = True
    audio_only: bool = False


def may_send(who: Standing) -> frozenset[Kind]:
    """The kinds of track that may carry media now. Before admission, on hold, or without consent: none."""
    if not who.visit_open or who.on_hold or not who.consented:
        return NOTHING
    if not (who.host or who.admitted):
        return NOTHING
    return frozenset({"audio"}) if who.audio_only else KINDS


def may_signal(who: Standing) -> bool:
    """Whether call frames may pass: also while waiting, so that the connection is ready before the door opens."""
    return who.host or who.consented


def polite(host: bool) -> bool:
    """The polite side of perfect negotiation (W3C WebRTC 1.0 section 10.7) is the guest's."""
    return not host
