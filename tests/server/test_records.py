"""Claims 47-49 for a practice of one: the sheet alone opens and verifies everything; CRP-1's offline half."""

from __future__ import annotations

import io
import stat
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cli_keys import Admin, _approve_one
from server.conversations.crp import device_fingerprint, root_fingerprint
from server.core.errors import RefusedEpoch
from server.core.ids import new_id
from server.records import Received, Sheet, SheetError, ceremony, export, open_epoch

from .conversations.clinic import NOW, Clinic, open_clinic
from .conversations.crp_device import Device, make_epoch


@pytest.fixture
def clinic() -> Clinic:
    return open_clinic()


def talk(clinic: Clinic) -> list[Received]:
    return clinic.talk((clinic.patient, "My knee hurts"), (clinic.staff, "Since when?"), (clinic.patient, "Monday"))


def test_claim_47_and_49_the_sheet_opens_a_backup(clinic: Clinic) -> None:
    received = talk(clinic)
    sheet = Sheet.parse(clinic.sheet.render())
    done = export(sheet, clinic.state, received)
    assert done.faults == ()
    assert [opened.body["text"] for opened in done.messages] == ["My knee hurts", "Since when?", "Monday"]
    assert [opened.person_id for opened in done.messages][1] == clinic.staff.person_id
    assert export(sheet, clinic.state, received, (3, done.head)).faults == ()


def test_claim_48_every_change_is_named(clinic: Clinic) -> None:
    received = talk(clinic)
    head = (3, export(clinic.sheet, clinic.state, received).head)
    one, two, three = received
    forged = replace(two, message=replace(two.message, ct=two.message.ct[::-1]))
    cases = {
        "missing": [one, three],
        "extra": [*received, replace(three, seq=4)],
        "altered": [one, forged, three],
        "reordered": [replace(two, seq=1), replace(one, seq=2), three],
        "cut": [one, two],
    }
    for name, rows in cases.items():
        assert export(clinic.sheet, clinic.state, rows, head).faults, name
    assert any("missing" in fault for fault in export(clinic.sheet, clinic.state, [one, three]).faults)
    assert any("repeats" in fault for fault in export(clinic.sheet, clinic.state, cases["extra"]).faults)
    assert any("signature" in fault for fault in export(clinic.sheet, clinic.state, cases["altered"]).faults)
    assert len(export(clinic.sheet, clinic.state, cases["altered"]).messages) == 2


def test_claim_48_changes_to_key_records_are_named(clinic: Clinic) -> None:
    received = talk(clinic)
    state = clinic.state
    foreign, _ = ceremony(state.practice_id, "x")
    epoch = state.epochs[0]
    cases = [
        replace(state, root_pub=foreign.root_pub),
        replace(state, members=state.members[1:]),
        replace(state, certs=state.certs[1:]),
        replace(state, epochs=[replace(epoch, commit=bytes(32))]),
        replace(state, epochs=[replace(epoch, sig=bytes(64))]),
        replace(state, epochs=[]),
    ]
    for case in cases:
        assert export(clinic.sheet, case, received).faults


def test_claim_8_a_salamander_is_named_in_the_export(clinic: Clinic) -> None:
    lie = {clinic.state.records_key.to: bytes(32)}
    epoch, _ = make_epoch(clinic.staff, clinic.state, NOW, clinic.secret, lie_to=lie)
    faults = export(clinic.sheet, replace(clinic.state, epochs=[*clinic.state.epochs, epoch]), talk(clinic)).faults
    assert len(faults) == 1
    assert "another secret" in faults[0]


def test_another_practices_sheet_opens_nothing(clinic: Clinic) -> None:
    _, other = ceremony(clinic.state.practice_id, "x")
    with pytest.raises(RefusedEpoch, match="not sealed"):
        open_epoch(other, clinic.state.epochs[0])
    done = export(other, clinic.state, talk(clinic))
    assert (done.messages, bool(done.faults)) == ((), True)


