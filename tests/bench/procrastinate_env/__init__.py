"""procrastinate (procrastinate.readthedocs.io), a well-kept queue in PostgreSQL, drained by workers of its own command.

It is installed from its lock into `.state/peers/procrastinate` and never into our environment.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg

from tests.bench.host import tree_seconds
from tests.house.tree import ROOT
from tests.parts.ports import eventually

HERE = Path(__file__).parent
HOME = ROOT / ".state/peers/procrastinate"
CONCURRENCIES = (1, 5, 20)  # jobs a worker has in hand; the best one is measured


def installed() -> Path:
    """Its Python, installed now unless this very lock was installed before."""
    mark = HOME / "careroom-lock"
    wanted = hashlib.sha256((HERE / "requirements.lock").read_bytes()).hexdigest()
    if not mark.is_file() or mark.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(HOME)], check=True)
        subprocess.run(
            [str(HOME / "bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check",
             "--require-hashes", "-r", str(HERE / "requirements.lock")],
            check=True, timeout=300,
        )  # fmt: skip
        mark.write_text(wanted)
    return HOME / "bin/python"


def version() -> str:
    pins = (line.partition("==") for line in (HERE / "requirements.lock").read_text().splitlines())
    return next(pin.split()[0] for name, _, pin in pins if name == "procrastinate")


class Peer:
    """One database with its tables."""

    def __init__(self, url: str, workers: int) -> None:
        self.url = url.replace("+asyncpg", "")
        self.pids: list[int] = []
        self._workers, self._deferred = workers, 0
        self._python = str(installed())
        self._call("-m", "procrastinate", "--app", "jobs.app", "schema", "--apply")

    def best(self, jobs: int, database: int) -> int:
        """The concurrency at which it drains `jobs` fastest."""
        return max(CONCURRENCIES, key=lambda one: self.drain(jobs, one, 20.0, database)[0])

    def drain(self, jobs: int, concurrency: int, within: float, database: int) -> tuple[float, float]:
        """(jobs a second, processor time a job in microseconds), from the first that is done until all are or `within`
        seconds are over. `database` is the server's process, whose share counts too."""
        self._call("-c", f"import asyncio, jobs; asyncio.run(jobs.defer({jobs}))")
        self._deferred += jobs
        command = [
            self._python,
            "-m",
            "procrastinate",
            "--app",
            "jobs.app",
            "worker",
            "--concurrency",
            str(concurrency),
        ]
        running = [
            subprocess.Popen(command, env=self._environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(self._workers)
        ]
        self.pids = [one.pid for one in running]
        try:
            return asyncio.run(self._watch(within, [*self.pids, database]))
        finally:
            for one in running:
                one.send_signal(signal.SIGTERM)
            for one in running:
                one.wait(30)
            asyncio.run(self._clear())

    async def _watch(self, within: float, trees: list[int]) -> tuple[float, float]:
        base = await asyncpg.connect(self.url)
        try:
            first = await eventually(lambda: self._done(base), 60, "the first job")
            began, spent, done = time.monotonic(), sum(map(tree_seconds, trees)), first
            while done < self._deferred and time.monotonic() - began < within:
                await asyncio.sleep(0.1)
                done = await self._done(base)
            took, spent = time.monotonic() - began, sum(map(tree_seconds, trees)) - spent
            return (done - first) / took, spent / (done - first) * 1e6
        finally:
            await base.close()

    async def _done(self, base: asyncpg.Connection) -> int:
        return int(await base.fetchval("SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"))

    async def _clear(self) -> None:
        base = await asyncpg.connect(self.url)
        await base.execute("TRUNCATE procrastinate_jobs CASCADE")
        await base.close()
        self._deferred = 0

    def _call(self, *arguments: str) -> None:
        subprocess.run([self._python, *arguments], env=self._environment(), check=True, stdout=subprocess.DEVNULL)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PGURL": self.url, "PYTHONPATH": str(HERE)}
