"""One connection per seat, over all instances: the greater rank stays, the other is fenced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling import rings
from signaling.connection import Code
from signaling.frames import Fenced

if TYPE_CHECKING:
    from signaling.hub import Hub
    from signaling.session import Rank, Session

_FENCED = Fenced()


def seat_topic(seat: str) -> str:
    return f"seat:{seat}"


class Seats:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._held: dict[str, Session] = {}

    def hold(self, seat: str | None) -> None:
        """Hear who else takes this seat; before it is taken, and once per connection."""
        if seat is not None:
            self._hub.bus.subscribe(seat_topic(seat))

    def release(self, seat: str | None) -> None:
        if seat is not None:
            self._hub.bus.unsubscribe(seat_topic(seat))

    def take(self, session: Session) -> bool:
        """Sit down. False (and the session is fenced) when a greater rank holds the seat on this instance."""
        seat = session.viewer.seat if session.viewer else None
        if seat is None:
            return True
        holder = self._held.get(seat)
        if holder is not None and holder is not session:
            lesser = min(holder, session, key=lambda one: one.rank)
            self._end(lesser)
            if lesser is session:
                return False
        self._held[seat] = session
        self._proclaim(session)
        return True

    def leave(self, session: Session) -> None:
        seat = session.viewer.seat if session.viewer else None
        if seat is not None and self._held.get(seat) is session:
            del self._held[seat]

    def fence(self, topic: str, rank: Rank) -> None:
        """From the bus: a connection of `rank` sits here; end a lesser one of ours, or answer that ours is greater."""
        holder = self._held.get(topic.removeprefix("seat:"))
        if holder is None or holder.id == rank[2]:
            return
        if holder.rank < rank:
            self._end(holder)
        else:
            self._proclaim(holder)

    def proclaim_all(self) -> None:
        """After a gap in the bus: two instances may each believe to hold a seat."""
        for session in list(self._held.values()):
            self._proclaim(session)

    def _proclaim(self, session: Session) -> None:
        assert session.viewer is not None
        assert session.viewer.seat is not None
        epoch, opened, ident = session.rank
        ring = rings.Fence(self._hub.instance, epoch, opened, ident)
        self._hub.bus.publish(seat_topic(session.viewer.seat), rings.encode(ring))

    def _end(self, session: Session) -> None:
        """The seat stays taken, so nobody is told that it is absent."""
        self._hub.stats.fenced += 1
        self.leave(session)
        session.fenced = True
        session.close(Code.FENCED, _FENCED)
