"""One suite for every key store, then what is special to each."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from server.core.ids import b64
from server.core.lp import lp
from server.vault.env_keys import EnvKeys
from server.vault.file_keys import FileKeys
from server.vault.keyset import KeySet, kek_of
from server.vault.port import KeyPort, KeyTrouble, SealBroken, UnknownKek, open_keys

CONTEXT = lp("careroom/dek/v1", "clinic", b"12345678")
Opener = Callable[[], KeyPort]


@pytest.fixture(params=["file", "env-secret", "env-set"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Opens the same store again, as a second process or a restart would."""
    if request.param == "file":
        return lambda: open_keys(f"file:{tmp_path}/keys/keys.json")
    secret = secrets.token_bytes(32) if request.param == "env-secret" else KeySet.fresh().rotated().to_json().encode()
    monkeypatch.setenv("CAREROOM_KEK", b64(secret))
    return lambda: open_keys("env:CAREROOM_KEK")


# -- every store -------------------------------------------------------------------------------


def test_a_key_comes_back_after_a_restart(reopen: Opener) -> None:
    keys, dek = reopen(), secrets.token_bytes(32)
    wrapped = keys.wrap(dek, CONTEXT)
    assert dek not in wrapped
    assert reopen().unwrap(wrapped, CONTEXT) == dek
    assert kek_of(wrapped) == keys.current_kek() == reopen().current_kek()
    assert keys.current_kek() in keys.keks()


def test_a_wrapped_key_is_bound_to_its_context_and_to_every_bit(reopen: Opener) -> None:
    keys = reopen()
    wrapped = keys.wrap(bytes(32), CONTEXT)
    with pytest.raises(SealBroken):
        keys.unwrap(wrapped, lp("careroom/dek/v1", "clinic2", b"12345678"))
    for bit in range(len(wrapped) * 8):
        bent = bytearray(wrapped)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises((SealBroken, UnknownKek)):
            keys.unwrap(bytes(bent), CONTEXT)
    with pytest.raises(SealBroken):
        keys.unwrap(wrapped[:-1], CONTEXT)


def test_the_same_key_never_wraps_to_the_same_bytes(reopen: Opener) -> None:
    keys = reopen()
    assert len({keys.wrap(bytes(32), CONTEXT) for _ in range(100)}) == 100


def test_named_keys_are_stable_and_distinct(reopen: Opener) -> None:
    purposes = ("link", "ticket", "session", "bus", "bidx/person.phone", "bidx/person.name")
    first, again = ([keys.derive(one) for one in purposes] for keys in (reopen(), reopen()))
    assert first == again
    assert len(set(first)) == len(purposes)
    assert {len(key) for key in first} == {32}


def test_a_key_of_another_store_is_unknown_and_says_which(reopen: Opener) -> None:
    strange = KeySet.fresh()
    with pytest.raises(UnknownKek, match=strange.current):
        reopen().unwrap(strange.wrap(bytes(32), CONTEXT), CONTEXT)


def test_check_says_one_sentence_without_a_secret(reopen: Opener) -> None:
    keys = reopen()
    said = keys.check()
    assert keys.current_kek() in said
    assert "\n" not in said
    assert b64(keys.derive("link")) not in said


def test_no_secret_in_any_repr(reopen: Opener) -> None:
    keys = reopen()
    kept = KeySet.from_secret(bytes(32))
    assert b64(kept.root) not in repr(kept)
    assert repr(kept.root) not in repr(kept)
    assert "keks" not in repr(kept)
    assert "root" not in repr(keys)


@pytest.mark.parametrize("url", ["kms:aws/key", "awskms://x", "vault:", "keys.json", "", "file:", "file:/tmp/"])
def test_an_unknown_scheme_or_no_file_is_one_clear_sentence(url: str) -> None:
    with pytest.raises(KeyTrouble) as trouble:
        open_keys(url)
    assert str(trouble.value).endswith(".")
    assert "file:/" in str(trouble.value)
    assert "\n" not in str(trouble.value)


# -- file ----------------------------------------------------------------------------------------


