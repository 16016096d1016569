"""Texts that come in: to which practice, once, and answered even when we die between acting and answering.

The practice is told by the number that was texted. Where several share one number, the one that last wrote to this
phone is meant; a STOP is then everybody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from notifications.alarms import urgent
from notifications.message import DeliveryError, Inbound, Remedy, Sms
from notifications.numbers import at_home, show_phone
from notifications.replies import Kind, classify
from notifications.texts import render
from server.access.tables import Practice
from server.api.context import Ports
from server.core.errors import StaleVersion
from server.core.ids import new_id
from server.core.principal import system
from server.people import consents
from server.people.service import PHONE, people_at
from server.people.tables import ContactPoint
from server.reminders.answers import Answering, Said
from server.reminders.dialogue_tables import HeardText
from server.reminders.tables import Reminder
from server.store.unit import Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind as Task
from server.tasks.kinds import Priority
from server.vault.index import BlindIndex

log = structlog.get_logger(__name__)

HOUR = timedelta(hours=1)
MOST_AN_HOUR = 20  # answers to one number, urgent ones apart; two machines that answer each other must come to an end
TO_STRANGERS = 3  # the same to a number that the practice does not know
AFTER_STOP = frozenset(("stop", "help", "urgent"))  # what is answered though the number wants no more texts
AGAIN = timedelta(seconds=30)
TRIES = 5
_RACES = 3


async def handle(ports: Ports, inbound: Inbound) -> Said | None:
    """Act on a text and answer it. None when it is nobody's here, or was heard before."""
    places, sure = await _places(ports, inbound)
    if not places or not (sure or urgent(inbound.body)):
        return None
    if classify(inbound.body, "en", inbound.opt_out).kind is Kind.STOP:
        for tenant in places[1:]:
            await _stop(ports, tenant, inbound)
    if not sure:  # an emergency that may be any of theirs: all are alerted, one answers
        for tenant in places[1:]:
            await _act_once(ports, tenant, inbound, quiet=True)
    said, heard = await _act_once(ports, places[0], inbound)
    if heard is not None:
        await _send(ports, places[0], heard)
    return said


async def resend(ports: Ports) -> bool:
    """Send answers that a dead instance or a provider that was away left behind; whether there were any."""
    async with ports.desk.unit(system(""), write=False) as unit:
        query = select(col(HeardText.tenant), col(HeardText.id)).where(col(HeardText.wake_at) <= unit.clock.now())
        due = [(tenant, heard_id) for tenant, heard_id in await unit.session.execute(query.limit(50))]
    for tenant, heard_id in due:
        await _send(ports, tenant, heard_id)
    return bool(due)


async def _places(ports: Ports, inbound: Inbound) -> tuple[list[str], bool]:
    """The practices that may be meant, the likeliest first, and whether the first one surely is."""
    own = ports.sms.number
    async with ports.desk.unit(system(""), write=False) as unit:
        practices = list((await unit.session.execute(select(Practice))).scalars())
    named = [one.id for one in practices if (one.sms_number or own) == inbound.to]
    sharing = named or [one.id for one in practices if one.sms_number is None]
    known: list[tuple[float, str]] = []
    for tenant in sharing:
        async with ports.desk.unit(system(tenant), write=False) as unit:
            contact, _ = await people_at(unit, ports.keys, inbound.sender)
            if contact is not None:
                known.append((await _last_written(unit, contact), tenant))
    if known:
        return [tenant for _, tenant in sorted(known, reverse=True)], True
    if len(sharing) == 1:
        return sharing, True
    home = {one.id for one in practices if at_home(inbound.sender, one.region)}  # they know whom to call there
    return sorted(sharing, key=lambda tenant: tenant not in home), False


async def _last_written(unit: Unit, contact: ContactPoint) -> float:
    """When a message last left for this number, as a timestamp."""
    query = select(func.max(col(Reminder.at))).where(
        col(Reminder.tenant) == unit.tenant, col(Reminder.contact_id) == contact.id,
        col(Reminder.status).in_(["sent", "delivered"]),
    )  # fmt: skip
    at = (await unit.session.execute(query)).scalar_one_or_none()
    return at.timestamp() if at is not None else 0.0


