"""The conversation's own row and counters: who may open it, how it is locked, how a change of keys is told."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import col, select

from server.appointments.tables import Appointment
from server.conversations.machine import Act, Status, machine
from server.conversations.tables import Conversation, ConversationHead, ConversationReader
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.core.principal import Role
from server.events import AppointmentBooked, DeviceConfirmed, KeysChanged
from server.store.many import insert_if_absent
from server.store.unit import Unit


async def reachable(unit: Unit, conversation_id: str) -> Conversation:
    """The conversation, if the principal may open it: its patient, or anybody of the practice's staff.

    The one place that decides it. Raises NotFound, for what is somebody else's too. What can be *read* is decided by
    the signed membership, not here.
    """
    conversation = await unit.get(Conversation, conversation_id)
    principal = unit.principal
    if principal.role is Role.patient:
        allowed = bool(principal.person_id) and principal.person_id == conversation.person_id
    else:
        allowed = principal.is_staff or principal.role is Role.system
    if not allowed:
        raise NotFound("There is no such conversation here.")
    return conversation


async def of_person(unit: Unit, person_id: str) -> Conversation | None:
    return await unit.first(unit.select(Conversation).where(col(Conversation.person_id) == person_id))


async def ids_of_people(unit: Unit, person_ids: list[str]) -> dict[str, str]:
    """person_id -> conversation_id, in one query."""
    query = unit.select(Conversation).where(col(Conversation.person_id).in_(person_ids))
    rows = await unit.once((ids_of_people, *person_ids), lambda: unit.all(query))
    return {row.person_id: row.id for row in rows}


async def when_booked(unit: Unit, event: AppointmentBooked) -> None:
    """The first booking of a person makes the conversation; each booking asks the staff devices for an invite."""
    appointment = await unit.get(Appointment, event.appointment_id)
    conversation = await _ensure(unit, appointment.person_id)
    await changed(unit, await lock(unit, conversation.id))


async def when_device_confirmed(unit: Unit, event: DeviceConfirmed) -> None:
    """A further device that showed whose it is waits for an invite of its own: the staff devices are told to look."""
    appointment = await unit.get(Appointment, event.appointment_id)
    conversation = await of_person(unit, appointment.person_id)
    if event.further and conversation is not None:
        await changed(unit, await lock(unit, conversation.id))


async def _ensure(unit: Unit, person_id: str) -> Conversation:
    known = await of_person(unit, person_id)
    if known is not None:
        return known
    conversation_id = new_id()
    values = {
        "id": conversation_id, "tenant": unit.tenant, "person_id": person_id,
        "status": machine.initial.value, "version": 1, "created_at": unit.clock.now(),
    }  # fmt: skip
    if await insert_if_absent(unit.session, Conversation, values):
        unit.add(ConversationHead(conversation_id=conversation_id, tenant=unit.tenant))
        unit.record("C", "conversation.create", "Conversation", conversation_id, person_id=person_id)
        await unit.flush()
    found = await of_person(unit, person_id)
    assert found is not None  # ours, or the twin's that committed first
    return found


async def head_of(unit: Unit, conversation_id: str) -> ConversationHead:
    """The counters without a lock, for reading."""
    return await _head(unit, conversation_id, locked=False)


async def lock(unit: Unit, conversation_id: str) -> ConversationHead:
    """The counters, held until the transaction ends: every writer of this conversation comes through here."""
    await unit.flush()
    return await _head(unit, conversation_id, locked=True)


async def _head(unit: Unit, conversation_id: str, *, locked: bool) -> ConversationHead:
    query = select(ConversationHead).where(
        ConversationHead.conversation_id == conversation_id, ConversationHead.tenant == unit.tenant
    )
    if locked:  # SQLite ignores this: a writing Unit is alone there from its first statement on
        query = query.with_for_update()
    found = (await unit.session.execute(query.execution_options(populate_existing=locked))).scalars().first()
    if found is None:
        raise NotFound("There is no such conversation here.")
    return found


async def changed(unit: Unit, head: ConversationHead) -> int:
    """The keys of this locked conversation are not what they were; returns the new version."""
    head.keys_version += 1
    unit.add(head)
    await unit.flush()
    unit.emit(KeysChanged(conversation_id=head.conversation_id))
    return head.keys_version


async def all_changed(unit: Unit) -> None:
    """A staff device or the practice's keys changed: so did who may receive, in every conversation of the practice."""
    await unit.flush()
    mine = col(ConversationHead.tenant) == unit.tenant
    held = select(ConversationHead.conversation_id).where(mine).order_by(col(ConversationHead.conversation_id))
    await unit.session.execute(held.with_for_update())
    bump = update(ConversationHead).where(mine).values(keys_version=col(ConversationHead.keys_version) + 1)
    await unit.session.execute(bump.execution_options(synchronize_session=False))
    open_ones = (
        unit.select(Conversation).where(col(Conversation.status) == Status.open.value).order_by(col(Conversation.id))
    )
    for conversation in await unit.all(open_ones):
        unit.emit(KeysChanged(conversation_id=conversation.id))


async def keys_version(unit: Unit, conversation_id: str) -> int:
    """Rises with every change of certificates, membership, invites wanted or epoch."""
    query = select(ConversationHead.keys_version).where(
        ConversationHead.conversation_id == conversation_id, ConversationHead.tenant == unit.tenant
    )
    found = (await unit.session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such conversation here.")
    return found


async def change(unit: Unit, conversation_id: str, act: Act) -> Conversation:
    """Close, reopen or archive. Raises ImpossibleMove, StaleVersion."""
    conversation = await reachable(unit, conversation_id)
    await lock(unit, conversation_id)
    await unit.move(conversation, machine, act)
    unit.record("U", f"conversation.{act.value}", "Conversation", conversation.id, person_id=conversation.person_id)
    return conversation


def expect_open(conversation: Conversation) -> None:
    if conversation.status != Status.open:
        raise Conflict("This conversation is closed. Please call the clinic.", state=conversation.status)


async def note_reading(unit: Unit, conversation: Conversation) -> None:
    """The first reading in each sign-in is a line of the audit trail."""
    agent = unit.principal.session_id or unit.principal.agent
    values = {"conversation_id": conversation.id, "agent": agent, "at": unit.clock.now()}
    if await insert_if_absent(unit.session, ConversationReader, values):
        unit.record("R", "conversation.read", "Conversation", conversation.id, person_id=conversation.person_id)
