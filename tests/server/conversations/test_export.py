"""What the server hands to the offline tool opens with the sheet, whole and without a fault, and with nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.conversations import export
from server.conversations.crp import Cert, Claim, Epoch, KeyState, MemberEntry, Message, RecordsKey, Revocation
from server.core.errors import Invalid
from server.core.ids import unb64
from server.records import Received
from server.records import export as open_export

from .crp_device import seal_message, text
from .ward import Patient, Ward


async def test_the_export_opens_with_the_sheet_and_verifies(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PAGE", 3)
    patients = [await ward.talking(), await ward.talking()]
    for patient in patients:
        await _chat(ward, patient, ["my knee hurts", "since when?", "Tuesday", "come in today", "thank you"])
    lines = await _all(ward)
    assert "knee" not in json.dumps(lines)
    for patient in patients:
        mine = [line for line in lines if _conversation(line) == patient.conversation_id]
        state, head = _state(mine[0]["keys"])
        received = [
            Received(line["message"]["seq"], line["message"]["received_at"], Message.from_json(line["message"]))
            for line in mine[1:]
        ]
        opened = open_export(ward.sheet, state, received, head)
        assert opened.faults == ()
        assert [one.body["text"] for one in opened.messages][0] == "my knee hurts"
        assert len(opened.messages) == 5
    assert len(await ward.audit("records.export")) == 2


async def test_a_conversation_without_messages_is_exported_too(ward: Ward) -> None:
    patient = await ward.patient()
    assert [_conversation(line) for line in await _all(ward)] == [patient.conversation_id]


async def test_a_cursor_is_ours_or_invalid(ward: Ward) -> None:
    for after in ("nonsense", "1", "x" * 22 + ".1", "'; drop table message"):
        with pytest.raises(Invalid):
            await ward.act(ward.admin, export.page, after)


async def _chat(ward: Ward, patient: Patient, words: list[str]) -> None:
    """Each written after reading all before it."""
    cid = patient.conversation_id
    epoch = (await ward.state(cid)).epoch
    assert epoch is not None
    seen = (0, bytes(32))
    for place, line in enumerate(words):
        by = ward.staff if place % 2 else patient.device
        message = seal_message(by, epoch, ward.secrets[cid, epoch.n], text(line, ward.now), seen)
        posted = await ward.post(ward.as_(by) if by is ward.staff else patient.principal, message)
        seen = (posted.seq, posted.chain)


async def _all(ward: Ward) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page, after = await ward.act(ward.admin, export.page, after)
        lines += page
    return lines


def _conversation(line: dict[str, Any]) -> str:
    found = line["keys"]["conversation"]["id"] if line["record"] == "keys" else line["message"]["conv_id"]
    return str(found)


def _state(wire: dict[str, Any]) -> tuple[KeyState, tuple[int, bytes]]:
    place = wire["conversation"]
    state = KeyState(
        place["practice_id"], place["id"], place["person_id"], unb64(wire["practice"]["root_pub"]),
        RecordsKey.from_json(wire["practice"]["records_key"], place["practice_id"]),
        [Cert.from_json(one) for one in wire["devices"]], [MemberEntry.from_json(one) for one in wire["members"]],
        [Claim.from_json(one) for one in wire["claims"]], [Revocation.from_json(one) for one in wire["revocations"]],
        [Epoch.from_json(one) for one in wire["epochs"]],
    )  # fmt: skip
    return state, (wire["head"]["seq"], unb64(wire["head"]["hash"]))
