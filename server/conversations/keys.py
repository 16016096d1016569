"""Load the signed records of a conversation and say what they mean now. Checking is `crp`'s; this file only fetches."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import Select, or_
from sqlmodel import col, select

from server.access import links, sessions
from server.access.service import practice_of
from server.access.tables import Link, Practice, Session
from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.conversations import crp
from server.conversations.rooms import all_changed, head_of
from server.conversations.tables import (
    ClaimRow,
    Conversation,
    ConversationHead,
    DeviceCertificate,
    DeviceRevocation,
    EpochRow,
    MemberRow,
)
from server.core.errors import Conflict, NotFound, Problem, RefusedEpoch
from server.core.ids import b64, unb64
from server.core.principal import Role
from server.store.unit import Unit

EPOCH_LIFE = timedelta(days=30)
EPOCH_MESSAGES = 10_000
INVITE_GRACE = timedelta(hours=72)  # an invite lives this long after the visit's planned end
_VERIFIED = 128


class PublicKeys(Protocol):
    """The public half of a ceremony; `server.records.Public` is one."""

    @property
    def practice_id(self) -> str: ...
    @property
    def root_pub(self) -> bytes: ...
    @property
    def records_key(self) -> crp.RecordsKey: ...


def seconds(unit: Unit) -> int:
    """Now, as CRP-1 counts time."""
    return int(unit.clock.now().timestamp())


# -- the practice ----------------------------------------------------------------------------------


async def install_practice_keys(unit: Unit, public: PublicKeys) -> None:
    """Store the public half of a ceremony, or a newer records key of the same root.

    Raises RefusedEpoch for a key that the root did not sign, Conflict for another root or an older key: patients'
    devices have pinned the root, so replacing it is never an update.
    """
    practice = await practice_of(unit)
    key = public.records_key
    if not public.practice_id == key.practice_id == practice.id:
        raise RefusedEpoch("These keys were made for another practice.")
    crp.verify_records_key(key, public.root_pub)
    if practice.root_pub is not None and practice.root_pub != public.root_pub:
        raise Conflict("This practice has another root already. Devices have pinned it; it cannot be replaced.")
    if practice.records_key is not None:
        known = _records_key(practice)
        if known == key:
            return
        if known.n >= key.n:
            raise Conflict(f"The practice already has records key {known.n}.")
    practice.root_pub, practice.records_key = public.root_pub, json.dumps(key.to_json())
    unit.add(practice)
    unit.record("U", "practice.keys", "Organization", practice.id)
    await all_changed(unit)


async def practice_keys(unit: Unit) -> tuple[bytes, crp.RecordsKey]:
    """(root public key, current records key). Raises NotFound before the ceremony."""
    practice = await practice_of(unit)
    if practice.root_pub is None or practice.records_key is None:
        raise NotFound("This practice has no keys yet. The administrator makes them with `careroom records ceremony`.")
    return practice.root_pub, _records_key(practice)


def _records_key(practice: Practice) -> crp.RecordsKey:
    return crp.RecordsKey.from_json(json.loads(practice.records_key or "null"), practice.id)


# -- one conversation ------------------------------------------------------------------------------


async def load(unit: Unit, conversation: Conversation) -> crp.KeyState:
    """Every signed record of the conversation, as stored; nothing is verified until it is asked."""
    root_pub, records_key = await practice_keys(unit)
    members = [crp.MemberEntry.from_json(row.record) for row in await rows_of(unit, MemberRow, conversation.id, "i")]
    claims = [crp.Claim.from_json(row.record) for row in await rows_of(unit, ClaimRow, conversation.id, "i")]
    epochs = [crp.Epoch.from_json(row.record) for row in await rows_of(unit, EpochRow, conversation.id, "n")]
    invited = {entry.subject.person_id for entry in members if isinstance(entry.subject, crp.Invite)}
    certs = await certificates(unit, {conversation.person_id, *invited})
    return crp.KeyState(
        unit.tenant, conversation.id, conversation.person_id, root_pub, records_key, certs, members, claims,
        await revocations(unit, {cert.device_id for cert in certs}), epochs,
    )  # fmt: skip


async def certificates(unit: Unit, person_ids: set[str]) -> list[crp.Cert]:
    """Those of all staff devices and of these people's, in order of receipt."""
    query = unit.select(DeviceCertificate).where(
        or_(col(DeviceCertificate.staff).is_(True), col(DeviceCertificate.person_id).in_(person_ids))
    )
    rows = await unit.all(query.order_by(col(DeviceCertificate.received_at), col(DeviceCertificate.id)))
    return [crp.Cert.from_json(row.record) for row in rows]


async def revocations(unit: Unit, device_ids: set[str]) -> list[crp.Revocation]:
    query = unit.select(DeviceRevocation).order_by(col(DeviceRevocation.received_at), col(DeviceRevocation.id))
    rows = await unit.all(query)
    return [crp.Revocation.from_json(row.record) for row in rows if row.device_id in device_ids]


async def rows_of(unit: Unit, table: Any, conversation_id: str, order: str) -> Sequence[Any]:
    query: Select[Any] = select(table).where(table.conversation_id == conversation_id, table.tenant == unit.tenant)
    return list((await unit.session.execute(query.order_by(getattr(table, order)))).scalars())


