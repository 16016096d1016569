"""Two homes in a lab of networks that hold a call: the product's `Call` in two browsers, with signalling and TURN."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

from media.ice_servers import IceServers
from tests.parts.browsers import Browsers, Kind, Page
from tests.parts.coturn import Coturn
from tests.parts.netlab import SERVER, Nat, NetLab
from tests.parts.ports import wait_until

WEB = Path(__file__).parents[1] / "web" / "call"
NODE = Path(sys.executable).with_name("node")
PORT = 8090
HOMES = {"patient": "a", "provider": "b"}

Way = Literal["none", "udp", "tcp"]


def build(out: Path) -> None:
    """The call module built into the test's own pages."""
    subprocess.run(
        [str(NODE), str(WEB / "driver.mjs"), "build", str(out)], check=True, capture_output=True, timeout=110
    )


class NetCall:
    """`with NetCall(pages, folder, "cone", "symmetric", turn="udp") as call:` then `call.look("patient")`."""

    def __init__(
        self, pages: Path, folder: Path, nat_a: Nat = "cone", nat_b: Nat = "cone", *, turn: Way = "udp",
        only_relay: bool = False, kinds: tuple[Kind, Kind] = ("chromium", "chromium"),
    ) -> None:  # fmt: skip
        """`kinds`: the patient's browser and the provider's."""
        self._kinds = dict(zip(HOMES, kinds, strict=True))
        self.lab = NetLab(nat_a, nat_b)
        self._pages, self._folder, self._turn, self._only_relay = pages, folder, turn, only_relay
        self._stack = ExitStack()
        self.page: dict[str, Page] = {}
        self._browsers: dict[str, Browsers] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.lab)
            turn = stack.enter_context(Coturn(host=SERVER, inside=self.lab.command("srv", [])))
            self._serve(stack)
            for seat, home in HOMES.items():
                self._browsers[seat] = stack.enter_context(Browsers(self.lab.command(home, [])))
                self._open(turn, seat)
            self._turn_server = turn
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def _serve(self, stack: ExitStack) -> None:
        command = self.lab.command("srv", [str(NODE), str(WEB / "serve.mjs"), str(self._pages), SERVER, str(PORT)])
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert server.stdin
        assert server.stdout
        stack.callback(server.wait, 10)
        stack.callback(server.stdin.close)
        assert server.stdout.readline().startswith("http"), "the signalling did not start"

    def _open(self, turn: Coturn, seat: str) -> None:
        origin = f"http://{SERVER}:{PORT}"
        flags = [f"--unsafely-treat-insecure-origin-as-secure={origin}", "--test-type"]
        page = self._browsers[seat].page(seat, self._kinds[seat], own=seat, flags=flags)
        polite = "&polite=yes" if seat == "patient" else ""
        page.goto(f"{origin}/index.html?seat={seat}{polite}&ways={self._ways(turn)}")
        page.run("return window.harness.ready()")
        self.page[seat] = page

    def _ways(self, turn: Coturn) -> str:
        urls = {"none": (), "udp": (turn.urls[0],), "tcp": (turn.urls[1],)}[self._turn]
        stun = (f"stun:{SERVER}:{turn.port}",)
        servers = IceServers(stun=stun, turn=urls, secret=turn.secret, life=3_600)
        given = servers.for_participant("seat", time.time())
        return quote(json.dumps({"iceServers": given, "iceTransportPolicy": "relay" if self._only_relay else "all"}))

    # -- the call -----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Keys are exchanged, both start, both see each other."""
        keys = {seat: self._key(seat) for seat in self.page}
        self.page["patient"].run("return window.harness.trust(value)", keys["provider"])
        self.page["provider"].run("return window.harness.trust(value)", keys["patient"])
        for page in self.page.values():
            page.run("window.harness.prepare()")
        for seat in HOMES:
            wait_until(partial(self._prepared, seat), 30, f"{seat} prepared: {self.look(seat)}")
        for page in self.page.values():
            page.run("return window.harness.start()")
        self.flowing("both see each other")

    def reopen(self, seat: str) -> None:
        """The tab is closed in the middle of the call and another one takes its seat, with keys of its own that the
        other side comes to trust.
        """
        self.page[seat].leave()
        self._open(self._turn_server, seat)
        (other,) = set(HOMES) - {seat}
        for one, key in ((seat, self._key(other)), (other, self._key(seat))):
            self.page[one].run("return window.harness.trust(value)", key)
        self.page[seat].run("window.harness.prepare()")
        wait_until(partial(self._prepared, seat), 30, f"{seat} prepared again: {self.look(seat)}")
        self.page[seat].run("return window.harness.start()")

    def _key(self, seat: str) -> list[int]:
        key: list[int] = self.page[seat].run("return window.harness.key()")
        return key

    def _prepared(self, seat: str) -> bool:
        return bool(self.look(seat)["state"] == "prepared")

    def look(self, seat: str) -> dict[str, Any]:
        seen: dict[str, Any] = self.page[seat].run("return window.harness.look()")
        return seen

    def frames(self, seat: str) -> int:
        stats = self.look(seat)["stats"]
        return int(stats["framesDecoded"]) if stats else 0

    def flowing(self, what: str, within: float = 30) -> None:
        """More pictures arrive at both, from now on."""
        for seat in HOMES:
            seen = self.look(seat)
            before = (seen["rendered"], seen["state"])

            def more(seat: str = seat, rendered: int = before[0]) -> bool:
                now = self.look(seat)
                return bool(now["state"] == "live" and now["rendered"] >= rendered + 8)

            wait_until(more, within, f"{what}: {seat} saw nothing more: {self.look(seat)}")

    def candidates(self, seat: str) -> dict[str, str]:
        """Types of the pair in use, from getStats: `local`, `remote`, and how a relay of our own is reached."""
        found: dict[str, str] = self.page[seat].run("return window.harness.pair()")
        return found

    def back_after(self, since: float, limit: float) -> float:
        """Seconds from `since` (monotonic) until both see new pictures."""
        self.flowing("back again", limit)
        return time.monotonic() - since

    def reconnect(self, seat: str) -> None:
        """The page's channel is made anew, as `live.ts` does when it fell silent, and then new paths are looked for."""
        self.page[seat].run("return window.harness.again()")
