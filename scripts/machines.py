"""Write docs/machines.md: every state machine, drawn from its own table. `--check` only compares.

Finds each `Machine` in server/*/machine.py, so a new feature is in the picture without being listed here.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from server.core.machine import Machine

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "machines.md"
HEAD = """\
# The state machines

Drawn by `scripts/machines.py` from the tables in `server/*/machine.py`; a test compares. Each is a table of
(state, act) → state and nothing else decides a state. State names are FHIR's where FHIR has one.
"""


def machines() -> list[tuple[str, Machine[Any, Any]]]:
    """(module, machine) in order of module name, then of definition."""
    found: list[tuple[str, Machine[Any, Any]]] = []
    for path in sorted((ROOT / "server").glob("*/machine.py")):
        if path.parent.name == "core":
            continue
        name = f"server.{path.parent.name}.machine"
        values = vars(importlib.import_module(name)).values()
        found += [(name, value) for value in values if isinstance(value, Machine)]
    return found


def page() -> str:
    """The whole of docs/machines.md."""
    parts = [HEAD]
    for module, machine in machines():
        title = machine.name.removeprefix("the ").capitalize()
        parts.append(f"## {title}\n\n`{module}`\n\n```mermaid\n{machine.mermaid()}\n```\n")
    return "\n".join(parts)


def main() -> None:
    if "--check" in sys.argv[1:]:
        if PAGE.read_text() != page():
            sys.exit("docs/machines.md is out of date: run .venv/bin/python -m scripts.machines")
        return
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
