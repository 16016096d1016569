"""scripts/prove.py gives what failed in one or two files a second go, says so, and lets nothing else pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

# Fails until its file is there, so the second time it passes.
ONCE = """
def test_once_{n}(request):
    mark = request.config.rootpath / "seen-{n}"
    first = not mark.exists()
    mark.touch()
    assert not first
"""
ALWAYS = "\ndef test_always():\n    assert False\n"
GOOD = """
def test_good(request):
    with (request.config.rootpath / "good").open("a") as runs:
        runs.write("x")
"""
BROKEN = "\nraise RuntimeError('not to be collected')\n"


def prove(folder: Path, *tests: str) -> tuple[int, str]:
    for n, text in enumerate(tests):
        (folder / f"test_{n}.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -q\n")
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/prove.py"), "."],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_what_passes_runs_once(tmp_path: Path) -> None:
    code, said = prove(tmp_path, GOOD)
    assert code == 0
    assert "once" not in said
    assert (tmp_path / "good").read_text() == "x"


@pytest.mark.parametrize("failing", [1, 2])
def test_what_failed_runs_once_more_and_is_named(tmp_path: Path, failing: int) -> None:
    code, said = prove(tmp_path, GOOD, *(ONCE.format(n=n) for n in range(failing)))
    assert code == 0
    assert f"==> {failing} failed; once more" in said
    assert f"{failing} failed, 1 passed" in said
    named = said.split("Failed once and passed by themselves")[1]
    assert [f"test_once_{n}" in named for n in range(failing)] == [True] * failing
    assert (tmp_path / "good").read_text() == "x", "what passed is not run again"


def test_what_fails_twice_is_a_fault(tmp_path: Path) -> None:
    code, said = prove(tmp_path, ONCE.format(n=0), ALWAYS)
    assert code == 1
    assert "passed by themselves" not in said


def test_failures_in_three_files_at_once_are_a_fault(tmp_path: Path) -> None:
    code, said = prove(tmp_path, *(ONCE.format(n=n) for n in range(3)))
    assert code == 1
    assert "once more" not in said


def test_a_run_that_broke_off_is_a_fault(tmp_path: Path) -> None:
    code, said = prove(tmp_path, GOOD, BROKEN)
    assert code == 2
    assert "once more" not in said
