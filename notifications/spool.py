"""A folder of small files, each written whole or not at all, and never twice under one name."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


class Spool:
    """One file per message, mode 0600 in a 0700 folder. Safe between tasks and between processes."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder = folder
        self._suffix = suffix

    @staticmethod
    def name_of(key: str) -> str:
        """The file stem for an idempotency key."""
        return hashlib.sha256(key.encode()).hexdigest()[:32]

    def put_once(self, name: str, content: bytes) -> bool:
        """Write `content` under `name`; False, and nothing changed, when the name is taken. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".new-", dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, self._path(name))  # fails when the name exists: the arbiter between processes
        except FileExistsError:
            return False
        finally:
            os.unlink(temporary)
        return True

    def get(self, name: str) -> bytes | None:
        """The content under a name, or None."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def items(self) -> Iterator[tuple[str, bytes]]:
        """Every (name, content), in no promised order."""
        if not self.folder.is_dir():
            return
        for path in self.folder.glob(f"[!.]*{self._suffix}"):
            content = self.get(path.name.removesuffix(self._suffix))
            if content is not None:
                yield path.name.removesuffix(self._suffix), content

    def probe(self) -> None:
        """Raise OSError when the folder cannot be made or written."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".probe-", dir=self.folder)
        os.close(handle)
        os.unlink(temporary)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{self._suffix}"
