"""Fetch the sealed record page by page, open and verify it with the recovery sheet, write it to a file.

Runs on the practice's own machine, in a process of its own. The server hands
out ciphertext only; a fault never hides the rest of the record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from server.conversations import crp
from server.core.ids import unb64
from server.records import Received, Sheet, export


@dataclass(slots=True)
class Sealed:
    """One conversation as the server handed it out."""

    keys: dict[str, Any]
    messages: list[dict[str, Any]] = field(default_factory=list)


def run(sheet: Sheet, http: httpx.Client, out: Path) -> tuple[list[str], int]:
    """Write every conversation of the practice to `out` (JSON, mode 0600). Returns (faults, messages written)."""
    faults: list[str] = []
    opened = []
    for sealed in conversations(http):
        state = state_of(sealed.keys)
        received = [Received(one["seq"], one["received_at"], crp.Message.from_json(one)) for one in sealed.messages]
        head = sealed.keys["head"]
        result = export(sheet, state, received, (head["seq"], unb64(head["hash"])))
        faults += [f"{result.conv_id}: {fault}" for fault in result.faults]
        opened.append(
            {
                "conversation": result.conv_id,
                "person": state.person_id,
                "messages": [
                    {"seq": m.seq, "received_at": m.received_at, "person": m.person_id, "device": m.device_id, **m.body}
                    for m in result.messages
                ],
                "faults": list(result.faults),
            }
        )
    out.unlink(missing_ok=True)
    out.touch(mode=0o600)
    out.write_text(json.dumps(opened, indent=1, ensure_ascii=False))
    return faults, sum(len(one["messages"]) for one in opened)


def conversations(http: httpx.Client) -> Iterator[Sealed]:
    """The sealed conversations, one after the other."""
    current: Sealed | None = None
    after: str | None = "0"
    while after is not None:
        answer = http.get("/v1/records/export", params={"after": after})
        answer.raise_for_status()
        page = answer.json()
        for line in page["lines"]:
            if line["record"] == "keys":
                if current is not None:
                    yield current
                current = Sealed(line["keys"])
            elif current is not None:
                current.messages.append(line["message"])
        after = page["next"]
    if current is not None:
        yield current


def state_of(keys: dict[str, Any]) -> crp.KeyState:
    """The key state from its wire shape (docs/crp-1.md section 7)."""
    practice_id = keys["conversation"]["practice_id"]
    return crp.KeyState(
        practice_id=practice_id,
        conv_id=keys["conversation"]["id"],
        person_id=keys["conversation"]["person_id"],
        root_pub=unb64(keys["practice"]["root_pub"]),
        records_key=crp.RecordsKey.from_json(keys["practice"]["records_key"], practice_id),
        certs=[crp.Cert.from_json(one) for one in keys["devices"]],
        members=[crp.MemberEntry.from_json(one) for one in keys["members"]],
        claims=[crp.Claim.from_json(one) for one in keys["claims"]],
        revocations=[crp.Revocation.from_json(one) for one in keys["revocations"]],
        epochs=[crp.Epoch.from_json(one) for one in keys["epochs"]],
    )
