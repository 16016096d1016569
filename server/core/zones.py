"""Which release of the IANA time zone database this process reads."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from zoneinfo import TZPATH

import tzdata  # type: ignore[import-untyped]


@cache
def release() -> str:
    """Its name, as `2026b`: of the system's files where there are any, as `zoneinfo` itself prefers them (PEP 615),
    else of the `tzdata` package. Files that do not say their release are named by what they hold."""
    for folder in map(Path, TZPATH):
        if (folder / "tzdata.zi").is_file():
            with (folder / "tzdata.zi").open() as lines:
                return lines.readline().split()[-1][:32]
        if (folder / "UTC").is_file():
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:32]
    return str(tzdata.IANA_VERSION)
