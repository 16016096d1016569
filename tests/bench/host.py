"""What a figure was measured on, and the one line of JSON that a benchmark ends with."""

from __future__ import annotations

import json
import os
import platform
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


def report(bench: str, figures: dict[str, Any]) -> None:
    """The last line of the output."""
    print(json.dumps({"bench": bench, "figures": figures, "host": host()}), flush=True)


def middle(values: list[float]) -> int:
    return round(median(values))


def spread(times: dict[str, list[float]]) -> dict[str, list[int]]:
    """key -> [least, most]."""
    return {key: [round(min(values)), round(max(values))] for key, values in times.items()}
