"""A visit at the relay: who is in it, who hears whom, who may send. All ids are opaque; the server decided before it
asked.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from media.sfu import rtcp, sdp
from media.sfu.bwe import for_publisher, for_two_sizes
from media.sfu.consumer import Codec, Consumer
from media.sfu.dtls import Certificate
from media.sfu.ice_lite import Credentials, IceLite
from media.sfu.layers import Layer, Layered, Numbers
from media.sfu.peer import Peer, Track
from media.sfu.producer import Kind, Producer

MOST_PEERS = 12
"""People in one visit: each hears all others, so packets grow with the square."""
UNPRESSED = 50_000_000
"""Bits per second that limit no picture: said to publishers that were limited once, since browsers do not forget."""
LOUD = 100
"""Louder than this many dB below full scale counts as speaking (RFC 6464: 0 is loudest, 127 silence)."""


class Full(ValueError):
    """The visit holds as many as it can."""


class Visit:
    """`changed(pid, what)` is told what becomes of each peer, `gone(peer)` that its addresses mean nothing any more."""

    def __init__(
        self, visit_id: str, ice: IceLite[Peer], certificate: Certificate, candidates: list[str],
        changed: Callable[[str, str], None],
        gone: Callable[[Peer], None],
    ) -> None:  # fmt: skip
        self.id = visit_id
        self.peers: dict[str, Peer] = {}
        self.speaker = ""
        self.first: tuple[str, ...] = ()
        """Whose pictures lose quality last, the most important first: who signs is understood by nothing else."""
        self._ice = ice
        self._certificate = certificate
        self._candidates = candidates
        self._changed = changed
        self._gone = gone
        self._sessions: dict[str, tuple[str, str]] = {}
        self._hears: dict[str, frozenset[str]] = {}
        self._may_send: dict[str, frozenset[Kind]] = {}
        self._ssrcs: set[int] = set()
        self._pressed: set[bytes] = set()
        self._tenths = 0

    async def negotiate(
        self, pid: str, session: str, text: str, wants: Mapping[str, tuple[str, Kind]], now: float
    ) -> str:
        """Answer an offer. `session` names the page's connection: another one replaces the former.

        `wants` says by mid whom a recvonly line is for. Raises sdp.BadOffer or Full.
        """
        offer = sdp.parse(text)
        peer = await self._peer(pid, session, offer)
        credentials = self._credentials(peer, offer.ufrag)
        for line in offer.lines:
            if line.direction in ("sendonly", "sendrecv") and not line.rejected:
                self._publish(peer, line)
            elif line.rejected:
                peer.unpublish(line.mid)
                peer.mute(line.mid)
        sends = {line.mid: sent for line in offer.lines if (sent := self._subscribe(peer, line, wants, now))}
        return sdp.write_answer(
            offer, sends, ufrag=credentials.ufrag, pwd=credentials.pwd, fingerprint=self._certificate.fingerprint,
            candidates=self._candidates,
        )  # fmt: skip

    async def _peer(self, pid: str, session: str, offer: sdp.Offer) -> Peer:
        peer = self.peers.get(pid)
        if peer is not None and self._sessions[pid][0] == session and peer.fingerprints == offer.fingerprints:
            return peer
        if peer is not None:
            await self.evict(pid)
        if len(self.peers) >= MOST_PEERS:
            raise Full("This call is full.")
        made = Peer(pid, self._certificate, offer.fingerprints, lambda what: self._told(made, what))
        self.peers[pid] = made
        self._sessions[pid] = (session, "")
        return made

    def _told(self, peer: Peer, what: str) -> None:
        """Of a page that was replaced by its reload nobody wants to know any more."""
        if self.peers.get(peer.pid) is peer:
            self._changed(peer.pid, what)

    def _credentials(self, peer: Peer, ufrag: str) -> Credentials:
        """The same as before while the browser's user name is; new ones for an ICE restart, the old ones for a
        while.
        """
        session, known = self._sessions[peer.pid]
        if known == ufrag:
            return peer.credentials[-1]
        self._sessions[peer.pid] = (session, ufrag)
        peer.credentials.append(self._ice.add(peer))
        while len(peer.credentials) > 2:
            self._ice.remove(peer.credentials.pop(0))
        return peer.credentials[-1]

    def _publish(self, peer: Peer, line: sdp.Line) -> None:
        before = peer.tracks.get(line.mid)
        if line.codec is None or not (line.ssrc or line.rids):
            return
        if before is not None:
            if tuple(before.layers) == line.rids and (line.rids or before.producer.ssrc == line.ssrc):
                return
            self._silence(before.producer)
        out, clock = self._new_ssrc(), sdp.CLOCK[line.kind]
        layers = {rid: Layer(line.kind, b"", out, clock, peer.send_rtcp) for rid in line.rids}
        track = Track(
            layers[line.rids[-1]] if layers else Producer(line.kind, line.ssrc or b"", out, clock, peer.send_rtcp),
            line.codec, self._new_ssrc(), layers,
        )  # fmt: skip
        for producer in track.producers:
            producer.level_id = dict(line.codec.extensions).get(sdp.LEVEL, 0)
            producer.enabled = line.kind in self._may_send.get(peer.pid, frozenset({"audio", "video"}))
        named = (None, None) if layers else (line.ssrc, line.rtx_ssrc)
        peer.publish(line.mid, ssrc=named[0], rtx_ssrc=named[1], track=track)

    def _subscribe(
        self, peer: Peer, line: sdp.Line, wants: Mapping[str, tuple[str, Kind]], now: float
    ) -> sdp.Sends | None:
        if line.direction != "recvonly" or line.rejected or line.codec is None:
            return None
        wanted = wants.get(line.mid)
        track = self._track(*wanted) if wanted is not None and wanted[0] != peer.pid else None
        if wanted is None or track is None or track.producer.kind != line.kind:
            peer.mute(line.mid)
            return None
        now_heard = peer.hearing.get(line.mid)
        if now_heard is None or now_heard.producer is not track.producer:
            consumer = self._consumer(peer, track, line.codec)
            consumer.allowed = self._may_hear(peer.pid, wanted[0])
            peer.hear(line.mid, consumer, now)
            self._size(peer, now)
        return sdp.Sends(
            wanted[0], int.from_bytes(track.producer.out_ssrc, "big"), int.from_bytes(track.rtx_out, "big")
        )

    def _consumer(self, peer: Peer, track: Track, target: Codec) -> Consumer:
        if not track.layers:
            return Consumer(track.producer, track.codec, target, track.rtx_out, peer.send_rtp, peer.send_rtcp)
        numbers = peer.numbers.setdefault(track.producer.out_ssrc, Numbers())
        layers = list(track.layers.values())
        return Layered(layers, track.codec, target, track.rtx_out, numbers, peer.send_rtp, peer.send_rtcp)

    def _track(self, pid: str, kind: Kind) -> Track | None:
        peer = self.peers.get(pid)
        return next((one for one in peer.tracks.values() if one.producer.kind == kind), None) if peer else None

    def _new_ssrc(self) -> bytes:
        while True:
            number = secrets.randbelow(0xFFFFFFFE) + 1
            if number not in self._ssrcs:
                self._ssrcs.add(number)
                return number.to_bytes(4, "big")

    def _silence(self, producer: Producer) -> None:
        for peer in self.peers.values():
            for mid, consumer in list(peer.hearing.items()):
                if consumer.producer is producer:
                    peer.mute(mid)

    def _may_hear(self, pid: str, other: str) -> bool:
        """Both must be let: a side room hears nobody outside it, and nobody outside hears it."""
        mine, theirs = self._hears.get(pid), self._hears.get(other)
        return (mine is None or other in mine) and (theirs is None or pid in theirs)

    def set_hears(self, hears: Mapping[str, frozenset[str]]) -> None:
        """Who is in a side room, with whom. Who is not named hears and is heard by all who are not named either."""
        self._hears = dict(hears)
        for pid, peer in self.peers.items():
            for consumer in peer.hearing.values():
                owner = self._owner(consumer.producer)
                consumer.allowed = self._may_hear(pid, owner)

    def _owner(self, producer: Producer) -> str:
        return next(
            (pid for pid, peer in self.peers.items() for one in peer.tracks.values() if one.producer is producer), ""
        )

    def set_publish(self, pid: str, kinds: frozenset[Kind]) -> None:
        """What this one may send from now on; the rest is dropped here, whatever the browser does."""
        self._may_send[pid] = kinds
        peer = self.peers.get(pid)
        for track in peer.tracks.values() if peer else ():
            for producer in track.producers:
                producer.enabled = producer.kind in kinds

    async def evict(self, pid: str) -> None:
        """Out at once: no packet of theirs is taken, none is sent to them."""
        peer = self.peers.pop(pid, None)
        if peer is None:
            return
        for credentials in peer.credentials:
            self._ice.remove(credentials)
        for track in peer.tracks.values():
            self._silence(track.producer)
        self._sessions.pop(pid, None)
        self._gone(peer)
        await peer.aclose()

    async def aclose(self) -> None:
        for pid in list(self.peers):
            await self.evict(pid)

    def repair(self, now: float) -> bool:
        """Ask again for what is missing. True while there may be more."""
        wanting = False
        for peer in self.peers.values():
            for track in peer.tracks.values():
                for producer in track.producers:
                    if producer.wanting:
                        producer.tick(now)
                        wanting = wanting or producer.wanting
        return wanting

    def each_second(self, now: float) -> list[str]:
        """Reports and bandwidth; returns those whose consent has run out."""
        for peer in self.peers.values():
            peer.report(now)
            self._size(peer, now)
            self._press(peer, now)
        return [pid for pid, peer in self.peers.items() if peer.expired(now)]

    def each_tenth(self, now: float) -> None:
        """Feedback to everybody who sends; and where a subscriber can take less, its publishers hear of it now."""
        self._tenths += 1
        for peer in self.peers.values() if self._tenths & 1 else ():
            peer.feedback()
        fell = [peer for peer in self.peers.values() if peer.bandwidth.fell]
        for peer in self.peers.values():
            pictures = [one for one in peer.hearing.values() if isinstance(one, Layered)]
            if pictures and (peer.bandwidth.fell or peer.sizes.tenth(now) or any(one.stalled(now) for one in pictures)):
                self._size(peer, now)
        for peer in fell:
            peer.bandwidth.fell = False
        if fell:
            for peer in self.peers.values():
                self._press(peer, now)

    def _size(self, peer: Peer, now: float) -> None:
        """Which of the pictures in two sizes come large to this one: those of `first`, then whoever speaks."""
        pictures = [one for one in peer.hearing.values() if isinstance(one, Layered)]
        if pictures:
            pictures.sort(key=lambda one: self._rank(self._owner(one.producer)))
            seen, voices = peer.heard()
            peer.sizes.choose(pictures, seen - len(pictures), voices, now)

    def _rank(self, pid: str) -> int:
        return self.first.index(pid) if pid in self.first else len(self.first) + (pid != self.speaker)

    def _press(self, publisher: Peer, now: float) -> None:
        """Tell a publisher how much its picture may weigh: what its subscribers can take."""
        for track in publisher.tracks.values():
            if track.producer.kind != "video":
                continue
            seen = [
                (peer, consumer) for peer in self.peers.values()
                for consumer in peer.hearing.values() if consumer.producer is track.producer
            ]  # fmt: skip
            for peer, consumer in seen:
                # Sound goes before pictures, but not between those who sign to each other.
                sign = publisher.pid in self.first and peer.pid in self.first
                consumer.paused = peer.bandwidth.starved(now) and not sign
            seen = [(peer, consumer) for peer, consumer in seen if not consumer.paused]
            small = next((layer.rate(now) for layer in track.layers.values()), 0)
            if small:
                bits = for_two_sizes([peer.room_for(consumer, now) for peer, consumer in seen], small)
            else:
                bits = for_publisher(
                    [peer.bandwidth.estimate(now) for peer, _ in seen], [one.heard() for one, _ in seen]
                )
            known = [one.ssrc for one in track.producers if one.ssrc]
            if bits is None and track.producer.out_ssrc in self._pressed:
                bits = UNPRESSED
            if bits is not None and publisher.connected and known:
                self._pressed.add(track.producer.out_ssrc)
                publisher.send_rtcp(rtcp.build_remb(track.producer.out_ssrc, bits, known))

    def loudest(self) -> str:
        """Who speaks: the loudest microphone, or whoever spoke last."""
        levels = [
            (track.producer.level, pid)
            for pid, peer in self.peers.items()
            for track in peer.tracks.values()
            if track.producer.kind == "audio" and track.producer.enabled
        ]
        if levels and min(levels)[0] < LOUD:
            self.speaker = min(levels)[1]
        return self.speaker if self.speaker in self.peers else ""
