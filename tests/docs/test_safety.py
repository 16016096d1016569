"""The hazard log cannot lie: every hazard names tests, and every test it names exists."""

from __future__ import annotations

import re

from tests.house.tree import ROOT

LOG = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
CODE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


def test_every_hazard_names_tests_and_they_exist() -> None:
    hazards = set(re.findall(r"^\| (H\d+) \| (?!`)", LOG, re.M))
    shown = dict(re.findall(r"^\| (H\d+) \| (`(?:test_|web/).*) \|$", LOG, re.M))
    assert hazards
    assert hazards == set(shown)
    named = {name for tests in shown.values() for name in re.findall(r"`(test_\w+)`", tests)}
    assert {name for name in named if f"def {name}(" not in CODE} == set()
    files = {path for tests in shown.values() for path in re.findall(r"`(web/[\w./-]+)`", tests)}
    assert {path for path in files if not (ROOT / path).is_file()} == set()
