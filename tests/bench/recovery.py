"""Back after trouble, in network namespaces: two homes with NATs of their own, the product's `Call` in two Chromium.

address_change_s    the home's old address is gone, a new one is there -> both see new pictures
blackout_8s_s       the network is back after eight seconds of silence -> both see new pictures
nat_rebind_p2p_s    the home has another public address -> both see new pictures
nat_rebind_relay_s  the same, in a call through TURN

Each is measured from the moment the network is whole again, and by what a person sees: frames rendered. The page's
channel is made anew at that moment, as the product's does when it fell silent (2 s of pings), and then new paths are
looked for. Medians of the rounds in seconds; `spread` has the least and the most.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.bench.host import report
from tests.parts.netcall import NetCall, build
from tests.parts.ports import wait_until

LIMIT = 30.0
Round = Callable[[NetCall], float]


def address_change(call: NetCall) -> float:
    call.lab.new_address("a")
    since = time.monotonic()
    call.reconnect("patient")
    return call.back_after(since, LIMIT)


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
    found: dict[str, list[float]] = {}
    kinds: list[tuple[str, bool, Round]] = [
        ("address_change_s", False, address_change),
        ("blackout_8s_s", False, blackout),
        ("nat_rebind_p2p_s", False, rebind),
        ("nat_rebind_relay_s", True, rebind),
    ]
    for number in range(rounds):
        for name, relayed, trouble in kinds:
            with tempfile.TemporaryDirectory() as folder, NetCall(pages, Path(folder), only_relay=relayed) as call:
                call.begin()
                took = trouble(call)
            found.setdefault(name, []).append(took)
            print(f"{number + 1}: {name} {took:.2f}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder)
        build(pages)
        times = measure(pages, 1 if options.quick else options.rounds)
    figures: dict[str, object] = {name: round(median(values), 2) for name, values in times.items()}
    figures["spread"] = {name: [round(min(values), 2), round(max(values), 2)] for name, values in times.items()}
    report("recovery", figures)


if __name__ == "__main__":
    main()
