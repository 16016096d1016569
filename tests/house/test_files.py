"""Files hold one noun and functions fit on a screen."""

from __future__ import annotations

import ast
from statistics import quantiles

import pytest

from tests.house.tree import PACKAGES, modules, texts

LONGEST_FILE = 500
LONGEST_P90 = 40
CODE = (".py", ".ts", ".tsx", ".css", ".html", ".mjs", ".sh")


def test_no_file_is_longer_than_500_lines() -> None:
    code = {name: text for name, text in texts() if name.endswith(CODE) and "/migrations/versions/" not in name}
    assert {name: lines for name, text in code.items() if (lines := text.count("\n")) > LONGEST_FILE} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_most_functions_fit_in_40_lines(package: str) -> None:
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for name, tree in modules(package)
        if "/migrations/" not in name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert quantiles(lengths, n=10)[8] <= LONGEST_P90


def test_every_package_says_what_its_room_is_for() -> None:
    silent = [
        name
        for name, tree in modules(*PACKAGES)
        if name.endswith("__init__.py") and "/migrations/" not in name and len(ast.get_docstring(tree) or "") < 40
    ]
    assert not silent


def test_no_exception_is_swallowed() -> None:
    swallowed = [
        f"{name}:{node.lineno}"
        for name, tree in modules(*PACKAGES, "scripts")
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        and all(isinstance(step, ast.Pass) for step in node.body)
    ]
    assert not swallowed


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    let_off = [
        f"{name}:{node.lineno}"
        for name, tree in modules("tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"skip", "skipif", "xfail", "importorskip"}
        and ast.unparse(node).startswith("pytest.")
    ]
    assert not let_off