async def _stop(ports: Ports, tenant: str, inbound: Inbound) -> None:
    async with ports.desk.unit(system(tenant)) as unit:
        contact, _ = await people_at(unit, ports.keys, inbound.sender)
        if contact is not None:
            await consents.decide(unit, contact, granted=False, source="sms")
        await _unsay(unit, BlindIndex(ports.keys).phone_index(tenant, PHONE, inbound.sender))


async def _act_once(
    ports: Ports, tenant: str, inbound: Inbound, *, quiet: bool = False
) -> tuple[Said | None, str | None]:
    """`_act`, again when somebody else wrote the same text or the same visit at this moment."""
    for _ in range(_RACES - 1):
        try:
            return await _act(ports, tenant, inbound, quiet=quiet)
        except (IntegrityError, StaleVersion):
            continue
    return await _act(ports, tenant, inbound, quiet=quiet)


async def _act(ports: Ports, tenant: str, inbound: Inbound, *, quiet: bool) -> tuple[Said | None, str | None]:
    """What was done, and the id of the row whose answer waits to be sent."""
    async with ports.desk.unit(system(tenant)) as unit:
        token = BlindIndex(ports.keys).phone_index(tenant, PHONE, inbound.sender)
        again = unit.select(HeardText).where(col(HeardText.provider_ref) == inbound.provider_id[:64])
        if await unit.first(again) is not None:
            return None, None
        recent = await _recent(unit, token)
        contact, people = await people_at(unit, ports.keys, inbound.sender)
        if contact is not None:
            answering = await Answering.begin(ports, unit, inbound, contact, people)
            said = await answering.answer(links_sent=sum(one.startswith("link") for one in recent))
            unit.record("E", f"sms.reply.{said.kind}", "ContactPoint", contact.id)
        else:
            said = await _unknown_number(unit, inbound, tries=len(recent))
        if said.kind == Kind.STOP:
            await _unsay(unit, token)
        answered = recent.count("urgent") if said.kind == "urgent" else len(recent)
        silent = quiet or answered >= MOST_AN_HOUR or not _may_hear(contact, said.kind)
        return said, await _note(unit, token, inbound, said, silent=silent)


def _may_hear(contact: ContactPoint | None, kind: str) -> bool:
    """Whether a number may be sent an answer of this kind, after a STOP."""
    return contact is None or contact.opted_out_at is None or kind in AFTER_STOP


async def _unsay(unit: Unit, token: bytes) -> None:
    """After a STOP, answers that still wait for a provider that was away are not sent any more."""
    waiting = update(HeardText).where(
        col(HeardText.tenant) == unit.tenant, col(HeardText.sender_index) == token, col(HeardText.wake_at).is_not(None),
        col(HeardText.kind).not_in(AFTER_STOP),
    )  # fmt: skip
    await unit.session.execute(waiting.values(wake_at=None, answer=None).execution_options(synchronize_session=False))


async def _recent(unit: Unit, token: bytes) -> list[str]:
    """What came from this number in the last hour."""
    query = select(col(HeardText.kind)).where(
        col(HeardText.tenant) == unit.tenant, col(HeardText.sender_index) == token,
        col(HeardText.at) > unit.clock.now() - HOUR,
    )  # fmt: skip
    return list((await unit.session.execute(query)).scalars())


async def _note(unit: Unit, token: bytes, inbound: Inbound, said: Said, *, silent: bool) -> str | None:
    row_id, handle = new_id(), await unit.dek()
    text = None if silent else said.text
    unit.add(
        HeardText(
            id=row_id, tenant=unit.tenant, provider_ref=inbound.provider_id[:64], sender_index=token, kind=said.kind,
            sender=handle.seal("heard_text", "sender", row_id, inbound.sender),
            answer=handle.seal("heard_text", "answer", row_id, text), at=unit.clock.now(),
            wake_at=unit.clock.now() + AGAIN if text is not None else None,
        )
    )  # fmt: skip
    await unit.flush()
    return row_id if text is not None else None


