"""What must not stand in the repository: this machine, other people's servers, and secrets."""

from __future__ import annotations

import re

from tests.house.tree import texts

# Written in halves so that this file itself stays clean.
MACHINE_PATHS = [
    "/" + path
    for path in ("work/main", "work/shared", "work/.", "root/.", "opt/" + "pypi", "opt/wheels", "home/" + "user")
]
# A page may name these, and loads nothing from them: they are XML namespaces.
NAMESPACES = ("http://www.w3.org/",)
URL = re.compile(r"""["'`(]((?:https?:|wss?:)?//[a-z0-9][^"'`)\s]*)""", re.IGNORECASE)
SECRET = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\bSK[0-9a-f]{32}\b|\bAKIA[0-9A-Z]{16}\b")
COMMENT = re.compile(r"/\*.*?\*/|<!--.*?-->|^\s*//.*?$", re.DOTALL | re.MULTILINE)


def test_no_path_of_a_developers_machine() -> None:
    assert [(name, path) for name, text in texts() for path in MACHINE_PATHS if path in text] == []


def test_pages_load_nothing_from_third_parties() -> None:
    pages = {
        name: text
        for name, text in texts()
        if name.startswith("web/")
        and not name.startswith(("web/tests/", "web/build/"))
        and name.endswith((".html", ".ts", ".tsx", ".css", ".svg"))
    }
    assert pages
    foreign = [
        (name, url)
        for name, text in pages.items()
        for url in URL.findall(COMMENT.sub("", text))
        if not url.startswith(NAMESPACES)
    ]
    assert not foreign


def test_no_secret_is_committed() -> None:
    assert [name for name, text in texts() if SECRET.search(text)] == []


def test_nothing_built_is_committed() -> None:
    built = ("web/dist/", "server/_web/", "node_modules/", ".state/")
    assert [name for name, _ in texts() if any(part in name for part in built)] == []
