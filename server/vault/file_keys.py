"""Keys in one JSON file that only the service's own user can read, apart from the database."""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from server.vault.keyset import KeySet
from server.vault.port import KeyTrouble, UnknownKek

GRACE = 900.0
"""Seconds after a rotation before an old KEK may go: longer than any transaction that wrapped a key under it."""

_Stamp = tuple[int, int, int]


class FileKeys:
    """The default key store. Several processes may share the file: each sees a rotation at its next wrap.

    The file is 0600 in a folder that is 0700; wider permissions are refused, in one sentence. It is written
    whole: to a new file, fsync, atomic rename, fsync of the folder.
    """

    def __init__(self, path: str | Path, *, create: bool = True, grace: float = GRACE) -> None:
        self.path = Path(path)
        self.grace = grace
        if not self.path.exists():
            if not create:
                raise KeyTrouble(f"The key file {self.path} is missing: restore it from your backup.")
            self._start()
        self._keys, self._stamp = self._load()

    # -- KeyPort ---------------------------------------------------------------------------------

    def current_kek(self) -> str:
        return self._fresh().current

    def keks(self) -> tuple[str, ...]:
        return tuple(self._fresh().keks)

    def wrap(self, dek: bytes, context: bytes) -> bytes:
        return self._fresh().wrap(dek, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        try:
            return self._keys.unwrap(wrapped, context)
        except UnknownKek:
            return self._fresh().unwrap(wrapped, context)  # another process may have rotated since we looked

    def derive(self, purpose: str) -> bytes:
        return self._keys.derive(purpose)

    def check(self) -> str:
        self._keys, self._stamp = self._load()
        self._keys.self_test()
        return f"key file {self.path}: {len(self._keys.keks)} held, current {self._keys.current}, wrap and unwrap work"

    def rotate(self) -> str:
        return self._change(KeySet.rotated).current

    def retire(self, kek_id: str) -> None:
        def without(keys: KeySet) -> KeySet:
            smaller = keys.without(kek_id)
            left = self.grace - (time.time() - self.path.stat().st_mtime)
            if left > 0:
                raise KeyTrouble(f"The keys changed moments ago: retire {kek_id} in {left:.0f} seconds or later.")
            return smaller

        self._change(without)

    # -- the file --------------------------------------------------------------------------------

    def _start(self) -> None:
        """Make the folder and the first keys. When two processes start at once, one file wins and both use it."""
        try:
            self.path.parent.parent.mkdir(parents=True, exist_ok=True)
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            _private(self.path.parent, os.stat(self.path.parent), 0o700)
            draft = self._draft(KeySet.fresh())
        except OSError as error:
            raise KeyTrouble(f"The key file {self.path} cannot be made: {error.strerror}.") from None
        try:
            os.link(draft, self.path)
        except FileExistsError:
            return  # the other process was first, and its keys are the keys
        finally:
            draft.unlink()
        _sync_folder(self.path.parent)

    def _draft(self, keys: KeySet) -> Path:
        """A private file beside the key file, written and synced, not yet in its place."""
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(keys.to_json())
            file.flush()
            os.fsync(file.fileno())
        return draft

    def _load(self) -> tuple[KeySet, _Stamp]:
        try:
            _private(self.path.parent, os.stat(self.path.parent), 0o700)
            with self.path.open() as file:
                status = os.fstat(file.fileno())  # of the open file: nobody can swap it between look and read
                _private(self.path, status, 0o600)
                return KeySet.from_json(file.read()), _stamp(status)
        except OSError as error:
            raise KeyTrouble(f"The key file {self.path} cannot be read: {error.strerror}.") from None

    def _fresh(self) -> KeySet:
        """The keys of the file as it is now; a stat when nothing changed."""
        try:
            changed = _stamp(os.stat(self.path)) != self._stamp
        except OSError as error:
            raise KeyTrouble(f"The key file {self.path} cannot be read: {error.strerror}.") from None
        if changed:
            self._keys, self._stamp = self._load()
        return self._keys

    def _change(self, step: Callable[[KeySet], KeySet]) -> KeySet:
        """Replace the file by `step` of what it holds, one process at a time."""
        with _locked(self.path.parent):
            keys, _ = self._load()
            try:
                draft = self._draft(step(keys))
                os.replace(draft, self.path)
            except OSError as error:
                raise KeyTrouble(f"The key file {self.path} cannot be written: {error.strerror}.") from None
            _sync_folder(self.path.parent)
            self._keys, self._stamp = self._load()
        return self._keys


def _private(path: Path, status: os.stat_result, mode: int) -> None:
    if status.st_mode & 0o077:
        wide = status.st_mode & 0o777
        raise KeyTrouble(f"{path} is open to other users (mode {wide:o}): run chmod {mode:o} {path} and start again.")
    if status.st_uid not in (os.geteuid(), 0):
        raise KeyTrouble(f"{path} belongs to another user: give it to the user that runs the service.")


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_ino, status.st_mtime_ns, status.st_size


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
