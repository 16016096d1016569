"""The relay beside Janus (C, from the system's packages) and aiortc's MediaRelay: what a forwarded packet costs.

Real VP8 at 1 Mbit/s and Opus, sealed hop by hop with real DTLS keys, sent by one load process on one core to one
server on another, the servers in turns; every 64th packet that arrives is opened. CPU is of all of a server's threads.

us_per_packet_2, _4     us of CPU per forwarded packet, 15 visits of two, 5 of four; janus_us_*: Janus', same round
ratio_2, ratio_4        median of the rounds' ratios, ours to Janus'
mediarelay_us           one visit of two
delay_p99_ms            send to arrival (the kernel's stamp) at half load: 30 visits of two, a worker is planned for 60
join_storm_added_p99_ms what 100 people who join within 10 s add to the delay of 50 running visits of two
kb_per_participant      growth of the worker's memory with 100 people connected
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from aiortc.rtcdtlstransport import RTCCertificate

from tests.bench.host import report
from tests.bench.relay_load import SETTLE, Cost, Sender, cost, p99, take
from tests.bench.relay_media import picture, sound
from tests.bench.relay_peers import Janus, MediaRelay, Ours, Peer, Person, janus_version, pin, rss_kb

LOAD_CORE = 0
SERVER_CORE = (os.cpu_count() or 1) - 1


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int = 3
    twos: int = 15
    fours: int = 5
    seconds: float = 8.0
    half: int = 30
    beside: int = 50
    joiners: int = 100
    storm_s: float = 10.0


QUICK = Plan(rounds=1, twos=2, fours=1, seconds=1.0, half=3, beside=3, joiners=8, storm_s=1.0)


TRIES = 3


async def one(make: Callable[[], Peer], visits: int, people: int, seconds: float) -> Cost:
    """Measured again when packets were lost: then something else had the cores, and the figure would say nothing."""
    for left in reversed(range(TRIES)):
        peer = make()
        await peer.start(SERVER_CORE)
        try:
            found = await cost(peer, visits, people, seconds)
            break
        except RuntimeError as noise:
            print(f"not sound: {noise}", flush=True)
            if not left:
                raise
        finally:
            await peer.aclose()
    print(f"{peer.name}: {visits} visits of {people}: {found.us:.1f} us, {found.pps:.0f} packets/s forwarded, "
          f"{found.core:.0%} of a core, the load {found.load:.0%}", flush=True)  # fmt: skip
    return found


async def delays(certificate: RTCCertificate, plan: Plan) -> dict[str, Any]:
    """Delay at half load; memory; and what a storm of joiners adds."""
    peer = Ours(certificate, stamped=True)
    await peer.start(SERVER_CORE)
    idle = rss_kb(peer.pids)
    seats: list[Person] = []
    for number in range(plan.half):
        seats += await peer.visit(f"half{number}", 2)
    sender = Sender(seats)
    await asyncio.sleep(SETTLE)
    take(seats)
    await asyncio.sleep(plan.seconds)
    half = p99(take(seats))
    await sender.stop()
    for number in range(plan.half, plan.beside):
        seats += await peer.visit(f"half{number}", 2)
    memory = (rss_kb(peer.pids) - idle) / len(seats)
    sender = Sender(seats)
    await asyncio.sleep(SETTLE)
    take(seats)
    await asyncio.sleep(plan.storm_s)
    calm = p99(take(seats))
    joined = await storm(peer, plan)
    stormy = p99(take(seats))
    await sender.stop()
    await asyncio.gather(*(leg.aclose() for seat in (*seats, *joined) for leg in seat.legs))
    await peer.aclose()
    return {
        "delay_p99_ms": round(half * 1000, 2), "beside_p99_ms": round(calm * 1000, 2),
        "storm_p99_ms": round(stormy * 1000, 2), "join_storm_added_p99_ms": round(max(0.0, stormy - calm) * 1000, 2),
        "kb_per_participant": round(memory), "joined": len(joined),
    }  # fmt: skip


async def storm(peer: Ours, plan: Plan) -> list[Person]:
    """People come in pairs, evenly over the time; they connect and send nothing yet."""
    pairs = plan.joiners // 2

    async def pair(number: int) -> list[Person]:
        await asyncio.sleep(number * plan.storm_s / pairs)
        return await peer.visit(f"storm{number}", 2)

    return [seat for two in await asyncio.gather(*map(pair, range(pairs))) for seat in two]


async def run(plan: Plan) -> None:
    pin(os.getpid(), LOAD_CORE)
    picture(), sound()
    certificate = RTCCertificate.generateCertificate()
    costs: dict[str, list[float]] = {key: [] for key in ("ours2", "janus2", "ours4", "janus4", "mediarelay")}
    load = 0.0
    for _ in range(plan.rounds):
        for people, visits in ((2, plan.twos), (4, plan.fours)):
            for name, make in (("ours", lambda: Ours(certificate)), ("janus", lambda: Janus(certificate))):
                found = await one(make, visits, people, plan.seconds)
                costs[f"{name}{people}"].append(found.us)
                load = max(load, found.load)
        costs["mediarelay"].append((await one(lambda: MediaRelay(certificate), 1, 2, plan.seconds)).us)
    ratios = {
        people: [ours / theirs for ours, theirs in zip(costs[f"ours{people}"], costs[f"janus{people}"], strict=True)]
        for people in (2, 4)
    }
    print(
        "ratios by round: "
        + "; ".join(f"of {people}: {', '.join(f'{r:.2f}' for r in all_)}" for people, all_ in ratios.items())
    )
    names = {"ours2": "us_per_packet_2", "ours4": "us_per_packet_4", "janus2": "janus_us_2", "janus4": "janus_us_4"}
    figures: dict[str, Any] = {names.get(key, f"{key}_us"): round(median(values), 1) for key, values in costs.items()}
    figures |= {f"ratio_{people}": round(median(values), 3) for people, values in ratios.items()}
    figures |= await delays(certificate, plan)
    spread = {names.get(key, f"{key}_us"): [round(min(all_), 1), round(max(all_), 1)] for key, all_ in costs.items()}
    spread |= {f"ratio_{people}": [round(min(all_), 3), round(max(all_), 3)] for people, all_ in ratios.items()}
    pinned = f"load on core {LOAD_CORE}, servers on core {SERVER_CORE}"
    figures |= {"spread": spread, "rounds": plan.rounds, "load_core_share": round(load, 2)}
    report("relay", {**figures, "pinned": pinned, "janus": janus_version()})


def main() -> None:
    options = argparse.ArgumentParser(description="The relay's cost beside its peers")
    options.add_argument("--quick", action="store_true", help="one short round of few visits")
    asyncio.run(run(QUICK if options.parse_args().quick else Plan()))


if __name__ == "__main__":
    main()
