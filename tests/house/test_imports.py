"""Who may import whom: the contracts of .importlinter, and two rules it cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.house.tree import PACKAGES, ROOT, imports, modules

HOME_OF = {
    "twilio": lambda name: name == "notifications/sms_twilio.py",
    "aiosmtplib": lambda name: name == "notifications/mail_smtp.py",
    "aiortc": lambda name: name == "media/sfu/dtls.py",
    "pylibsrtp": lambda name: name == "media/sfu/dtls.py",
    "redis": lambda name: name.endswith("_redis.py"),
}
MACHINE_MAY = {"__future__", "enum", "typing", "server.core.machine"}


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_vendor_one_file() -> None:
    strays = [
        f"{name} imports {module}"
        for name, tree in modules(*PACKAGES)
        for module in imports(tree)
        if (at_home := HOME_OF.get(module.split(".")[0])) and not at_home(name)
    ]
    assert not strays


def test_each_vendor_is_really_used_where_it_lives() -> None:
    used = {module.split(".")[0] for _, tree in modules(*PACKAGES) for module in imports(tree)}
    assert set(HOME_OF) <= used


def test_a_machine_is_a_table_and_nothing_else() -> None:
    machines = [
        (name, tree) for name, tree in modules("server") if name.endswith("/machine.py") and "/core/" not in name
    ]
    strays = [
        f"{name} imports {module}" for name, tree in machines for module in imports(tree) if module not in MACHINE_MAY
    ]
    assert not strays
    assert machines


# Re-wrapping keys changes no fact of the clinic: no event, no audience, no audit line of a person.
COMMITTERS = {"server/store/unit.py", "server/keys_rotation.py"}


def test_only_the_unit_commits() -> None:
    committers = {name for name, tree in modules("server") if _commits(tree)}
    assert committers <= COMMITTERS


def _commits(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
        for node in ast.walk(tree)
    )