async def _unknown_number(unit: Unit, inbound: Inbound, *, tries: int) -> Said:
    """A phone that the practice does not know. Nothing is told it but whom to call; staff see what it wrote."""
    practice = await _practice(unit)
    facts = {
        "clinic": practice.name, "phone": show_phone(practice.phone, practice.region),
        "emergency": practice.emergency_number,
    }  # fmt: skip
    kind = classify(inbound.body, practice.locale, inbound.opt_out).kind
    alarm = urgent(inbound.body)
    if not alarm and kind in (Kind.STOP, Kind.START):
        return Said(kind, None)
    if alarm or kind is Kind.UNKNOWN:
        note = f"{show_phone(inbound.sender, practice.region)}: {inbound.body}"[:1600]
        what, priority = (Task.urgent_message, Priority.stat) if alarm else (Task.answer_text, Priority.routine)
        await tasks.ask(unit, what, priority, person_id=None, note=note, key=f"sms-{inbound.provider_id}"[:80])
    if alarm:
        return Said("urgent", render("reply_urgent", "sms", practice.locale, **facts).text)
    if tries >= TO_STRANGERS:
        return Said("unknown", None)
    key = "reply_unknown" if kind is Kind.UNKNOWN else "reply_no_visit"
    return Said("unknown", render(key, "sms", practice.locale, **facts).text)


async def _practice(unit: Unit) -> Practice:
    return (await unit.session.execute(select(Practice).where(col(Practice.id) == unit.tenant))).scalar_one()


async def _send(ports: Ports, tenant: str, heard_id: str) -> None:
    """Send the answer that waits in a row, unless somebody else has just taken it."""
    async with ports.desk.unit(system(tenant)) as unit:
        row = await unit.get(HeardText, heard_id)
        if row.wake_at is None or row.answer is None:
            return
        tries, now = row.attempts, unit.clock.now()
        taken = await unit.session.execute(
            update(HeardText)
            .where(col(HeardText.id) == heard_id, col(HeardText.attempts) == tries)
            .values(attempts=tries + 1, wake_at=now + AGAIN * 2**tries)
            .execution_options(synchronize_session=False)
        )
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            return
        handle = await unit.dek()
        number = handle.open("heard_text", "sender", row.id, row.sender)
        body = handle.open("heard_text", "answer", row.id, row.answer)
        contact, _ = await people_at(unit, ports.keys, number)
        if not _may_hear(contact, row.kind):  # a STOP came after it was written
            await unit.session.execute(_emptied(heard_id))
            return
        sender = (await _practice(unit)).sms_number
        since = row.at - timedelta(seconds=5)
    message = Sms(to=number, body=body, key=f"reply-{heard_id}", sender=sender)
    try:
        found = await ports.sms.find(message, since) if tries else None
        if found is None:
            await ports.sms.send(message)
    except DeliveryError as error:
        log.warning("answer.failed", code=error.code)
        await _unsent(ports, tenant, heard_id, number, error, tries + 1)
        return
    await _closed(ports, tenant, heard_id)


async def _closed(ports: Ports, tenant: str, heard_id: str) -> None:
    async with ports.desk.unit(system(tenant)) as unit:
        await unit.session.execute(_emptied(heard_id))


def _emptied(heard_id: str) -> Any:
    done = update(HeardText).where(col(HeardText.id) == heard_id).values(wake_at=None, answer=None)
    return done.execution_options(synchronize_session=False)


async def _unsent(ports: Ports, tenant: str, heard_id: str, number: str, error: DeliveryError, tries: int) -> None:
    """What the provider says of the number is learned; an answer that can still arrive is tried again."""
    if error.remedy is Remedy.OPTED_OUT:
        async with ports.desk.unit(system(tenant)) as unit:
            contact, _ = await people_at(unit, ports.keys, number)
            if contact is not None:
                await consents.decide(unit, contact, granted=False, source="carrier")
    if error.permanent or tries >= TRIES:
        await _closed(ports, tenant, heard_id)


__all__: Sequence[str] = ["Said", "handle", "resend"]
