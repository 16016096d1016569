"""A bus whose messages nobody on the way can read: AES-256-GCM under a key of the key port.

Call signalling holds network addresses, so it must not lie open in Redis. All
instances of one clinic share the key store and therefore the key.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signaling.bus import Bus, BusStats, OnEvent, OnGap

_NONCE = 12


class SealedBus:
    """Implements `signaling.bus.Bus` around another one. A message that does not open is dropped as foreign."""

    def __init__(self, inner: Bus, key: bytes) -> None:
        self.inner = inner
        self.name = inner.name
        self._box = AESGCM(key)
        self.foreign = 0

    async def start(self, on_event: OnEvent, on_gap: OnGap) -> None:
        def opened(topic: str, payload: bytes) -> None:
            try:
                plain = self._box.decrypt(payload[:_NONCE], payload[_NONCE:], topic.encode())
            except (InvalidTag, ValueError):
                self.foreign += 1
                return
            on_event(topic, plain)

        await self.inner.start(opened, on_gap)

    def subscribe(self, topic: str) -> None:
        self.inner.subscribe(topic)

    def unsubscribe(self, topic: str) -> None:
        self.inner.unsubscribe(topic)

    async def settled(self) -> bool:
        return await self.inner.settled()

    def publish(self, topic: str, payload: bytes) -> bool:
        nonce = os.urandom(_NONCE)
        return self.inner.publish(topic, nonce + self._box.encrypt(nonce, payload, topic.encode()))

    def stats(self) -> BusStats:
        return self.inner.stats()

    async def check(self) -> float:
        return await self.inner.check()

    async def aclose(self) -> None:
        await self.inner.aclose()
