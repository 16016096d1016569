"""Calls that never leave the machine: kept as files, for the demo's phone and for tests."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path

from notifications.message import DeliveryError, Remedy
from notifications.sender import Clock, utc_now
from notifications.spool import Spool
from notifications.voice import Ring


@dataclass(frozen=True, slots=True)
class SunkCall:
    """One call as it was asked for; `ended` once it was hung up."""

    id: str
    to: str
    room: str
    words: str
    locale: str
    at: str
    ended: bool = False


class VoiceSink:
    """One JSON file per call, and a second one for its end."""

    def __init__(self, folder: Path, *, now: Clock = utc_now) -> None:
        self._calls, self._ends = Spool(folder, ".json"), Spool(folder, ".ended")
        self._now = now

    async def ring(self, call: Ring) -> str:
        name = Spool.name_of(call.key)
        at = self._now().astimezone(UTC).isoformat()
        sunk = SunkCall(name, call.to, call.room, call.words, call.locale, at)
        await self._put(self._calls, name, json.dumps(asdict(sunk), ensure_ascii=False).encode())
        return name

    async def hang_up(self, provider_id: str) -> None:
        await self._put(self._ends, provider_id, b"")

    async def list(self) -> list[SunkCall]:
        """Every call, oldest first."""

        def read() -> list[SunkCall]:
            ended = {name for name, _ in self._ends.items()}
            calls = [SunkCall(**{**json.loads(body), "ended": name in ended}) for name, body in self._calls.items()]
            return sorted(calls, key=lambda one: (one.at, one.id))

        return await asyncio.to_thread(read)

    async def check(self) -> str:
        try:
            await asyncio.to_thread(self._calls.probe)
        except OSError as error:
            raise _unwritable(error) from error
        return "Calls are kept as files on this machine; no phone rings."

    async def aclose(self) -> None:
        """There is nothing to let go of."""

    async def _put(self, spool: Spool, name: str, content: bytes) -> None:
        try:
            await asyncio.to_thread(spool.put_once, name, content)
        except OSError as error:
            raise _unwritable(error) from error


def _unwritable(error: OSError) -> DeliveryError:
    return DeliveryError(False, f"errno-{error.errno}", "The folder for calls cannot be written.", Remedy.CONFIGURATION)
