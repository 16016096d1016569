"""A program that is killed in the middle of what it does: it prints `half` when it stands there."""

from __future__ import annotations

import asyncio
import sys

from tests.house.tree import ROOT


async def killed_half_way(module: str, *arguments: str) -> None:
    """Run `python -m module` until it says that it is half way, and kill it (-9)."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    try:
        async with asyncio.timeout(60):
            assert await child.stdout.readline() == b"half\n"
    finally:
        child.kill()
        await child.wait()
