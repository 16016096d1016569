"""Blind indexes: equal finds equal, and nothing else is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.vault.env_keys import EnvKeys
from server.vault.index import BlindIndex
from server.vault.keyset import KeySet
from server.vault.port import open_keys


@pytest.fixture
def index(tmp_path: Path) -> BlindIndex:
    return BlindIndex(open_keys(f"file:{tmp_path}/keys/keys.json"))


KNOWN = {"K": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}


def test_the_tokens_are_pinned() -> None:
    index = BlindIndex(EnvKeys("K", KNOWN))
    assert index.phone_index("clinic", "person.phone", "+14155550142").hex() == "2dc23adbeaa8f7cbe3ad03f03bff08a8"
    assert index.name_index("clinic", "person.name", "Zoë O'Brien").hex() == "daea17b04a6c5051d4b803d82e556b94"


def test_a_number_is_found_in_any_formatting(index: BlindIndex) -> None:
    """Claim 45."""
    written = ["+1 415 555 0142", "+1 (415) 555-0142", "+14155550142", "+1.415.555.0142"]
    tokens = {index.phone_index("clinic", "person.phone", one) for one in written}
    assert len(tokens) == 1
    assert len(tokens.pop()) == 16
    assert index.phone_index("clinic", "person.phone", "+14155550143") not in tokens


def test_tokens_do_not_match_across_tenants_columns_or_keys(index: BlindIndex, tmp_path: Path) -> None:
    other = BlindIndex(open_keys(f"file:{tmp_path}/other/keys.json"))
    tokens = {
        index.name_index("clinic", "person.name", "Pat"),
        index.name_index("clinic2", "person.name", "Pat"),
        index.name_index("clinic", "person.alias", "Pat"),
        other.name_index("clinic", "person.name", "Pat"),
        index.text_index("clinic", "person.mrn", "Pat"),
    }
    assert len(tokens) == 5


def test_tokens_survive_a_rotation_of_the_kek(tmp_path: Path) -> None:
    keys = open_keys(f"file:{tmp_path}/keys/keys.json")
    before = BlindIndex(keys).email_index("clinic", "person.email", "pat@example.org")
    keys.rotate()
    again = open_keys(f"file:{tmp_path}/keys/keys.json")
    assert BlindIndex(again).email_index("clinic", "person.email", "PAT@example.org") == before


def test_three_letters_find_the_person(index: BlindIndex) -> None:
    stored = set(index.name_prefixes("clinic", "person.name", "María Muñoz-Łukasz"))
    for typed in ("mar", "MUN", "luk", "muñoz", "mar muñ", "m"):
        wanted = index.search_tokens("clinic", "person.name", typed)
        assert wanted
        assert set(wanted) <= stored, typed
    assert not set(index.search_tokens("clinic", "person.name", "pat")) & stored
    assert index.search_tokens("clinic", "person.name", " - ") == []


def test_one_character_finds_a_cjk_name(index: BlindIndex) -> None:
    stored = set(index.name_prefixes("clinic", "person.name", "山田太郎"))
    for typed in ("山", "太", "太郎"):
        assert set(index.search_tokens("clinic", "person.name", typed)) <= stored


def test_prefixes_come_sorted_so_their_order_tells_nothing(index: BlindIndex) -> None:
    tokens = index.name_prefixes("clinic", "person.name", "Maria Maria Li")
    assert tokens == sorted(set(tokens))
    assert len(tokens) == 6


def test_a_derived_key_is_stable_and_differs_by_purpose() -> None:
    keys = KeySet.from_secret(bytes(32))
    assert keys.derive("link") == KeySet.from_secret(bytes(32)).derive("link")
    assert len({keys.derive(one) for one in ("link", "ticket", "session", "bus", "bidx/person.phone")}) == 5
