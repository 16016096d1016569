"""Real browsers for Python: pages are pressed, filled and read by role and accessible name.

The work is done by tests/web/stage.mjs (Playwright for Chromium, WebDriver BiDi for
Firefox ESR) in one Node process; this is the short side of the line to it.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

STAGE = Path(__file__).parents[1] / "web" / "stage.mjs"
NODE = Path(sys.executable).with_name("node")
Kind = Literal["chromium", "firefox"]
WAIT = 20.0  # seconds until a condition counts as never
LONGEST = 100.0
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


class Unmet(AssertionError):
    """The page did not do what was waited for; the words say what it showed instead."""


class Browsers:
    """`with Browsers() as browsers: page = browsers.page("patient", "firefox")`. Not for several threads."""

    def __init__(self, inside: Sequence[str] = ()) -> None:
        """`inside`: the command that runs another one somewhere else, for instance in a network namespace."""
        self._inside = inside
        self._ids = itertools.count(1)
        self.pages: dict[str, Page] = {}

    def __enter__(self) -> Browsers:
        self._child = subprocess.Popen(
            [*self._inside, str(NODE), str(STAGE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._child.stdin
        self._child.stdin.close()  # the stage closes its browsers and ends
        try:
            self._child.wait(20)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def page(
        self, name: str, kind: Kind = "chromium", *, own: str = "", timed: bool = False, flags: Sequence[str] = (),
        **options: Any,
    ) -> Page:  # fmt: skip
        """A new tab in a fresh profile.

        `own` names a browser process of its own, started with `flags`; `timed` notes the moments of an
        admission; options are Playwright's.
        """
        self.ask("open", name, browser=kind, own=own, timed=timed, options=options, flags=list(flags))
        self.pages[name] = page = Page(self, name)
        return page

    def ask(self, op: str, page: str, **words: Any) -> Any:
        """One request to the stage. Raises Unmet with the page's own words."""
        assert self._child.stdin
        assert self._child.stdout
        request = {"id": next(self._ids), "op": op, "page": page, **words}
        watchdog = threading.Timer(LONGEST, self._child.kill)
        watchdog.start()
        try:
            self._child.stdin.write(json.dumps(request) + "\n")
            self._child.stdin.flush()
            line = self._child.stdout.readline()
        finally:
            watchdog.cancel()
        if not line:
            raise Unmet(f"the browsers' process ended during {op} on {page}")
        answer = json.loads(line)
        if "error" in answer:
            raise Unmet(answer["error"])
        return answer["value"]


class Page:
    """One tab. `name` patterns are regular expressions on the accessible name."""

    def __init__(self, browsers: Browsers, name: str) -> None:
        self._browsers = browsers
        self.name = name

    def ask(self, op: str, **words: Any) -> Any:
        return self._browsers.ask(op, self.name, **words)

    def goto(self, url: str) -> None:
        self.ask("goto", url=url)

    def reload(self) -> None:
        self.ask("reload")

    @property
    def url(self) -> str:
        return str(self.ask("url"))

    def press(self, role: str, name: str, wait: float = WAIT) -> None:
        """Click it as soon as it is there and enabled."""
        self.ask("press", role=role, name=name, limit=wait * 1000)

    def wait(self, role: str, name: str, wait: float = WAIT, within: str | None = None) -> str:
        """The text of the element, once it is there."""
        return str(self.ask("wait", role=role, name=name, limit=wait * 1000, within=within))

    def wait_gone(self, role: str, name: str, wait: float = WAIT) -> None:
        self.ask("wait", role=role, name=name, limit=wait * 1000, gone=True)

    def text(self, pattern: str, wait: float = WAIT) -> str:
        """The first match of a pattern in the visible text, once there is one."""
        return str(self.ask("text", pattern=pattern, limit=wait * 1000))

    def has(self, role: str, name: str) -> bool:
        return bool(self.ask("has", role=role, name=name))

    def fill(self, role: str, name: str, value: str) -> None:
        self.ask("fill", role=role, name=name, value=value, limit=WAIT * 1000)

    def choose(self, name: str, value: str) -> None:
        """An option of a <select>, by its value or a part of its text."""
        self.ask("choose", role="combobox", name=name, value=value, limit=WAIT * 1000)

    def key(self, key: str) -> None:
        self.ask("key", key=key)

    def type(self, text: str) -> None:
        """Keys into whatever has the focus."""
        self.ask("type", text=text)

    def tab_to(self, role: str, name: str, most: int = 120, *, back: bool = False) -> int:
        """Tab until this element has the focus; how often. Raises Unmet when it never has."""
        return int(self.ask("tab_to", role=role, name=name, most=most, back=back))

    def drag(self, role: str, name: str, right: int, down: int) -> None:
        """Take an element with the mouse, carry it so many pixels, let it go."""
        self.ask("drag", role=role, name=name, right=right, down=down, limit=WAIT * 1000)

    def sent(self) -> dict[str, int]:
        """The input that was sent to this page so far: `clicks`, `drags`, `keys`, and `scripted`, which is what no
        hand could do (a focus set, a value chosen by script)."""
        return {name: int(count) for name, count in self.ask("sent").items()}

    def media(self) -> dict[str, Any]:
        """What arrives by WebRTC: framesDecoded, audioPackets, audioEnergy, bytesSent, picture."""
        seen: dict[str, Any] = self.ask("media")
        return seen

    def moment(self, name: str) -> float:
        """ms since 1970 of `admit`, `frame` or `counted` on a page that was opened `timed`; waits for it."""
        return float(self.run("return window.moment(value)", name))

    def run(self, body: str, value: Any = None) -> Any:
        """The body of a function with one argument, `value`, run in the page."""
        return self.ask("run", body=body, value=value)

    def size(self, width: int, height: int) -> None:
        self.ask("size", width=width, height=height)

    def dark(self, on: bool) -> None:
        self.ask("scheme", dark=on)

    def axe(self) -> list[str]:
        """The violations that axe-core finds, each in a line."""
        return list(self.ask("axe"))

    def overflow(self) -> str | None:
        """What sticks out sideways, or None."""
        found = self.ask("overflow")
        return None if found is None else str(found)

    def shot(self, path: Path) -> None:
        self.ask("shot", path=str(path))

    def faults(self) -> list[str]:
        """What the page's console must not hold: exceptions, and refusals by its security policy."""
        policy = ("CSP", "Content Security Policy", "Content-Security-Policy", "TrustedHTML", "TrustedScript")
        return [
            f"{self.name}: {one['kind']}: {one['text']}"
            for one in self.ask("seen")
            # Firefox files a socket that was cut under exceptions; the page connects again by itself.
            if (one["kind"] == "pageerror" and "ws://" not in one["text"])
            or any(word in one["text"] for word in policy)
        ]

    def leave(self) -> None:
        self.ask("leave")
