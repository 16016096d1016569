"""The three media servers that are compared: ours, Janus from the system's packages, aiortc's MediaRelay.

Each is a process of its own on the core it is given; each takes the same visits from the same load.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import websockets
from aiortc.rtcdtlstransport import RTCCertificate

from media.engine import Offer
from media.engine_relay import Relay, RelayConfig, own_addresses
from tests.bench.relay_leg import Leg, line
from tests.parts.ports import free_port, listening, program
from tests.parts.process import Process

HERTZ = os.sysconf("SC_CLK_TCK")
SSRCS = itertools.count(1_000_000, 10)
KINDS = ("audio", "video")
FOLDERS = {"plugins": "plugins", "transports": "transports", "events": "events", "loggers": "loggers"}


@dataclass(slots=True)
class Person:
    """Somebody in a visit: the leg that sends, and the legs on which the others are heard (it may be the same)."""

    pid: str
    up: Leg
    down: list[Leg] = field(default_factory=list)

    @property
    def legs(self) -> list[Leg]:
        return list({id(leg): leg for leg in (self.up, *self.down)}.values())


class Peer(Protocol):
    name: str
    decodes: bool

    @property
    def pids(self) -> list[int]: ...

    async def start(self, core: int) -> None: ...

    async def visit(self, name: str, people: int) -> list[Person]: ...

    async def aclose(self) -> None: ...


def pin(pid: int, core: int) -> None:
    """This process with all its threads on one core."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


def cpu_seconds(pids: list[int]) -> float:
    return sum(_ticks(pid) for pid in pids) / HERTZ


def _ticks(pid: int) -> int:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(words[11]) + int(words[12])


def rss_kb(pids: list[int]) -> int:
    """Proportional set size: shared pages once."""
    rows = [Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() for pid in pids]
    return sum(int(row.split()[1]) for one in rows for row in one if row.startswith("Pss:"))


def address() -> str:
    """Where every server listens and every leg sits: this machine's own address, never the network's."""
    return own_addresses()[0]


def up_lines(leg: Leg) -> list[str]:
    first = next(SSRCS)
    return [leg.up("audio", first), leg.up("video", first + 1)]


class Ours:
    """`media.engine_relay.Relay` with its default settings: the worker processes are what is measured."""

    name = "careroom"
    decodes = False

    def __init__(self, certificate: RTCCertificate, *, stamped: bool = False) -> None:
        self._certificate = certificate
        self._stamped = stamped

    async def start(self, core: int) -> None:
        self.engine = Relay(RelayConfig(address(), announce=(address(),)))
        await self.engine.start(self.heard)
        for pid in self.pids:
            pin(pid, core)

    @property
    def pids(self) -> list[int]:
        return self.engine.pids

    async def visit(self, name: str, people: int) -> list[Person]:
        seats = [Person(f"{name}-{one}", self.leg()) for one in range(people)]
        offers: dict[str, Offer] = {}
        for seat in seats:
            others = [one.pid for one in seats if one is not seat]
            lines = up_lines(seat.up)
            for stream in seat.up.streams:
                stream.owner = seat.pid
            wants: dict[str, tuple[str, Any]] = {}
            for pid, kind in itertools.product(others, KINDS):
                wants[str(len(lines))] = (pid, kind)
                lines.append(Leg.down(kind))
            seat.down = [seat.up]
            offers[seat.pid] = Offer("s", seat.up.description(lines), wants)
            await seat.up.connect(await self.engine.negotiate(name, seat.pid, offers[seat.pid]))
        of = {seat.pid: seat for seat in seats}
        for seat in seats:  # everybody is there: now they can be heard, as a page asks again when somebody came
            text = await self.engine.negotiate(name, seat.pid, offers[seat.pid])
            seat.up.answers(text)
            for mid, (pid, kind) in offers[seat.pid].wants.items():
                section = text.split("m=")[1 + int(mid)]
                ssrc = int(section.split("a=ssrc:")[1].split(" ")[0])
                seat.up.origins[ssrc.to_bytes(4, "big")] = next(one for one in of[pid].up.streams if one.kind == kind)
        return seats

    def heard(self, _visit: str, _participant: str, _what: str) -> None:
        """What the relay tells the pages."""

    def leg(self) -> Leg:
        return Leg(address(), self._certificate, stamped=self._stamped)

    async def aclose(self) -> None:
        await self.engine.aclose()


