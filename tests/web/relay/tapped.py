"""The relay's worker with a tap: what it could read of each packet, with the hop's keys taken off, goes into a file.

`TAP` in the environment names it. Records are two lengths (two bytes and one), an RTP packet and whose it is. The
product has no such thing; the test asks what somebody who put one in would get.
"""

from __future__ import annotations

import os
from typing import Any

from media.sfu import worker
from media.sfu.producer import Producer

receive = Producer.receive


def tapped(self: Producer, packet: bytes, now: float, wide: int = 0) -> None:
    pid = self._send.__self__.pid.encode()  # type: ignore[attr-defined]
    OUT.write(len(packet).to_bytes(2, "big") + bytes((len(pid),)) + packet + pid)
    OUT.flush()
    receive(self, packet, now, wide)


if __name__ == "__main__":
    OUT: Any = open(os.environ["TAP"], "ab")  # noqa: SIM115 - for the life of the process
    Producer.receive = tapped  # type: ignore[method-assign]
    worker.main()
