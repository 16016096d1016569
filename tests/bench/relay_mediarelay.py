"""aiortc's MediaRelay as its documentation uses it: `python -m tests.bench.relay_mediarelay`, told by lines of JSON.

{"op": "publish", "pid", "sdp"} and {"op": "subscribe", "pid", "sdp"} are answered with {"sdp"}. For the benchmark
alone: every track is decoded and encoded anew for every subscriber, so it can carry no sealed frame.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

RELAY = MediaRelay()
TRACKS: dict[str, list[MediaStreamTrack]] = {}
OPEN: list[RTCPeerConnection] = []


async def answer(words: dict[str, Any]) -> str:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    OPEN.append(connection)
    if words["op"] == "publish":
        tracks = TRACKS.setdefault(words["pid"], [])
        connection.on("track", tracks.append)
    await connection.setRemoteDescription(RTCSessionDescription(words["sdp"], "offer"))
    for track in TRACKS.get(words["pid"], []) if words["op"] == "subscribe" else ():
        connection.addTrack(RELAY.subscribe(track))
    await connection.setLocalDescription(await connection.createAnswer())
    return connection.localDescription.sdp


async def main() -> None:
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print(json.dumps({"ready": True}), flush=True)
    while line := await reader.readline():
        print(json.dumps({"sdp": await answer(json.loads(line))}), flush=True)
    await asyncio.gather(*(connection.close() for connection in OPEN))


if __name__ == "__main__":
    asyncio.run(main())
