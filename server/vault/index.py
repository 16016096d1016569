"""Blind indexes: find a value without storing it.

    token = HMAC-SHA256(key of the column, LP("careroom/bidx/v1", tenant, "table.column", normalised))[:16]

Equal values of one column give equal tokens, and that is what they leak: who shares a value, how often it occurs,
and, for the name prefixes, which names start alike. Each column has a key of its own, each tenant its own tokens,
so nothing can be matched across columns or tenants. Unique constraints stand on the token.
"""

from __future__ import annotations

import hmac

from server.core.lp import lp
from server.vault import normal
from server.vault.port import KeyPort

_TOKEN = 16
_LABEL = "careroom/bidx/v1"


class BlindIndex:
    """Tokens (16 bytes) for the columns of one key store. `column` is "table.column", e.g. "person.phone"."""

    def __init__(self, keys: KeyPort) -> None:
        self._keys = keys
        self._derived: dict[str, bytes] = {}

    def phone_index(self, tenant: str, column: str, e164: str) -> bytes:
        """Of an E.164 number; spaces, hyphens and brackets do not matter. Raises ValueError for any other text."""
        return self._token(tenant, column, normal.phone(e164))

    def email_index(self, tenant: str, column: str, address: str) -> bytes:
        """Of an e-mail address, upper and lower case alike. Raises ValueError when it has no local part or domain."""
        return self._token(tenant, column, normal.email(address))

    def name_index(self, tenant: str, column: str, name: str) -> bytes:
        """Of a whole name: case, accents, hyphens and spacing do not matter, the order of words does."""
        return self._token(tenant, column, " ".join(normal.words(name)))

    def text_index(self, tenant: str, column: str, text: str) -> bytes:
        """Of an identifier such as a medical record number: NFKC, casefolded, outer space removed."""
        return self._token(tenant, column, normal.fold(text).strip())

    def name_prefixes(self, tenant: str, column: str, name: str) -> list[bytes]:
        """One token for each start of 1 to 4 letters of each word (in CJK words, from each character).

        Sorted, without doubles, so their order does not tell the order of the letters.
        """
        return sorted({self._token(tenant, column, start) for start in normal.prefixes(name)})

    def search_tokens(self, tenant: str, column: str, typed: str) -> list[bytes]:
        """What to look for among `name_prefixes`: one token for each word typed; a match holds all of them.

        A word of more than 4 letters is found by its first 4: check the opened name with `normal.name_matches`.
        Empty when nothing searchable was typed.
        """
        return sorted({self._token(tenant, column, start) for start in normal.search_starts(typed)})

    def _token(self, tenant: str, column: str, normalised: str) -> bytes:
        key = self._derived.get(column)
        if key is None:
            key = self._derived[column] = self._keys.derive(f"bidx/{column}")
        return hmac.digest(key, lp(_LABEL, tenant, column, normalised), "sha256")[:_TOKEN]
