"""Claim 28: the server cannot open an epoch: no code under its roof knows how, except the offline records tool."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "server" / "records.py"
OPENERS = ("careroom/wrap/v1", "careroom/msg-key/v1", "careroom/hist/v1", "careroom/grant/v1")
PACKAGES = ("server", "signaling", "media", "notifications")
OFFLINE = {"cli", "cli_keys", "records_export"}
"""The only modules that may use the tool: commands, each run in a process of its own."""


MAIL = (ROOT / "notifications" / "dkim.py", "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PrivateKey")
"""What signs mails with the domain's own key: such a key opens nothing."""


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return names


def test_claim_28_only_the_records_tool_knows_the_labels_that_open() -> None:
    text = TOOL.read_text(encoding="utf-8")
    assert "careroom/wrap/v1" in text
    assert "careroom/msg-key/v1" in text
    for path in sources():
        found = [label for label in OPENERS if label in path.read_text(encoding="utf-8")]
        assert path == TOOL or found == [], path


def test_claim_28_only_the_records_tool_imports_hpke_and_private_keys() -> None:
    for path in sources():
        names = imported(path)
        openers = {name for name in names if "hpke" in name or name.endswith(("X25519PrivateKey", "Ed25519PrivateKey"))}
        allowed = {MAIL[1]} if path == MAIL[0] else set()
        assert path == TOOL or openers <= allowed, (path, openers)
    assert any("hpke" in name for name in imported(TOOL))


def test_claim_28_the_rules_use_no_cipher_at_all() -> None:
    rules = sorted((ROOT / "server" / "conversations").glob("crp*.py"))
    assert len(rules) >= 7
    for path in rules:
        assert not [name for name in imported(path) if "aead" in name or "ciphers" in name or "hkdf" in name], path


def test_claim_28_only_the_command_line_imports_the_tool() -> None:
    for path in sources():
        tool = {name for name in imported(path) if name == "server.records" or name.startswith("server.records.")}
        assert not tool or path == TOOL or (path.parent == ROOT / "server" and path.stem in OFFLINE), path


def test_claim_28_the_running_server_never_loads_the_tool() -> None:
    code = "import sys, server.app; print('server.records' in sys.modules, 'server.conversations.crp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
