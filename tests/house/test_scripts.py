"""The scripts speak one clear sentence when they cannot go on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT, copy_checkout

PLAIN_TOOLS = ["bash", "cat", "dirname", "env", "find", "grep", "paste", "rm", "sed", "sort", "tr"]


def _tools(folder: Path, **pythons: str) -> dict[str, str]:
    """An environment whose PATH holds only plain tools, and the given stand-ins (shell text) for Pythons."""
    folder.mkdir()
    for name in PLAIN_TOOLS:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    for name, text in pythons.items():
        (folder / name).write_text(f"#!{shutil.which('bash')}\n{text}\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder), "HOME": str(folder)}


def _run(checkout: Path, script: str, *arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(checkout / "scripts" / script), *arguments],
        cwd="/",
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("pythons", "sentence"),
    [
        ({}, "Careroom needs Python 3.11 or newer, and no Python was found; install it and run this again."),
        (
            {"python3": 'case "$2" in *print*) echo 3.9;; *) exit 1;; esac'},
            "Careroom needs Python 3.11 or newer, but this machine's Python is 3.9; "
            "install a newer one and run this again.",
        ),
        (
            {"python3": 'case "$2" in *print*) echo 3.12;; *ensurepip*) exit 1;; esac'},
            "Python's venv module is missing; install it (on Debian and Ubuntu: apt install python3-venv) "
            "and run this again.",
        ),
    ],
)
def test_the_demo_says_what_is_wrong_with_python(tmp_path: Path, pythons: dict[str, str], sentence: str) -> None:
    done = _run(copy_checkout(tmp_path / "clone"), "demo", env=_tools(tmp_path / "tools", **pythons))
    assert done.returncode == 1
    assert done.stderr.strip() == sentence
    assert done.stdout == ""


@pytest.mark.parametrize("script", ["bench", "chaos"])
@pytest.mark.parametrize("name", ["no-such-name", "", "../../scripts/stamp", "__init__"])
def test_an_unknown_name_lists_the_names(script: str, name: str) -> None:
    done = _run(ROOT, script, name, env=dict(os.environ))
    assert done.returncode == 1
    known = sorted(path.stem.replace("_", "-") for path in (ROOT / "tests" / script).glob("[a-z]*.py"))
    assert done.stderr.strip().endswith(f"; the names are: {' '.join(known) or 'none yet'}.")
    assert done.stdout == ""


def test_ci_runs_the_test_script_and_nothing_else() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'exec "$(dirname "${BASH_SOURCE[0]}")/../scripts/test"'
    ]
    assert os.access(ROOT / ".ci/run", os.X_OK)
