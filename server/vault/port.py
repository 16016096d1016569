"""KeyPort: where the key-encryption keys and the root secret live."""

from __future__ import annotations

from typing import Protocol


class KeyTrouble(Exception):  # noqa: N818 - a state of the key store, told in one sentence
    """The key store cannot be used. The message is one sentence for the operator: what is wrong, what to do."""


class UnknownKek(KeyTrouble):
    """A wrapped key names a KEK that this store does not hold."""


class SealBroken(Exception):  # noqa: N818 - the seal is the noun
    """A wrapped key or a cell does not authenticate: altered, moved, or of another tenant. Never shows content."""


class KeyPort(Protocol):
    """A key store. Implementations are safe to call from one event loop and never block for long."""

    def current_kek(self) -> str:
        """The id of the KEK that `wrap` uses now."""
        ...

    def keks(self) -> tuple[str, ...]:
        """The ids of every KEK held, oldest first."""
        ...

    def wrap(self, dek: bytes, context: bytes) -> bytes:
        """Seal a 32-byte DEK under the current KEK, whose id stands inside the result.

        `context` is an `lp(...)`; the KEK's id is appended to it as one more part, so what is
        authenticated is `LP(...context parts, kek_id)`.
        """
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The DEK. Raises UnknownKek when its KEK is not held, SealBroken when it does not authenticate."""
        ...

    def derive(self, purpose: str) -> bytes:
        """A stable 32-byte key named `purpose` ("link", "bidx/person.phone"); KEK rotation leaves it alone."""
        ...

    def check(self) -> str:
        """One sentence for `doctor` after a real wrap and unwrap. Raises KeyTrouble."""
        ...

    def rotate(self) -> str:
        """Make a new KEK the current one and return its id. Old KEKs stay until `retire`. Raises KeyTrouble."""
        ...

    def retire(self, kek_id: str) -> None:
        """Destroy an old KEK. Call it only through `server.vault.deks.retire`, which looks for keys still under it."""
        ...


def open_keys(url: str, *, create: bool = True) -> KeyPort:
    """The key store that `url` names: `file:/path/keys.json` or `env:VARIABLE`.

    `create=False` refuses to start a new key file: pass it when the database already holds sealed rows.
    Raises KeyTrouble with one sentence.
    """
    from server.vault.env_keys import EnvKeys
    from server.vault.file_keys import FileKeys

    scheme, colon, rest = url.partition(":")
    if colon and scheme == "file":
        return FileKeys(_path_of(rest), create=create)
    if colon and scheme == "env":
        return EnvKeys(rest or "CAREROOM_KEK")
    raise KeyTrouble(
        f"The key store {scheme + ':' if colon else 'given'} is not known; "
        "set CAREROOM_KEYS_URL to file:/path/keys.json or env:CAREROOM_KEK."
    )


def _path_of(rest: str) -> str:
    """The path of a `file:` URL: `file:/a`, `file:///a` and `file:a` are all accepted."""
    path = rest[2:] if rest.startswith("//") else rest
    if not path or path.endswith("/"):
        raise KeyTrouble("The key store file: needs a file name, such as file:/var/lib/careroom/keys/keys.json.")
    return path
