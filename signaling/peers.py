"""Call frames between the seats of a visit, passed on unread.

Perfect negotiation itself runs in the browsers; the server only says, in the visit's
snapshot, who is polite. Here a frame gets its true sender and goes to the other seats, on
whichever instance they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.frames import Call, Err, Typing

if TYPE_CHECKING:
    from signaling.hub import Hub
    from signaling.session import Session

CALL_KIND = "visit"
"""Only topics of this kind carry calls and announce seats."""


class Peers:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def relay(self, session: Session, frame: Call | Typing) -> None:
        """Pass `frame` on, or tell the client that it may not say this here."""
        viewer = session.viewer
        assert viewer is not None
        heard = frame.ch in session.last
        seated = viewer.seat is not None and frame.ch.startswith(f"{CALL_KIND}:")
        fits = seated or isinstance(frame, Typing)
        if not (heard and fits and self._hub.gate.allow(viewer, frame)):
            session.say(Err("not-allowed", "This may not be sent here now. It was dropped."))
            return
        if isinstance(frame, Call):
            self._hub.whisper(frame.ch, "call", viewer.seat or "", frame.d, to=frame.to, skip=session.id)
        else:
            self._hub.whisper(frame.ch, "typing", viewer.seat or viewer.subject, skip=session.id)

    def arrived(self, session: Session, topic: str) -> None:
        """A seat has opened a connection on a visit: the others may greet it."""
        self._announce(session, topic, "present")

    def left(self, session: Session, topic: str) -> None:
        """A seat's connection has ended (not: was replaced by a newer one)."""
        self._announce(session, topic, "absent")

    def _announce(self, session: Session, topic: str, kind: str) -> None:
        seat = session.viewer.seat if session.viewer else None
        if seat is not None and topic.startswith(f"{CALL_KIND}:"):
            self._hub.whisper(topic, kind, seat, skip=session.id)
