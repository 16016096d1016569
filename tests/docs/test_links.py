"""Links and commands in the documents lead somewhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files

PAGES = [path for path in files() if path.suffix == ".md"]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
SCRIPT = re.compile(r"\bscripts/[a-z_]+(?:\.py)?\b")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_has_a_target(page: Path) -> None:
    assert [target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()] == []


def test_every_script_that_a_page_names_exists() -> None:
    named = {(page.name, script) for page in PAGES for script in SCRIPT.findall(page.read_text())}
    assert [pair for pair in named if not (ROOT / pair[1]).is_file()] == []
    assert named


@pytest.mark.parametrize("name", ["demo", "check", "test", "bench", "chaos"])
def test_scripts_are_executable_and_short(name: str) -> None:
    script = ROOT / "scripts" / name
    assert os.access(script, os.X_OK)
    assert len(script.read_text().splitlines()) <= 60
