"""Print one digest of some files and folders, of this Python, and of where the checkout lies.

The scripts compare it with the digest of the last run to see whether a step must
be done again. Built files and installed packages are left out.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

LEFT_OUT = {"node_modules", "dist", "tests", "__pycache__"}


def files(root: Path) -> Iterator[Path]:
    """Every file under `root` (or `root` itself), in a stable order."""
    if root.is_file():
        yield root
        return
    for entry in sorted(root.iterdir()):
        if entry.name not in LEFT_OUT:
            yield from files(entry)


def main() -> None:
    digest = hashlib.sha256(f"{sys.version} {Path.cwd()}".encode())
    for name in sys.argv[1:]:
        for path in files(Path(name)):
            digest.update(f"\0{path.as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    print(digest.hexdigest())


if __name__ == "__main__":
    main()
