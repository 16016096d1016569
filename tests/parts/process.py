"""One child process with a log file: started, stopped politely, or killed."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.parts.ports import Late, wait_until


class Process:
    """A server that a test owns. `user` runs it as somebody else (only root can ask for that)."""

    def __init__(
        self, command: Sequence[str], folder: Path, *, user: str | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.command = list(command)
        self.folder = folder
        self.user = user
        self.env = env
        self.log = folder / "log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id. Raises when it does not run."""
        if self._child is None:
            raise RuntimeError(f"{self.command[0]} is not running")
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self, ready: Callable[[], bool], timeout: float = 20.0) -> None:
        """Start and wait for `ready()`. Raises Late with the end of its log when it does not come up."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=self.user,
                extra_groups=[] if self.user else None,
            )
        try:
            wait_until(lambda: not self.running or ready(), timeout, f"start of {self.command[0]}")
        except Late as late:
            self.kill()
            raise Late(f"{late}\n{self.tail()}") from None
        if not self.running:
            raise Late(f"{self.command[0]} ended at once\n{self.tail()}")

    def stop(self, ask: signal.Signals = signal.SIGTERM, timeout: float = 15.0) -> int | None:
        """Ask it to end and wait for it. Its exit code; None when it was never started."""
        if self._child is None:
            return None
        if self.running:
            self._child.send_signal(ask)
        code = self._child.wait(timeout)
        self._child = None
        return code

    def kill(self) -> None:
        """End it now, as a power cut would."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
