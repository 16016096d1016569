"""A small internet in network namespaces: two homes behind NATs of their own, a server, and weather made by nft and tc.

    a --- natA --- wan (bridge, 203.0.113.0/24) --- natB --- b
                     |
                    srv (and a line of its own to this machine)

Needs root, `ip`, `nft` and `tc`. The kernel of a small machine has no netem, so loss is made by nft and a bottleneck by
tbf. Names carry the process id: several labs stand beside each other.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from types import TracebackType
from typing import Literal, Self

from tests.parts.ports import program

Nat = Literal["cone", "symmetric"]
SERVER = "203.0.113.10"
OUTSIDE = {"a": "203.0.113.2", "b": "203.0.113.3"}
INSIDE = {"a": "10.1.0", "b": "10.2.0"}


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class NetLab:
    """`with NetLab("cone", "symmetric") as lab:`; `lab.inside("a")` is the namespace of the first home."""

    def __init__(self, nat_a: Nat = "cone", nat_b: Nat = "cone") -> None:
        self._mark = f"cr{os.getpid() % 100_000}"
        self._nats: dict[str, Nat] = {"a": nat_a, "b": nat_b}
        self.outside = dict(OUTSIDE)
        for tool, package in (("ip", "iproute2"), ("nft", "nftables"), ("tc", "iproute2")):
            program(tool, package)

    def inside(self, name: str) -> str:
        """The namespace of `a`, `b`, `natA`, `natB`, `srv` or `wan`."""
        return f"{self._mark}-{name}"

    def exec(self, name: str, *command: str) -> str:
        """Run a command in a namespace. Raises RuntimeError with its words."""
        return run("ip", "netns", "exec", self.inside(name), *command)

    def __enter__(self) -> Self:
        try:
            self._build()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._remove()

    def _remove(self) -> None:
        for name in ("a", "b", "natA", "natB", "srv", "wan"):
            subprocess.run(["ip", "netns", "del", self.inside(name)], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", f"{self._mark}r"], capture_output=True, check=False)

    def _build(self) -> None:
        for name in ("a", "b", "natA", "natB", "srv", "wan"):
            run("ip", "netns", "add", self.inside(name))
            self.exec(name, "ip", "link", "set", "lo", "up")
        self.exec("wan", "ip", "link", "add", "bridge0", "type", "bridge")
        self.exec("wan", "ip", "link", "set", "bridge0", "up")
        self._to_wan("srv", "eth0", SERVER)
        # coturn sends to private addresses too; without a route that fails in a way that stalls every call.
        self.exec("srv", "ip", "route", "add", "default", "via", "203.0.113.1")
        for home, nat in (("a", "natA"), ("b", "natB")):
            self._home(home, nat)
        self._line_to_here()

    def _to_wan(self, name: str, device: str, address: str) -> None:
        other = f"{self._mark}{name[:4]}"
        run("ip", "link", "add", device, "netns", self.inside(name), "type", "veth", "peer", other, "netns",
            self.inside("wan"))  # fmt: skip
        self.exec("wan", "ip", "link", "set", other, "master", "bridge0", "up")
        self.exec(name, "ip", "addr", "add", f"{address}/24", "dev", device)
        self.exec(name, "ip", "link", "set", device, "up")

    def _home(self, home: str, nat: str) -> None:
        net = INSIDE[home]
        self._to_wan(nat, "out", OUTSIDE[home])
        self.exec(nat, "ip", "route", "add", "default", "via", "203.0.113.1")
        run("ip", "link", "add", "in", "netns", self.inside(nat), "type", "veth", "peer", "eth0", "netns",
            self.inside(home))  # fmt: skip
        self.exec(nat, "ip", "addr", "add", f"{net}.1/24", "dev", "in")
        self.exec(nat, "ip", "link", "set", "in", "up")
        self.exec(home, "ip", "addr", "add", f"{net}.2/24", "dev", "eth0")
        self.exec(home, "ip", "link", "set", "eth0", "up")
        self.exec(home, "ip", "route", "add", "default", "via", f"{net}.1")
        self.exec(nat, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        way = "masquerade fully-random" if self._nats[home] == "symmetric" else "masquerade"
        self._nft(nat, "table ip nat { chain post { type nat hook postrouting priority 100; "
                       f'oifname "out" counter {way}; }} }}')  # fmt: skip
        # What nobody asked for does not come in; else it would take the mapping that hole punching needs.
        self._nft(
            nat,
            "table inet fw {"
            ' chain own { type filter hook input priority 0; iifname "out" ct state new drop; }'
            ' chain through { type filter hook forward priority 0; iifname "out" ct state new drop; }'
            " }",
        )

    def _line_to_here(self) -> None:
        """The server is reached from this machine as well, without going through the lab's internet."""
        device = f"{self._mark}r"
        run("ip", "link", "add", device, "type", "veth", "peer", "root", "netns", self.inside("srv"))
        third = os.getpid() % 250
        self.here, self.there = f"169.254.{third}.1", f"169.254.{third}.2"
        run("ip", "addr", "add", f"{self.here}/30", "dev", device)
        run("ip", "link", "set", device, "up")
        self.exec("srv", "ip", "addr", "add", f"{self.there}/30", "dev", "root")
        self.exec("srv", "ip", "link", "set", "root", "up")

    def _nft(self, name: str, rules: str) -> None:
        command = self.command(name, ["nft", "-f", "-"])
        done = subprocess.run(command, input=rules.replace("}", "}\n"), text=True, check=False, capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"nft in {name}: {done.stderr.strip()}")

    # -- weather ------------------------------------------------------------------------------------

    def loss(self, home: str, percent: int) -> None:
        """So many of a hundred UDP packets of this home are dropped, both ways; 0 ends it."""
        nat = _nat_of(home)
        subprocess.run(
            ["ip", "netns", "exec", self.inside(nat), "nft", "delete", "table", "inet", "loss"], capture_output=True,
            check=False,
        )  # fmt: skip
        if percent:
            self._nft(nat, "table inet loss { chain f { type filter hook forward priority -5; ip protocol udp "
                           f"numgen random mod 100 < {percent} counter drop; }} }}")  # fmt: skip

    def bottleneck(self, home: str, kbit: int) -> None:
        """Everything that this home sends and receives goes through so many kbit/s; 0 ends it."""
        for name, device in ((_nat_of(home), "in"), (home, "eth0")):
            subprocess.run(
                ["ip", "netns", "exec", self.inside(name), "tc", "qdisc", "del", "dev", device, "root"],
                capture_output=True, check=False,
            )  # fmt: skip
            if kbit:
                self.exec(name, "tc", "qdisc", "add", "dev", device, "root", "tbf", "rate", f"{kbit}kbit", "burst",
                          "8kb", "latency", "200ms")  # fmt: skip

    def silence(self, home: str, *, on: bool) -> None:
        """Nothing of this home goes through, either way."""
        self.exec(_nat_of(home), "ip", "link", "set", "in", "down" if on else "up")

    def new_address(self, home: str) -> None:
        """The device is in another network of its home: the old address is gone, with every connection on it."""
        net = INSIDE[home]
        self.exec(home, "ip", "addr", "del", f"{net}.2/24", "dev", "eth0")
        self.exec(home, "ip", "addr", "add", f"{net}.7/24", "dev", "eth0")
        self.exec(home, "ip", "route", "add", "default", "via", f"{net}.1")

    def rebind(self, home: str) -> None:
        """The home has another public address, as after a router's reconnection."""
        nat, old = _nat_of(home), self.outside[home]
        new = {"a": "203.0.113.22", "b": "203.0.113.33"}[home]
        # The old one first: with the first address of a network go all others of it, and with the last one its routes.
        self.exec(nat, "ip", "addr", "del", f"{old}/24", "dev", "out")
        self.exec(nat, "ip", "addr", "add", f"{new}/24", "dev", "out")
        self.exec(nat, "ip", "route", "add", "default", "via", "203.0.113.1")
        self.outside[home] = new

    # -- proof --------------------------------------------------------------------------------------

    def counted(self, home: str, table: Literal["nat", "loss"]) -> int:
        """Packets that a rule of this home's router has translated or dropped."""
        family = "ip" if table == "nat" else "inet"
        listed = json.loads(self.exec(_nat_of(home), "nft", "-j", "list", "table", family, table))
        rules = [one["rule"] for one in listed["nftables"] if "rule" in one]
        found = [part["counter"]["packets"] for rule in rules for part in rule["expr"] if "counter" in part]
        return sum(int(one) for one in found)

    def command(self, name: str, command: Sequence[str]) -> list[str]:
        """The command, to be run in a namespace."""
        return ["ip", "netns", "exec", self.inside(name), *command]


def _nat_of(home: str) -> str:
    return {"a": "natA", "b": "natB"}[home]
