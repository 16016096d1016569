"""What a figure was measured on, and the one line of JSON that a benchmark ends with."""

from __future__ import annotations

import json
import os
import platform
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
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(bench: str, figures: dict[str, Any]) -> None:
    """The last line of the output."""
    print(json.dumps({"bench": bench, "figures": figures, "host": host()}), flush=True)


def middle(values: list[float]) -> int:
    return round(median(values))


def spread(times: dict[str, list[float]]) -> dict[str, list[int]]:
    """key -> [least, most]."""
    return {key: [round(min(values)), round(max(values))] for key, values in times.items()}
