"""The vault's memory: one unwrap per key, bounded, never a judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.vault.file_keys import FileKeys
from server.vault.port import SealBroken
from server.vault.vault import Vault

PLACE = ("person", "name", "row-1")


class Counting(FileKeys):
    """A real key store that counts its unwraps."""

    unwraps = 0

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        self.unwraps += 1
        return super().unwrap(wrapped, context)


@pytest.fixture
def counting(tmp_path: Path) -> Counting:
    return Counting(tmp_path / "counted" / "keys.json")


def test_text_comes_back_and_none_stays_none(vault: Vault) -> None:
    dek_id, wrapped = vault.new_dek("clinic")
    cell = vault.seal("clinic", dek_id, wrapped, *PLACE, "Zoë 山田")
    assert "Zoë".encode() not in cell
    assert vault.open("clinic", wrapped, *PLACE, cell) == "Zoë 山田"
    assert vault.seal("clinic", dek_id, wrapped, *PLACE, None) is None
    assert vault.open("clinic", wrapped, *PLACE, None) is None
    assert len(dek_id) == 11


def test_a_wrapped_key_of_another_tenant_or_id_does_not_load(vault: Vault) -> None:
    dek_id, wrapped = vault.new_dek("clinic")
    other_id, _ = vault.new_dek("clinic")
    with pytest.raises(SealBroken):
        vault.load("clinic2", dek_id, wrapped)
    with pytest.raises(SealBroken):
        vault.load("clinic", other_id, wrapped)


def test_a_key_is_unwrapped_once(counting: Counting) -> None:
    dek_id, wrapped = Vault(counting).new_dek("clinic")
    vault = Vault(counting)
    cells = [vault.seal("clinic", dek_id, wrapped, "person", "name", str(row), "x") for row in range(50)]
    assert [vault.open("clinic", wrapped, "person", "name", str(row), cell) for row, cell in enumerate(cells)]
    assert counting.unwraps == 1
    vault.forget("clinic", dek_id)
    vault.load("clinic", dek_id, wrapped)
    assert counting.unwraps == 2


def test_memory_is_bounded_and_the_least_recent_leaves_first(counting: Counting) -> None:
    vault = Vault(counting, cache=3)
    (a, wrapped_a), (b, wrapped_b), (c, _) = (vault.new_dek("clinic") for _ in range(3))
    vault.load("clinic", a, wrapped_a)
    vault.new_dek("clinic")  # b has been idle longest
    vault.load("clinic", a, wrapped_a)
    assert counting.unwraps == 0
    vault.load("clinic", b, wrapped_b)
    assert counting.unwraps == 1
    assert len(vault._known) == 3
    assert c


def test_what_is_remembered_counts_only_for_the_very_bytes_of_the_database(vault: Vault) -> None:
    dek_id, wrapped = vault.new_dek("clinic")
    with pytest.raises(SealBroken):
        vault.load("clinic", dek_id, b"")
    bent = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    with pytest.raises(SealBroken):
        vault.load("clinic", dek_id, bent)


def test_a_rewrapped_key_is_the_same_key(vault: Vault, keys: FileKeys) -> None:
    dek_id, wrapped = vault.new_dek("clinic")
    keys.rotate()
    again = vault.rewrap("clinic", dek_id, wrapped)
    assert again != wrapped
    assert Vault(keys).load("clinic", dek_id, again) == vault.load("clinic", dek_id, wrapped)


def test_no_key_in_the_repr_of_a_handle(vault: Vault) -> None:
    from server.vault.deks import DekHandle

    assert "secretsecret" not in repr(DekHandle("clinic", "AAAAAAAAAAA", b"secretsecret"))
