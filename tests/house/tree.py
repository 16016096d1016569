"""What git tracks or would track, and how to read it."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("server", "signaling", "media", "notifications")
_BINARY = {".png", ".jpg", ".ico", ".woff2", ".gif", ".wav", ".mp3", ".webm", ".y4m", ".gz"}


@cache
def files() -> tuple[Path, ...]:
    """Every file of the repository: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    found = {ROOT / name for name in listed.stdout.split("\0") if name}
    return tuple(sorted(path for path in found if path.is_file()))


def copy_checkout(folder: Path) -> Path:
    """A copy of the repository as a fresh clone would hold it: nothing built, nothing installed."""
    for path in files():
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return folder


def texts() -> Iterator[tuple[str, str]]:
    """(path from the root, content) of every text file."""
    for path in files():
        if path.suffix not in _BINARY:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """(path from the root, syntax tree) of every Python file under the folders."""
    for name, text in texts():
        if name.endswith(".py") and name.split("/")[0] in folders:
            yield name, ast.parse(text, name)


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that a syntax tree imports, by full name, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