def test_the_sheet_reads_back_as_typed_by_a_tired_person() -> None:
    public, sheet = ceremony(new_id(), "Bramble  Lane\nClinic", demo=True)
    text = sheet.render()
    assert "DEMO" in text.splitlines()[1]
    assert "DEMO" not in replace(sheet, demo=False).render()
    assert replace(sheet, name="Bramble Lane Clinic") == Sheet.parse(text)
    typed = "\n".join(
        line.lower().replace("root:", "Root:").replace("0", "o") if line.startswith("Root:") else line
        for line in text.splitlines()
    )
    assert Sheet.parse(typed).root_seed == sheet.root_seed
    assert public.fingerprint == root_fingerprint(sheet.practice_id, public.root_pub)
    assert sheet.root_seed.hex() not in repr(sheet)


@given(place=st.integers(0, 10_000), letter=st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), line=st.integers(0, 1))
def test_every_mistyped_letter_is_found(place: int, letter: str, line: int) -> None:
    name = ("Root", "Records key")[line]
    lines = _SHEET.splitlines()
    index = next(i for i, text in enumerate(lines) if text.startswith(f"{name}:"))
    label, value = lines[index].split(": ")
    letters = [i for i, c in enumerate(value) if c != " "]
    spot = letters[place % len(letters)]
    lines[index] = f"{label}: {value[:spot]}{letter}{value[spot + 1 :]}"
    if value[spot] == letter:
        Sheet.parse("\n".join(lines))
        return
    with pytest.raises(SheetError, match=f"{name}.*typing mistake"):
        Sheet.parse("\n".join(lines))


_SHEET = ceremony(new_id(), "Bramble Lane Clinic")[1].render()


def test_a_broken_sheet_says_what_is_wrong() -> None:
    lines = _SHEET.splitlines()
    root = next(line for line in lines if line.startswith("Root:"))
    with pytest.raises(SheetError, match="“Root” is missing"):
        Sheet.parse("\n".join(line for line in lines if line != root))
    with pytest.raises(SheetError, match="it needs 64"):
        Sheet.parse(_SHEET.replace(root, root[:-1]))
    with pytest.raises(SheetError, match="never used"):
        Sheet.parse(_SHEET.replace(root, root[:-1] + "U"))
    other = ceremony(new_id(), "x")[1].render().splitlines()
    swapped = next(line for line in other if line.startswith("Root:"))
    with pytest.raises(SheetError, match="two sheets"):
        Sheet.parse(_SHEET.replace(root, swapped))


def test_the_sheet_is_for_its_owner_only(tmp_path: Path) -> None:
    _, sheet = ceremony(new_id(), "x")
    path = tmp_path / "sheet.txt"
    sheet.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Sheet.parse(path.read_text()) == sheet
    with pytest.raises(FileExistsError):
        sheet.write(path)


class Asked(Admin):
    """An administrator's connection that keeps what would be certified."""

    def __init__(self) -> None:
        self.certified: list[dict[str, Any]] = []

    def certify(self, device_id: str, certificate: dict[str, Any]) -> None:
        self.certified.append({"device_id": device_id, "ds_pub": certificate["ds_pub"]})


@pytest.mark.parametrize(("answer", "certified"), [("n\n", False), ("y\n", True)])
def test_the_administrator_compares_the_devices_own_fingerprint_before_approving(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, certified: bool
) -> None:
    now = int(time.time())
    asking = Device(clinic.sheet.practice_id, new_id(), "clinician")
    request = asking.self_sign(now)
    told: dict[str, Any] = {
        "device_id": asking.device_id,
        "name": "Dr \x1b[2JAmara\u202e Okafor",
        "cert": request.to_json(),
    }
    admin = Asked()
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    _approve_one(admin, clinic.sheet, told, now, set(), yes=False)
    shown = capsys.readouterr().out
    assert device_fingerprint(request.ds_pub) in shown
    assert "Okafor" in shown
    assert not {"\x1b", "\u202e"} & set(shown)
    the_one_compared = {"device_id": asking.device_id, "ds_pub": told["cert"]["ds_pub"]}
    assert admin.certified == ([the_one_compared] if certified else [])