def test_the_first_start_makes_a_private_file_in_a_private_folder(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys" / "keys.json"
    before = os.umask(0)
    try:
        open_keys(f"file://{path}")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["keys.json"]  # no draft stays behind


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_file_open_to_others_is_refused_in_one_sentence(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys" / "keys.json"
    FileKeys(path)
    path.chmod(mode)
    with pytest.raises(KeyTrouble, match=rf"\(mode {mode:o}\): run chmod 600 \S+ and start again\.$"):
        FileKeys(path)
    path.chmod(0o600)
    path.parent.chmod(0o755)
    with pytest.raises(KeyTrouble, match=r"\(mode 755\): run chmod 700 "):
        FileKeys(path)


def test_a_wide_folder_is_refused_before_any_key_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(KeyTrouble, match="chmod 700"):
        FileKeys(folder / "keys.json")
    assert list(folder.iterdir()) == []


def test_a_missing_file_is_not_replaced_when_the_database_holds_data(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keys.json"
    with pytest.raises(KeyTrouble, match="restore it from your backup"):
        open_keys(f"file:{path}", create=False)
    assert not path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"version": 2}', '{"version":1,"root":"AA","current":"x"}'])
def test_a_damaged_file_is_one_sentence_and_stays_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys" / "keys.json"
    FileKeys(path)
    path.write_text(content)
    with pytest.raises(KeyTrouble, match="backup"):
        FileKeys(path)
    assert path.read_text() == content


def test_a_rotation_is_seen_by_the_other_process_at_once(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keys.json"
    one, other = FileKeys(path), FileKeys(path)
    old = one.wrap(bytes(32), CONTEXT)
    new_id = one.rotate()
    assert other.current_kek() == new_id
    assert kek_of(other.wrap(bytes(32), CONTEXT)) == new_id
    assert other.unwrap(old, CONTEXT) == bytes(32)  # the old KEK stays until it is retired
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_process_that_only_reads_learns_of_a_new_kek(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keys.json"
    one, other = FileKeys(path), FileKeys(path)
    one.rotate()
    assert other.unwrap(one.wrap(bytes(range(32)), CONTEXT), CONTEXT) == bytes(range(32))


def test_an_old_kek_can_be_retired_after_the_grace_time_and_the_current_never(tmp_path: Path) -> None:
    keys = FileKeys(tmp_path / "keys" / "keys.json")
    old = keys.current_kek()
    wrapped = keys.wrap(bytes(32), CONTEXT)
    with pytest.raises(KeyTrouble, match="rotate first"):
        keys.retire(old)
    keys.rotate()
    with pytest.raises(KeyTrouble, match="seconds or later"):
        keys.retire(old)
    past = time.time() - 3600
    os.utime(keys.path, (past, past))
    keys.retire(old)
    assert old not in keys.keks()
    assert old not in keys.path.read_text()
    with pytest.raises(UnknownKek, match=old):
        keys.unwrap(wrapped, CONTEXT)


def _open_and_rotate(path: str, rounds: int) -> None:
    keys = FileKeys(path)
    for _ in range(rounds):
        keys.rotate()


def test_processes_that_start_and_rotate_together_lose_no_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keys.json"
    crowd = multiprocessing.get_context("fork")
    workers = [crowd.Process(target=_open_and_rotate, args=(str(path), 5)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert len(FileKeys(path).keks()) == 1 + 4 * 5
    assert [one.name for one in path.parent.iterdir()] == ["keys.json"]


# -- env -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "said"),
    [("", "is empty"), ("not base64!", "not base64url"), (b64(bytes(16)), "neither 32 bytes"), (b64(b"{}"), "backup")],
)
def test_an_unusable_variable_is_one_sentence_that_does_not_quote_it(value: str, said: str) -> None:
    with pytest.raises(KeyTrouble, match=said) as trouble:
        EnvKeys("CAREROOM_KEK", {"CAREROOM_KEK": value})
    assert not value or value not in str(trouble.value)


def test_the_next_value_rotates_and_keeps_what_was_sealed_and_derived() -> None:
    first = EnvKeys("K", {"K": b64(bytes(range(32)))})
    wrapped = first.wrap(bytes(32), CONTEXT)
    with pytest.raises(KeyTrouble, match="environment variable K"):
        first.rotate()
    second = EnvKeys("K", {"K": first.next_value()})
    assert second.current_kek() != first.current_kek()
    assert second.unwrap(wrapped, CONTEXT) == bytes(32)
    assert second.derive("link") == first.derive("link")
    with pytest.raises(KeyTrouble, match="environment variable K"):
        second.retire(first.current_kek())
    third = EnvKeys("K", {"K": second.value_without(first.current_kek())})
    assert third.keks() == (second.current_kek(),)


def test_a_secret_gives_pinned_keys() -> None:
    """An operator who has only the 32 bytes must get the same keys from every later release."""
    keys = EnvKeys("K", {"K": b64(bytes(range(32)))})
    assert keys.current_kek() == "ClAdAWEDZIU"
    assert b64(keys.derive("link")) == "6OMQWHjrKqs9WqYSkwsjaO5YDZ4AWqHbIv038-AFDjM"
    wrapped = (
        "010a501d01610364851fb1646d1d1099e7da45d0718853137ed28dd1e5bae987b11cc8"
        "ae83ca681f93058752d2bf6eb07a6a9a5a67eda0dc29686e17b5e4e626d01c026ace"
    )
    assert keys.unwrap(bytes.fromhex(wrapped), CONTEXT) == bytes(range(32))
