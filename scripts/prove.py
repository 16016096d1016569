"""Runs the tests, and what failed once more by itself, so that a fault is told apart from a machine that stood still.

    prove.py [ARGUMENTS OF PYTEST]

Browsers, networks and stopwatches share a machine with whatever else it does. What failed in up to `MOST` files gets a
second go in a new process, with new servers and browsers. What fails twice is a fault, failures in more files at once
are one too, and so is a run that broke off. Both runs stay in the log, and the last lines name what needed two: each is
a fault to be found, in the test or, more often, in the product. Exit code: 0, or pytest's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

MOST = 2  # a server that does not start fails all tests of its file
FAILED = 1  # pytest's exit code when tests failed, and nothing else went wrong
CACHE = Path(".pytest_cache")


def pytest(*arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", "-o", f"cache_dir={CACHE}", *arguments]
    print("+", *command, flush=True)
    return subprocess.run(command, check=False).returncode


def last_failed() -> list[str]:
    """The node ids of the tests that failed, or whose files could not be collected, in the last run."""
    kept = CACHE / "v/cache/lastfailed"
    return sorted(json.loads(kept.read_text())) if kept.is_file() else []


def main(arguments: list[str]) -> int:
    code = pytest("--cache-clear", *arguments)
    failed = last_failed()
    files = {name.split("::")[0] for name in failed}
    if code != FAILED or not 0 < len(files) <= MOST:
        return code
    print(f"==> {len(failed)} failed; once more, by themselves", flush=True)
    code = pytest(*failed)
    if code == 0:
        print("==> Failed once and passed by themselves (a fault to be found, not to be lived with):", flush=True)
        print(*(f"    {name}" for name in failed), sep="\n", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
