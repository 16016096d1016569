"""What a patient texts back: one character is enough."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from notifications.message import Inbound, Sms
from notifications.numbers import show_phone
from notifications.replies import Kind, classify
from notifications.texts import render, when
from server.access.service import practice_of
from server.access.tables import Practice
from server.api.context import Ports
from server.appointments import service as appointments
from server.appointments.tables import Appointment
from server.core.principal import system
from server.people.service import open_people, people_at
from server.people.tables import ContactPoint
from server.reminders.wording import link_url
from server.store.unit import Unit

_TEXT = {Kind.CONFIRM: "reply_confirmed", Kind.CHANGE: "reply_change", Kind.DECLINE: "reply_declined"}
PARTICIPATION = {Kind.CONFIRM: "accepted", Kind.CHANGE: "tentative", Kind.DECLINE: "declined"}


@dataclass(frozen=True, slots=True)
class Answered:
    """What we did with a text and what we write back (None: a STOP is answered by silence)."""

    kind: Kind
    text: str | None


async def handle(ports: Ports, inbound: Inbound) -> Answered | None:
    """Act on a text and send the answer. None when the number is nobody's here."""
    async with ports.desk.unit(system(""), write=False) as unit:
        tenants = list((await unit.session.execute(select(col(Practice.id)))).scalars())
    for tenant in tenants:
        async with ports.desk.unit(system(tenant)) as unit:
            contact, people = await people_at(unit, ports.keys, inbound.sender)
            if contact is None:
                continue
            answered = await _answer(ports, unit, contact, people, inbound)
        if answered.text is not None:
            await ports.sms.send(Sms(to=inbound.sender, body=answered.text, key=f"reply-{inbound.provider_id}"))
        return answered
    return None


async def _answer(ports: Ports, unit: Unit, contact: ContactPoint, people: list[str], inbound: Inbound) -> Answered:
    practice = await practice_of(unit)
    opened = await open_people(unit, people)
    locale = next(iter(opened.values())).profile.language if opened else practice.locale
    kind = classify(inbound.body, locale).kind
    unit.record("E", f"sms.reply.{kind.value}", "ContactPoint", contact.id)
    if kind in {Kind.STOP, Kind.START}:
        contact.opted_out_at = unit.clock.now() if kind is Kind.STOP else None
        unit.add(contact)
        return Answered(kind, None if kind is Kind.STOP else _text("reply_help", practice, locale))
    if kind is Kind.NOT_ME:
        contact.failed_at = unit.clock.now()  # nothing more goes there until staff looked at it
        unit.add(contact)
        return Answered(kind, _text("reply_not_me", practice, locale))
    coming = await appointments.upcoming(unit, people, unit.clock.now())
    # Two visits behind one number: guessing which one was meant could cancel the wrong person's.
    if kind in PARTICIPATION and len(coming) == 1:
        await appointments.answer(unit, coming[0], PARTICIPATION[kind])
        link = await link_url(unit, ports.keys, ports.settings, coming[0].id)
        return Answered(kind, _text(_TEXT[kind], practice, locale, coming[0], link))
    return Answered(kind, _text("reply_help", practice, locale))


def _text(
    key: str, practice: Practice, locale: str, appointment: Appointment | None = None, link: str | None = None
) -> str:
    facts = {
        "clinic": practice.name, "phone": show_phone(practice.phone, practice.region),
        "emergency": practice.emergency_number,
    }  # fmt: skip
    if appointment is not None and link is not None:
        facts |= {"link": link, **when(appointment.start, appointment.zone, locale).context()}
    return render(key, "sms", locale, **facts).text
