"""The live channel of a test and the real relay engine behind it: `python -m tests.web.relay.stage PAGES PORT
MEDIA_URL WORKER`, the last being the module of the worker process.

Frames go between seats as the product's live channel passes them on. Everything that must be real is: engine, worker
processes, ports. `/do` lets a test evict, mute, part rooms, kill a worker or read its counters.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from media import relay_process
from media.engine import Away, Offer, Refused, open_media
from media.engine_relay import Relay

VISIT = "harness"


class Stage:
    def __init__(self, engine: Relay) -> None:
        self.engine = engine
        self.seats: dict[str, WebSocket] = {}
        self.out: set[str] = set()
        self.loop = asyncio.get_running_loop()
        self.tasks: set[asyncio.Task[None]] = set()

    def heard(self, _visit: str, participant: str, what: str) -> None:
        if what in ("relay-lost", "speaks"):
            task = self.loop.create_task(self.tell({"type": what, "from": participant, "d": None}))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def tell(self, frame: dict[str, Any], skip: str = "", to: str | None = None) -> None:
        for seat, socket in list(self.seats.items()):
            if seat != skip and (to is None or seat == to):
                with suppress(RuntimeError, WebSocketDisconnect):
                    await socket.send_json(frame)

    async def live(self, socket: WebSocket) -> None:
        await socket.accept()
        seat = socket.query_params["seat"]
        self.seats[seat] = socket
        await self.tell({"type": "present", "from": seat, "d": None}, skip=seat)
        try:
            while True:
                words = await socket.receive_json()
                await self.tell({"type": "call", "from": seat, "d": words["d"]}, skip=seat, to=words.get("to"))
        except WebSocketDisconnect:
            if self.seats.get(seat) is socket:
                del self.seats[seat]
                await self.tell({"type": "absent", "from": seat, "d": None})

    async def negotiate(self, request: Request) -> JSONResponse:
        seat, body = request.query_params["seat"], await request.json()
        if seat in self.out:
            return JSONResponse({"detail": "you are out"}, 403)
        wants = {one["mid"]: (one["seat"], one["kind"]) for one in body["wants"]}
        try:
            sdp = await self.engine.negotiate(VISIT, seat, Offer(body["session"], body["sdp"], wants))
        except Refused as fault:
            return JSONResponse({"detail": str(fault)}, 422)
        except Away as fault:
            return JSONResponse({"detail": str(fault)}, 503)
        return JSONResponse({"sdp": sdp})

    async def do(self, request: Request) -> JSONResponse:
        act, seat = request.query_params["act"], request.query_params.get("seat", "")
        if act == "evict":
            self.out.add(seat)
            await self.engine.evict(VISIT, seat)
            await self.tell({"type": "evicted", "from": seat, "d": None})
        elif act == "evict-unsaid":  # a page that does not go when it is told to
            self.out.add(seat)
            await self.engine.evict(VISIT, seat)
            await self.tell({"type": "evicted", "from": seat, "d": None}, skip=seat)
        elif act == "mute":
            await self.engine.set_publish(VISIT, seat, frozenset())
        elif act == "rooms":
            a, b = seat.split(",")
            await self.engine.set_rooms(VISIT, {a: frozenset({b}), b: frozenset({a})})
        elif act == "kill":
            worker = self.engine._of(VISIT)
            assert worker
            os.kill(worker.pid, signal.SIGKILL)
            return JSONResponse({})
        return JSONResponse(await self.engine.stats())


async def main(pages: str, port: int, url: str, worker: str) -> None:
    relay_process.MODULE = worker
    engine = open_media(url)
    assert isinstance(engine, Relay)
    stage = Stage(engine)

    @asynccontextmanager
    async def lively(_app: Starlette) -> Any:
        await engine.start(stage.heard)
        yield
        await engine.aclose()

    app = Starlette(
        routes=[
            WebSocketRoute("/live", stage.live), Route("/negotiate", stage.negotiate, methods=["POST"]),
            Route("/do", stage.do), Mount("/", StaticFiles(directory=Path(pages), html=True)),
        ],
        lifespan=lively,
    )  # fmt: skip
    await uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning")).serve()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]))
