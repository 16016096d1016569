"""From a planned step to the exact message, in the patient's language."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from notifications.calendar import ics
from notifications.message import Attachment, Email, Sms
from notifications.numbers import show_phone
from notifications.sms import segments
from notifications.texts import render, summary, when
from server.access import links
from server.access.service import practice_of
from server.access.tables import Link, Practice
from server.appointments.tables import Appointment
from server.people.service import open_people
from server.reminders.planning import Step
from server.settings import Settings
from server.store.unit import Unit
from server.vault.port import KeyPort

TEXT_OF = {
    "confirmation": "visit_confirmation", "link": "visit_link", "moved": "visit_moved", "cancelled": "visit_cancelled",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything a text may say about a visit, and nothing else."""

    practice: Practice
    appointment: Appointment
    locale: str
    zone: str

    def context(self, link: str) -> dict[str, str]:
        shown = when(self.appointment.start, self.zone, self.locale)
        phone = show_phone(self.practice.phone, self.practice.region)
        return {"clinic": self.practice.name, "phone": phone, "link": link, **shown.context()}


async def wording(unit: Unit, appointment: Appointment) -> Wording:
    person = (await open_people(unit, [appointment.person_id]))[appointment.person_id]
    zone = person.profile.zone or appointment.zone
    return Wording(await practice_of(unit), appointment, person.profile.language, zone)


def sms(words: Wording, step: str, to: str, link: str, key: str) -> Sms:
    return Sms(to=to, body=render(TEXT_OF[step], "sms", words.locale, **words.context(link)).text, key=key)


def mail(words: Wording, step: str, to: str, link: str, key: str, settings: Settings) -> Email:
    """A mail with the calendar file: one UID for life, SEQUENCE from the revision."""
    made = render(TEXT_OF[step], "mail", words.locale, **words.context(link))
    appointment = words.appointment
    method = "CANCEL" if step == "cancelled" else "REQUEST"
    host = urlsplit(settings.public_url).hostname or "localhost"
    calendar = ics(
        uid=f"{appointment.id}@{host}", sequence=appointment.revision - 1, method=method, start=appointment.start,
        end=appointment.end, zone=words.zone, summary=summary(words.practice.name, words.locale),
        organizer_name=words.practice.name, organizer_email=settings.mail_from, attendee_email=to, url=link,
        description=link, stamp=appointment.created_at,
    )  # fmt: skip
    attachment = Attachment("visit.ics", calendar, "text/calendar", method=method)
    return Email(
        to=to, subject=made.subject or "", text=made.text, html=made.html or "", key=key, attachments=(attachment,)
    )


async def link_url(unit: Unit, keys: KeyPort, settings: Settings, appointment_id: str) -> str:
    return links.url_of(keys, settings.public_url, await links.of_appointment(unit, appointment_id))


def preview(words: Wording, step: Step, keys: KeyPort, settings: Settings, link: Link) -> tuple[str, int]:
    """(text, segments) as it will leave, with the secret part of the link left out: it is the patient's alone."""
    real = links.url_of(keys, settings.public_url, link)
    shown = f"{settings.public_url}/j/..."
    if step.channel == "sms":
        body = sms(words, step.step, step.reach.value, real, "preview").body
        return body.replace(real, shown), segments(body).count
    made = render(TEXT_OF[step.step], "mail", words.locale, **words.context(real))
    return made.text.replace(real, shown), 1
