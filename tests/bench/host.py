"""What a figure was measured on, and the one line of JSON that a benchmark ends with."""

from __future__ import annotations

import json
import os
import platform
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any


def host() -> dict[str, Any]:
    return {
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": [round(one, 2) for one in os.getloadavg()],
    }


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used so far, in user and system mode (proc(5)): what it costs, however busy the
    machine is with others."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tree_seconds(pid: int) -> float:
    """The same of a process and its children, as a database has one for each connection."""
    found = 0.0
    for one in Path("/proc").iterdir():
        with suppress(OSError):  # it has just ended
            if one.name.isdecimal() and pid in (int(one.name), int(_stat(int(one.name))[1])):
                found += cpu_seconds(int(one.name))
    return found


def _stat(pid: int) -> list[str]:
    """The fields after the name: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def report(bench: str, figures: dict[str, Any]) -> None:
    """The last line of the output."""
    print(json.dumps({"bench": bench, "figures": figures, "host": host()}), flush=True)


def middle(values: list[float]) -> int:
    return round(median(values))


def spread(times: dict[str, list[float]]) -> dict[str, list[int]]:
    """key -> [least, most]."""
    return {key: [round(min(values)), round(max(values))] for key, values in times.items()}
