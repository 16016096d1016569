"""Lock files pin everything by hash and say nothing about where to download it."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import distributions

import pytest
from packaging.markers import Marker

from tests.house.tree import ROOT, texts

PEERS = ["tests/bench/procrastinate_env/requirements.lock"]  # what benchmarks are measured beside, each by itself
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"]
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+?)(?: ; (.*))? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
# Written in two halves so that this file itself stays clean.
REGISTRIES = [
    ".".join(halves)
    for halves in (
        ("registry.npmjs", "org"),
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmmirror", "com"),
        ("yarnpkg", "com"),
    )
]


def pins(lock: str) -> dict[str, str]:
    """{package: version} of what this Python and system take.

    Fails on any line that is neither a pin nor a hash, and on a pin without hashes.
    """
    found: dict[str, str] = {}
    hashes = 1
    for line in (ROOT / lock).read_text().splitlines():
        if pin := PIN.match(line):
            assert hashes, f"{lock}: the package before {line} has no hash"
            hashes = 0
            if not pin[3] or Marker(pin[3]).evaluate():
                found[pin[1]] = pin[2]
        else:
            assert HASH.match(line), f"{lock}: {line}"
            hashes += 1
    assert hashes
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", [*LOCKS, *PEERS])
def test_every_package_is_pinned_by_hash(lock: str) -> None:
    assert len(pins(lock)) > 5


def test_the_locks_agree_with_each_other() -> None:
    everything = pins("requirements-dev.lock")
    assert pins("requirements.lock").items() <= everything.items()
    for name, version in pins("requirements-build.lock").items():
        assert everything.get(name, version) == version


def test_the_locks_cover_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": project["dependency-groups"]["dev"],
        "requirements-build.lock": project["dependency-groups"]["build"] + project["build-system"]["requires"],
    }
    for lock, requirements in asked.items():
        names = {_plain(re.split(r"[\[<>=! ;]", requirement)[0]) for requirement in requirements}
        assert names <= pins(lock).keys(), lock


def test_this_environment_is_the_locked_one() -> None:
    wanted = pins("requirements-dev.lock") | pins("requirements-build.lock")
    here = {_plain(found.name): found.version for found in distributions()}
    assert {name: here.get(name) for name in wanted} == wanted


def test_npm_is_locked_by_hash_without_addresses() -> None:
    lock = json.loads((ROOT / "web/package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_no_registry_is_named_anywhere() -> None:
    named = [(name, host) for name, text in texts() for host in REGISTRIES if host in text]
    assert not named
