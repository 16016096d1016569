"""Keys from one environment variable: for containers whose platform keeps the secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping

from server.core.ids import b64, unb64
from server.vault.keyset import KeySet
from server.vault.port import KeyTrouble


class EnvKeys:
    """The variable holds base64url of 32 random bytes, or base64url of a key set in JSON (`next_value` makes one).

    From 32 bytes the root secret and the KEK are derived; the JSON form is what rotation needs.
    """

    def __init__(self, variable: str, environ: Mapping[str, str] | None = None) -> None:
        self.variable = variable
        self._keys = self._read((os.environ if environ is None else environ).get(variable, ""))

    def _read(self, value: str) -> KeySet:
        if not value.strip():
            raise KeyTrouble(
                f"The environment variable {self.variable} is empty: set it to 32 random bytes in base64url."
            )
        try:
            raw = unb64(value.strip().rstrip("="))
        except ValueError:
            raise KeyTrouble(f"The environment variable {self.variable} is not base64url.") from None
        if len(raw) == 32:
            return KeySet.from_secret(raw)
        if raw[:1] != b"{":
            raise KeyTrouble(
                f"The environment variable {self.variable} is neither 32 bytes nor a key set in base64url."
            )
        return KeySet.from_json(raw)

    def current_kek(self) -> str:
        return self._keys.current

    def keks(self) -> tuple[str, ...]:
        return tuple(self._keys.keks)

    def wrap(self, dek: bytes, context: bytes) -> bytes:
        return self._keys.wrap(dek, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        return self._keys.unwrap(wrapped, context)

    def derive(self, purpose: str) -> bytes:
        return self._keys.derive(purpose)

    def check(self) -> str:
        self._keys.self_test()
        held, current = len(self._keys.keks), self._keys.current
        return f"keys from {self.variable}: {held} held, current {current}, wrap and unwrap work"

    def next_value(self) -> str:
        """What the variable must hold after a rotation: every KEK of today and a new, current one. Secret."""
        return b64(self._keys.rotated().to_json().encode())

    def value_without(self, kek_id: str) -> str:
        """What the variable must hold once `kek_id` is retired. Secret. Raises KeyTrouble for the current KEK."""
        return b64(self._keys.without(kek_id).to_json().encode())

    def rotate(self) -> str:
        raise KeyTrouble(
            f"The keys come from the environment variable {self.variable}, which a process cannot change: "
            "set it to the next value and start again."
        )

    def retire(self, kek_id: str) -> None:
        raise KeyTrouble(
            f"The keys come from the environment variable {self.variable}, which a process cannot change: "
            f"set it to a value without {kek_id} and start again."
        )