_verified: OrderedDict[tuple[str, int], crp.KeyState] = OrderedDict()


async def load_verified(unit: Unit, conversation: Conversation, head: ConversationHead) -> crp.KeyState:
    """As `load`, for the hot path: signatures are checked once per version of the keys, not once per message.

    Only for a caller that holds the lock and has changed no key: what it loads is then committed, and the version
    names it. Time is no part of what is remembered; every question brings its own.
    """
    place = (conversation.id, head.keys_version)
    known = _verified.get(place)
    if known is None:
        known = _verified[place] = await load(unit, conversation)
    _verified.move_to_end(place)
    while len(_verified) > _VERIFIED:
        _verified.popitem(last=False)
    return known


def must_rotate(unit: Unit, state: crp.KeyState, head: ConversationHead) -> bool:
    """Whether the current epoch may not be written in any more: its recipients changed, it is old, or it is full."""
    if state.epoch is None:
        return False
    old = head.epoch_at is not None and unit.clock.now() - head.epoch_at >= EPOCH_LIFE
    return old or head.epoch_messages >= EPOCH_MESSAGES or state.must_rotate(seconds(unit))


async def key_state(unit: Unit, conversation: Conversation) -> dict[str, Any]:
    """The wire shape of docs/crp-1.md 7, and what this reader still has to do about invites.

    Staff get `invites_wanted`, the links whose invite no staff device has signed yet; a patient gets `invite`, the
    signed and unused one of the link they came by, or null.
    """
    head = await head_of(unit, conversation.id)
    state = await load(unit, conversation)
    shown = state.to_json(
        seconds(unit), must_rotate=must_rotate(unit, state, head), seq=head.seq, head=bytes(head.hash)
    )
    if unit.principal.role is Role.patient:
        return shown | {"invite": await own_invite(unit, state)}
    return shown | {"invites_wanted": await invites_wanted(unit, conversation, state)}


async def invites_wanted(unit: Unit, conversation: Conversation, state: crp.KeyState) -> list[dict[str, Any]]:
    """Links and confirmed further devices of live appointments without a signed invite.

    `token_hash` is SHA-256 of the link secret's raw bytes.
    """
    query = unit.select(Appointment).where(
        col(Appointment.person_id) == conversation.person_id,
        col(Appointment.status).in_([Appt.booked.value, Appt.arrived.value]),
        col(Appointment.end) > unit.clock.now() - INVITE_GRACE,
    )
    wanted = []
    for appointment in await unit.all(query.order_by(col(Appointment.start))):
        link = await links.of_appointment(unit, appointment.id)
        live: list[Link | Session] = [link]
        live += [one for one in await sessions.of_appointment(unit, appointment.id) if _is_further(one)]
        wanted += [
            {
                "invite_id": one.id, "person_id": conversation.person_id, "token_hash": b64(token_hash(unit, one)),
                "exp": invite_end(appointment), "appointment_id": appointment.id,
            }
            for one in live
            if one.id not in state.log.invites
        ]  # fmt: skip
    return wanted


def _is_further(session: Session) -> bool:
    return session.device == "other" and session.role == Role.patient


async def invited(unit: Unit, invite_id: str, person_id: str) -> Link | Session | None:
    """What an invite stands for: a link of this person, or a further device that showed whose it is."""
    link = await unit.first(unit.select(Link).where(col(Link.id) == invite_id))
    if link is not None:
        return link if link.person_id == person_id else None
    session = await unit.first(unit.select(Session).where(col(Session.id) == invite_id))
    return session if session is not None and session.person_id == person_id and _is_further(session) else None


def token_hash(unit: Unit, invited: Link | Session) -> bytes:
    """What an invite for this link or further device signs."""
    generation = invited.generation if isinstance(invited, Link) else 1
    return crp.sha256(unb64(links.secret_of(unit.desk.vault.keys, invited.id, generation)))


def invite_end(appointment: Appointment) -> int:
    return int((appointment.end + INVITE_GRACE).timestamp())


async def own_invite_id(unit: Unit) -> str | None:
    """The invite that the patient's session may claim: the link whose secret opened it, on the link's first device.

    A further device has an invite of its own, named by its session, once it showed whose it is.
    """
    if not unit.principal.session_id:
        return None
    session = await unit.get(Session, unit.principal.session_id)
    return session.id if session.device == "other" else session.link_id


async def own_invite(unit: Unit, state: crp.KeyState) -> dict[str, str] | None:
    invite = state.log.invites.get(await own_invite_id(unit) or "")
    usable = (
        invite is not None
        and invite.invite_id not in state.claimed
        and invite.invite_id not in state.log.ended
        and seconds(unit) <= invite.exp
    )
    return {"id": invite.invite_id} if invite is not None and usable else None


def refused_because(state: crp.KeyState, record: crp.Cert | crp.Revocation) -> Problem | None:
    """Why this record of `state` does not count, or None when it does."""
    for known, why in state.directory.refused:
        if known is record:
            return RefusedEpoch(why)
    return None
