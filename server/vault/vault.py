"""Vault: data keys made, unwrapped once and remembered, and values sealed with them."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from typing import overload

from server.core.clock import Clock, SystemClock
from server.core.ids import b64, unb64
from server.vault.envelope import DEK_BYTES, DEK_ID_BYTES, dek_id_of, open_cell, seal_cell, wrap_context
from server.vault.index import BlindIndex
from server.vault.port import KeyPort, SealBroken

CACHE = 4096


class Vault:
    """The sealing and opening of values for one key store.

    DEK ids are text (11 characters, base64url of 8 bytes). Unwrapped DEKs stay in a bounded memory, the least
    recently used leaves first; what is remembered is tied to tenant, id *and* wrapped bytes, so the database stays
    the judge of whether a key still exists. `index` makes the blind indexes of the same store.
    """

    def __init__(self, keys: KeyPort, *, cache: int = CACHE, clock: Clock | None = None) -> None:
        self.keys = keys
        self.clock = clock or SystemClock()
        self.index = BlindIndex(keys)
        self._size = cache
        self._known: OrderedDict[tuple[str, str], tuple[bytes, bytes]] = OrderedDict()

    def new_dek(self, tenant: str) -> tuple[str, bytes]:
        """A fresh data key: its id and its wrapped bytes (`keyset.kek_of` tells the KEK)."""
        raw_id, dek = secrets.token_bytes(DEK_ID_BYTES), secrets.token_bytes(DEK_BYTES)
        wrapped = self.keys.wrap(dek, wrap_context(tenant, raw_id))
        self._remember(tenant, b64(raw_id), wrapped, dek)
        return b64(raw_id), wrapped

    def load(self, tenant: str, dek_id: str, wrapped: bytes) -> bytes:
        """The unwrapped DEK (32 bytes), from memory when these very bytes were unwrapped before."""
        known = self._known.get((tenant, dek_id))
        if known is not None and known[0] == wrapped:
            self._known.move_to_end((tenant, dek_id))
            return known[1]
        dek = self.keys.unwrap(wrapped, wrap_context(tenant, unb64(dek_id)))
        self._remember(tenant, dek_id, wrapped, dek)
        return dek

    def rewrap(self, tenant: str, dek_id: str, wrapped: bytes) -> bytes:
        """The same DEK under the current KEK; cells stay as they are."""
        context = wrap_context(tenant, unb64(dek_id))
        return self.keys.wrap(self.keys.unwrap(wrapped, context), context)

    def forget(self, tenant: str, dek_id: str) -> None:
        """Drop a DEK from memory (after a shred)."""
        self._known.pop((tenant, dek_id), None)

    @overload
    def seal(
        self, tenant: str, dek_id: str, wrapped: bytes, table: str, column: str, row_id: str, text: str
    ) -> bytes: ...
    @overload
    def seal(
        self, tenant: str, dek_id: str, wrapped: bytes, table: str, column: str, row_id: str, text: None
    ) -> None: ...
    def seal(
        self, tenant: str, dek_id: str, wrapped: bytes, table: str, column: str, row_id: str, text: str | None
    ) -> bytes | None:
        """The cell of `text` (UTF-8) for this place; None stays None."""
        if text is None:
            return None
        dek = self.load(tenant, dek_id, wrapped)
        return seal_cell(unb64(dek_id), dek, tenant, table, column, row_id, text.encode())

    @overload
    def open(self, tenant: str, wrapped: bytes, table: str, column: str, row_id: str, cell: bytes) -> str: ...
    @overload
    def open(self, tenant: str, wrapped: bytes, table: str, column: str, row_id: str, cell: None) -> None: ...
    def open(self, tenant: str, wrapped: bytes, table: str, column: str, row_id: str, cell: bytes | None) -> str | None:
        """The text of a cell whose DEK is `wrapped`; the cell names the DEK. Raises SealBroken."""
        if cell is None:
            return None
        raw_id = dek_id_of(cell)
        dek = self.load(tenant, b64(raw_id), wrapped)
        return text_of(open_cell(raw_id, dek, tenant, table, column, row_id, cell))

    def _remember(self, tenant: str, dek_id: str, wrapped: bytes, dek: bytes) -> None:
        self._known[(tenant, dek_id)] = (wrapped, dek)
        self._known.move_to_end((tenant, dek_id))
        while len(self._known) > self._size:
            self._known.popitem(last=False)


def text_of(plaintext: bytes) -> str:
    """UTF-8 text, or SealBroken without showing what else it was."""
    try:
        return plaintext.decode()
    except UnicodeDecodeError:
        raise SealBroken("a cell holds bytes that are not text") from None
