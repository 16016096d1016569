"""The membership log and the claims: who may be told, said by staff devices, answered by patients' phones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from server.conversations import crp
from server.conversations.crp_bytes import SKEW
from server.conversations.devices import own, remember, store_certificate
from server.conversations.keys import invited, load, own_invite_id, refused_because, seconds, token_hash
from server.conversations.machine import Act, machine
from server.conversations.rooms import changed, expect_open, lock, reachable
from server.conversations.tables import ClaimRow, Conversation, MemberRow
from server.core.errors import Forbidden, RefusedEpoch, StaleVersion
from server.store.unit import Unit


async def add_entry(unit: Unit, conversation_id: str, data: Any) -> tuple[crp.MemberEntry, int]:
    """Append a signed entry; returns it and the keys' version. The same entry again is answered as at first.

    Raises StaleVersion when it does not follow the last entry, RefusedEpoch when it breaks a rule of docs/crp-1.md 4.
    """
    conversation = await reachable(unit, conversation_id)
    entry = crp.MemberEntry.from_json(data)
    if entry.conv_id != conversation.id:
        raise RefusedEpoch("This entry is for another conversation.")
    head = await lock(unit, conversation.id)
    expect_open(conversation)
    state = await load(unit, conversation)
    if 0 < entry.i <= len(state.members) and state.members[entry.i - 1].hash == entry.hash:
        return entry, head.keys_version
    if (entry.i, entry.prev) != (state.log.i + 1, state.log.hash):
        raise StaleVersion("Another entry was added first. Load the keys again, then sign again.", current=state.log.i)
    await own(unit, entry.by)
    state.check_entry(entry)
    now = seconds(unit)
    if entry.at > now + SKEW or state.directory.staff(entry.by, now) is None:
        raise RefusedEpoch("The author's certificate is not valid now, or the entry lies in the future.")
    await _check_meaning(unit, conversation, entry.subject)
    unit.add(
        MemberRow(
            conversation_id=conversation.id, tenant=unit.tenant, i=entry.i, by=entry.by, at=entry.at,
            record=entry.to_json(), received_at=unit.clock.now(),
        )
    )  # fmt: skip
    if entry.i == 1:
        await unit.move(conversation, machine, Act.open, opened_at=unit.clock.now())
    subtype = f"member.{entry.op}.{entry.subject.to_json()['type']}"
    unit.record("C", subtype, "Conversation", conversation.id, person_id=conversation.person_id)
    return entry, await changed(unit, head)


async def _check_meaning(unit: Unit, conversation: Conversation, subject: object) -> None:
    """What only this server knows: the care team for now is all certified staff, and an invite is one of our links."""
    if isinstance(subject, crp.Open) and subject.team:
        raise RefusedEpoch("A conversation's care team is all certified staff; listed teams are not offered yet.")
    if isinstance(subject, crp.Invite):
        found = await invited(unit, subject.invite_id, conversation.person_id)
        fits = found is not None and subject.person_id == conversation.person_id
        if found is None or not fits or token_hash(unit, found) != subject.token_hash:
            raise RefusedEpoch("This invite does not belong to a link of this patient.")


@dataclass(frozen=True, slots=True)
class Claimed:
    """`second` means: refused, because another device has used the invite. It is written down, so it must commit."""

    claim: crp.Claim
    second: bool = False


async def claim(unit: Unit, conversation_id: str, cert_data: Any, claim_data: Any) -> Claimed:
    """A patient's device answers its invite. The proof of the token is the session, which the link's secret opened.

    Raises Forbidden when this browser came by another link, RefusedEpoch when a rule is broken. A second device's
    claim is *returned* (`second`), so that the alarm in the audit trail commits; the route answers 409.
    """
    conversation = await reachable(unit, conversation_id)
    cert, answer = crp.Cert.from_json(cert_data), crp.Claim.from_json(claim_data)
    if answer.invite_id != await own_invite_id(unit) or cert.person_id != unit.principal.person_id:
        raise Forbidden("This browser did not come by the link of that invite.")
    head = await lock(unit, conversation.id)
    expect_open(conversation)
    state = await load(unit, conversation)
    burnt_by = state.claimed.get(answer.invite_id)
    if burnt_by == answer.device_id and cert.hash in {known.hash for known in state.certs}:
        return Claimed(answer)
    if burnt_by is not None:
        person = conversation.person_id
        unit.record("C", "invite.second-claim", "Conversation", conversation.id, person_id=person, outcome="4")
        return Claimed(answer, second=True)
    state.check_claim(cert, answer, seconds(unit))
    why = refused_because(replace(state, certs=[*state.certs, cert]), cert)
    if why is not None:
        raise why
    await remember(unit, cert)
    await store_certificate(unit, cert)
    unit.add(
        ClaimRow(
            conversation_id=conversation.id, tenant=unit.tenant, i=len(state.claims) + 1, invite_id=answer.invite_id,
            device_id=answer.device_id, record=answer.to_json(), received_at=unit.clock.now(),
        )
    )  # fmt: skip
    unit.record("C", "device.claim", "Conversation", conversation.id, person_id=conversation.person_id)
    await changed(unit, head)
    return Claimed(answer)
