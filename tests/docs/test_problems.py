"""Every problem slug has a paragraph, with its status; every paragraph has a slug."""

from __future__ import annotations

import re
from collections import Counter

from server.core.errors import Problem, all_problems
from tests.house.tree import ROOT

SECTION = re.compile(r"^## (\S+)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)


def test_every_problem_has_a_paragraph_and_no_paragraph_is_left_over() -> None:
    written = {slug: " ".join(text.split()) for slug, text in SECTION.findall((ROOT / "docs/problems.md").read_text())}
    problems: list[type[Problem]] = [Problem, *all_problems()]
    statuses = {problem.slug: problem.status for problem in problems}
    assert written.keys() == statuses.keys()
    for slug, status in statuses.items():
        assert written[slug].startswith(f"{status}. "), slug
        assert len(written[slug]) > 60, slug


def test_no_two_problems_share_a_slug() -> None:
    own = Counter(problem.slug for problem in all_problems() if "slug" in vars(problem))
    assert [slug for slug, times in own.items() if times > 1] == []
