"""Back after trouble: two homes with NATs of their own in network namespaces, the product's `Call` in two Chromium; and
processes of ours that are killed (`recovery_kills`).

address_change_s    the home's old address is gone, a new one is there -> both see new pictures
blackout_8s_s       the network is back after eight seconds of silence -> both see new pictures
nat_rebind_p2p_s    the home has another public address -> both see new pictures
nat_rebind_relay_s  the same, in a call through TURN
instance_kill_s     the instance that serves a patient is killed -> the first event on the resumed socket
relay_worker_kill_s the relay's worker is killed in a call of three -> everybody sees everybody

Each is measured from the moment the network is whole again, and by what a person sees: frames rendered. The page's
channel is made anew at that moment, as the product's does when it fell silent (2 s of pings), and then new paths are
looked for. Medians of the rounds in seconds; `spread` has the least and the most.

Of `address_change_s` two seconds are the browser's: Chromium on Linux waits so long before it believes a changed
address (`NetworkChangeCalculatorParamsLinux`), and offers no candidate of the new one until then, restart or not.
`address_known_s` is that part.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench import recovery_kills
from tests.bench.host import report
from tests.parts.netcall import NetCall, build
from tests.parts.netlab import INSIDE
from tests.parts.ports import wait_until

LIMIT = 30.0
Round = Callable[[NetCall], float]

# When the page first offers a way by the address that the home has now, in its own time.
KNOWN = """
const send = WebSocket.prototype.send;
window.knownAt = null;
WebSocket.prototype.send = function (frame) {
  if (window.knownAt === null && frame.includes(value)) window.knownAt = performance.now();
  return send.call(this, frame);
};
return performance.now();
"""


def address_change(call: NetCall, known: list[float] | None = None) -> float:
    page = call.page["patient"]
    page.run(KNOWN, f"{INSIDE['a']}.7 ")
    call.lab.new_address("a")
    since, there = time.monotonic(), page.run("return performance.now()")
    call.reconnect("patient")
    took = call.back_after(since, LIMIT)
    if known is not None:
        known.append((page.run("return window.knownAt") - there) / 1_000)
    return took


def blackout(call: NetCall) -> float:
    call.lab.silence("a", on=True)
    gone = time.monotonic()
    wait_until(lambda: time.monotonic() - gone >= 8, 20, "eight seconds of silence")
    call.lab.silence("a", on=False)
    since = time.monotonic()
    call.reconnect("patient")
    return call.back_after(since, LIMIT)


def rebind(call: NetCall) -> float:
    call.lab.rebind("a")
    since = time.monotonic()
    call.reconnect("patient")
    return call.back_after(since, LIMIT)


def measure(pages: Path, rounds: int) -> dict[str, list[float]]:
    """Each kind of trouble in a call of its own, in turns."""
    known: list[float] = []
    found: dict[str, list[float]] = {"address_known_s": known}
    kinds: list[tuple[str, bool, Round]] = [
        ("address_change_s", False, partial(address_change, known=known)),
        ("blackout_8s_s", False, blackout),
        ("nat_rebind_p2p_s", False, rebind),
        ("nat_rebind_relay_s", True, rebind),
    ]
    for number in range(rounds):
        for name, relayed, trouble in kinds:
            with tempfile.TemporaryDirectory() as folder, NetCall(pages, Path(folder), only_relay=relayed) as call:
                call.begin()
                took = trouble(call)
                proven(call)
            found.setdefault(name, []).append(took)
            print(f"{number + 1}: {name} {took:.2f}", flush=True)
    return found


def quickly(pages: Path) -> dict[str, list[float]]:
    """One trouble after the other, in one call each way: that they are survived, not how fast that can be."""
    known: list[float] = []
    found: dict[str, list[float]] = {"address_known_s": known}
    with tempfile.TemporaryDirectory() as folder, NetCall(pages, Path(folder)) as call:
        call.begin()
        found["blackout_8s_s"] = [blackout(call)]
        found["address_change_s"] = [address_change(call, known)]
        found["nat_rebind_p2p_s"] = [rebind(call)]
        proven(call)
    with tempfile.TemporaryDirectory() as folder, NetCall(pages, Path(folder), only_relay=True) as call:
        call.begin()
        found["nat_rebind_relay_s"] = [rebind(call)]
        proven(call)
    return found


def proven(call: NetCall) -> None:
    """It is the same call still: nobody was blocked, both are verified, and packets went through the NAT."""
    for seat in ("patient", "provider"):
        seen = call.look(seat)
        assert seen["security"] == "verified", seen
        assert "blocked" not in seen["states"], seen
    assert call.lab.counted("a", "nat") > 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, in two calls")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder)
        build(pages)
        times = quickly(pages) if options.quick else measure(pages, options.rounds)
    times |= recovery_kills.measure(1 if options.quick else options.rounds)
    figures: dict[str, object] = {name: round(median(values), 2) for name, values in times.items()}
    figures["spread"] = {name: [round(min(values), 2), round(max(values), 2)] for name, values in times.items()}
    report("recovery", figures)


if __name__ == "__main__":
    main()
