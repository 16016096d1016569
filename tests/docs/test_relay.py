"""The relay's page cannot lie: every item of ASVS 5.0 chapter V17 stands in it, and every test that it names exists."""

from __future__ import annotations

import re

from tests.docs.test_safety import CODE
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "relay.md").read_text(encoding="utf-8")
ITEMS = {f"17.{section}.{item}" for section, last in ((1, 2), (2, 8), (3, 2)) for item in range(1, last + 1)}


def test_every_item_of_v17_is_answered_by_tests_that_exist() -> None:
    rows = dict(re.findall(r"^\| (17\.\d\.\d) \|.*\| (`test_.*) \|$", PAGE, re.MULTILINE))
    assert set(rows) == ITEMS
    named = {name for tests in rows.values() for name in re.findall(r"`(test_\w+)`", tests)}
    assert {name for name in named if f"def {name}(" not in CODE} == set()