class Janus:
    """Janus' videoroom, one connection up and one down for each person, over its WebSocket API."""

    name = "janus"
    decodes = False

    def __init__(self, certificate: RTCCertificate) -> None:
        self._certificate = certificate
        self._folder = tempfile.TemporaryDirectory()
        self._rooms = itertools.count(1000)
        self._numbers = itertools.count(1)

    async def start(self, core: int) -> None:
        port, folder = free_port(), Path(self._folder.name)
        for name, text in _janus_settings(folder, port).items():
            (folder / name).write_text(text)
        self._process = Process([program("janus", "janus"), "-F", str(folder), "-d", "2"], folder)
        self._process.start(lambda: listening(port))
        pin(self._process.pid, core)
        self._socket = await websockets.connect(f"ws://127.0.0.1:{port}", subprotocols=["janus-protocol"])  # type: ignore[list-item]
        self._asked: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._ear = asyncio.ensure_future(self._listen())
        self._session = 0
        self._session = (await self._ask(janus="create"))["data"]["id"]
        self._beat = asyncio.ensure_future(self._keep_alive())

    @property
    def pids(self) -> list[int]:
        return [self._process.pid]

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(20)
            await self._socket.send(
                json.dumps({"janus": "keepalive", "transaction": "beat", "session_id": self._session})
            )

    async def _ask(self, **words: Any) -> dict[str, Any]:
        """One request; the answer that is not a mere acknowledgement. Many may be under way."""
        number = f"t{next(self._numbers)}"
        if self._session:
            words["session_id"] = self._session
        found: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = found
        await self._socket.send(json.dumps({"transaction": number, **words}))
        answer = await asyncio.wait_for(found, 20)
        data = answer.get("plugindata", {}).get("data", {})
        if answer["janus"] == "error" or "error" in data:
            raise ConnectionError(f"Janus: {answer}")
        return answer

    async def _listen(self) -> None:
        async for text in self._socket:
            answer: dict[str, Any] = json.loads(text)
            if answer["janus"] != "ack" and (found := self._asked.pop(answer.get("transaction", ""), None)):
                found.set_result(answer)

    async def _handle(self) -> int:
        return int((await self._ask(janus="attach", plugin="janus.plugin.videoroom"))["data"]["id"])

    async def _say(self, handle: int, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        return await self._ask(janus="message", handle_id=handle, body=body, **more)

    async def visit(self, name: str, people: int) -> list[Person]:
        room = next(self._rooms)
        wishes = {
            "request": "create",
            "room": room,
            "publishers": 12,
            "audiocodec": "opus",
            "videocodec": "vp8",
            "bitrate": 0,
        }
        await self._say(await self._handle(), wishes)
        seats: list[Person] = []
        for number in range(1, people + 1):
            leg = Leg(address(), self._certificate)
            handle = await self._handle()
            await self._say(handle, {"request": "join", "ptype": "publisher", "room": room, "id": number})
            jsep = {"type": "offer", "sdp": leg.description(up_lines(leg)), "trickle": False}
            answer = await self._say(handle, {"request": "publish"}, jsep=jsep)
            await leg.connect(answer["jsep"]["sdp"])
            seats.append(Person(f"{name}-{number}", leg))
        for number, seat in enumerate(seats, 1):
            leg, handle = Leg(address(), self._certificate), await self._handle()
            streams = [{"feed": other} for other in range(1, people + 1) if other != number]
            offered = await self._say(
                handle, {"request": "join", "ptype": "subscriber", "room": room, "streams": streams}
            )
            text = offered["jsep"]["sdp"]
            kinds = [section.split(" ")[0] for section in text.split("\r\nm=")[1:]]
            mine = leg.description([Leg.down(kind) for kind in kinds])
            await self._say(handle, {"request": "start"}, jsep={"type": "answer", "sdp": mine, "trickle": False})
            await leg.connect(text)
            leg.answers(text)
            seat.down = [leg]
        return seats

    async def aclose(self) -> None:
        self._beat.cancel()
        await self._socket.close()
        await self._ear
        self._process.stop()
        self._folder.cleanup()


def _janus_settings(folder: Path, port: int) -> dict[str, str]:
    where = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "janus"
    folders = "\n".join(f'  {name}_folder = "{where / name}"' for name in FOLDERS)
    return {
        "janus.jcfg": f"""
general: {{
  configs_folder = "{folder}"
{folders}
  debug_level = 2
}}
nat: {{ ice_lite = true
  ice_tcp = false
  full_trickle = false
  ice_enforce_list = "{address()}" }}
media: {{ ipv6 = false }}
plugins: {{ disable = "{_libraries(OTHER_PLUGINS)}" }}
transports: {{ disable = "{_libraries(OTHER_TRANSPORTS)}" }}
""",
        "janus.transport.websockets.jcfg": f"""
general: {{ json = "compact"
  ws = true
  ws_port = {port}
  ws_ip = "127.0.0.1"
  wss = false }}
admin: {{ admin_ws = false }}
""",
        "janus.plugin.videoroom.jcfg": "general: { }\n",
    }


OTHER_PLUGINS = (
    "audiobridge",
    "duktape",
    "echotest",
    "lua",
    "nosip",
    "recordplay",
    "sip",
    "streaming",
    "textroom",
    "videocall",
    "voicemail",
)
OTHER_TRANSPORTS = ("http", "pfunix", "mqtt", "nanomsg", "rabbitmq")


def _libraries(names: tuple[str, ...]) -> str:
    return ",".join(f"libjanus_{one}.so" for one in names)


def janus_version() -> str:
    done = subprocess.run([program("janus", "janus"), "--version"], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0]


class MediaRelay:
    """aiortc's own, which decodes and encodes."""

    name = "mediarelay"
    decodes = True

    def __init__(self, certificate: RTCCertificate) -> None:
        self._certificate = certificate

    async def start(self, core: int) -> None:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.relay_mediarelay",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20,
        )  # fmt: skip
        assert self._child.stdout
        await self._child.stdout.readline()
        pin(self._child.pid, core)

    @property
    def pids(self) -> list[int]:
        return [self._child.pid]

    async def _ask(self, **words: Any) -> str:
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.write(json.dumps(words).encode() + b"\n")
        return str(json.loads(await asyncio.wait_for(self._child.stdout.readline(), 20))["sdp"])

    async def visit(self, name: str, people: int) -> list[Person]:
        seats = []
        for number in range(people):
            seat = Person(f"{name}-{number}", Leg(address(), self._certificate))
            text = seat.up.description(up_lines(seat.up))
            await seat.up.connect(await self._ask(op="publish", pid=seat.pid, sdp=text))
            seats.append(seat)
        for seat, other in itertools.permutations(seats, 2):
            leg = Leg(address(), self._certificate)
            text = leg.description(["\n".join([*line(kind, ()), "a=recvonly"]) for kind in KINDS])
            await leg.connect(await self._ask(op="subscribe", pid=other.pid, sdp=text))
            seat.down.append(leg)
        return seats

    async def aclose(self) -> None:
        assert self._child.stdin
        self._child.stdin.close()
        await self._child.wait()
