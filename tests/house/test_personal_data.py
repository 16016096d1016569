"""No person in logs or fixtures: log lines are constants with keys, addresses are reserved ones."""

from __future__ import annotations

import ast
import re

from tests.house.tree import PACKAGES, modules, texts

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
# Public sample messages, unchanged, with made-up people of their own (see the README beside them).
SAMPLES = "tests/data/"
MAIL = re.compile(r"[A-Za-z0-9._%+-]+@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})\b")
# These speak to a person at a terminal; that is what they are for.
TALKERS = ("server/cli", "server/demo", "server/doctor", "server/setup", "notifications/sms_console.py")
# The numbers of Twilio's published signature example, and a premium-rate number that must be refused.
PUBLISHED = {"+14158675310", "+18005551212", "+1 900 555 4321"}
RESERVED = re.compile(r"(?:^|\.)(?:example|example\.(?:org|com|net)|test|invalid|localhost)$")
NORTH_AMERICAN = re.compile(r"(?<![\d.])\+1[ -]?\(?(\d{3})\)?[ -]?(\d{3})[ -]?(\d{4})(?!\d)")


def _log_calls(tree: ast.AST) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and ast.unparse(node.func.value).split(".")[-1] in {"log", "_log", "logger", "_logger"}
    ]


def test_a_log_line_is_a_constant_and_keys() -> None:
    calls = [(name, call) for name, tree in modules(*PACKAGES) for call in _log_calls(tree)]
    assert calls
    loose = [f"{name}:{call.lineno}" for name, call in calls if not _is_constant(name, call)]
    assert not loose


def _is_constant(name: str, call: ast.Call) -> bool:
    """A constant event; the siblings, who know no structlog and no person, may add `key=%s` arguments."""
    event = call.args[0] if call.args else None
    if not isinstance(event, ast.Constant) or not isinstance(event.value, str):
        return False
    return len(call.args) == 1 or (not name.startswith("server/") and event.value.count("=%s") == len(call.args) - 1)


def test_the_standard_library_is_not_logged_with() -> None:
    """`logging.info(...)` has no keys for the processor to drop; `print` goes round it altogether."""
    strays = [
        f"{name}:{node.lineno}"
        for name, tree in modules("server", "signaling", "media", "notifications")
        if not name.startswith(TALKERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", *(f"logging.{level}" for level in LEVELS)}
    ]
    assert not strays


def test_mail_addresses_are_reserved_ones() -> None:
    real = [
        (name, hit[0])
        for name, text in texts()
        if not name.startswith(SAMPLES)
        for hit in MAIL.finditer(text)
        if not RESERVED.search(hit[1].lower())
    ]
    assert not real


def test_north_american_numbers_are_fictional_ones() -> None:
    real = [
        (name, hit[0])
        for name, text in texts()
        if not name.startswith(SAMPLES)
        for hit in NORTH_AMERICAN.finditer(text)
        if not (hit[2] == "555" and hit[3].startswith("01")) and hit[0] not in PUBLISHED
    ]
    assert not real
