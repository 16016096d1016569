"""From a planned step to the exact message, in the person's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from notifications.calendar import ics
from notifications.message import Attachment, Email, Sms
from notifications.numbers import show_phone
from notifications.sms import segments
from notifications.texts import When, render, summary, when
from notifications.texts import neutral as neutral_key
from server.access import links
from server.access.service import practice_of
from server.access.tables import Link, Practice
from server.appointments.tables import Appointment
from server.people.service import open_people
from server.reminders.planning import Planned
from server.reminders.steps import EMAIL, SMS, kind_of
from server.settings import Settings
from server.store.unit import Unit
from server.vault.port import KeyPort


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything a text may say, and nothing else."""

    practice: Practice
    appointment: Appointment | None
    locale: str
    zone: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def context(self, link: str | None) -> dict[str, str]:
        """`start` among the facts (an offered time) stands before the visit's own."""
        said = {"clinic": self.practice.name, "phone": _shown_phone(self.practice.phone, self.practice.region)}
        start = datetime.fromisoformat(self.facts["start"]) if "start" in self.facts else None
        if start is None and self.appointment is not None:
            start = self.appointment.start
        if start is not None:
            said |= _when(start, self.zone, self.locale).context()
        if link is not None:
            said["link"] = link
        return said | {name: value for name, value in self.facts.items() if name != "start"}


@lru_cache(maxsize=4096)
def _when(start: datetime, zone: str, locale: str) -> When:
    """Visits begin at the same few times, and saying a time in words is the dearest part of a message."""
    return when(start, zone, locale)


@lru_cache(maxsize=256)
def _shown_phone(phone: str, region: str) -> str:
    return show_phone(phone, region)


async def wording(unit: Unit, appointment: Appointment) -> Wording:
    person = (await open_people(unit, [appointment.person_id]))[appointment.person_id]
    zone = person.profile.zone or appointment.zone
    return Wording(await practice_of(unit), appointment, person.profile.language, zone)


def text_of(step: str, *, neutral: bool) -> str:
    """The key of the words; on a phone that others may read those that name neither clinic nor visit."""
    key = kind_of(step).text
    assert key is not None, "the call list has no words"
    said = neutral_key(key) if neutral else key
    assert said is not None, "nothing neutral can be said; `letters` holds such a message"
    return said


def sms(words: Wording, step: str, to: str, link: str | None, key: str, *, neutral: bool = False) -> Sms:
    body = render(text_of(step, neutral=neutral), "sms", words.locale, **words.context(link)).text
    return Sms(to=to, body=body, key=key, sender=words.practice.sms_number)


def mail(words: Wording, step: str, to: str, link: str, key: str, settings: Settings, *, no_more: str) -> Email:
    """A mail; about a visit's time also the calendar file: one UID for life, SEQUENCE from the revision. `no_more` is
    the address that ends mail to this mailbox."""
    made = render(text_of(step, neutral=False), "mail", words.locale, **words.context(link))
    files = (_calendar(words, step, to, link, settings),) if kind_of(step).calendar and words.appointment else ()
    return Email(
        to=to, subject=made.subject or "", text=made.text, html=made.html or "", key=key, attachments=files,
        unsubscribe_url=no_more,
    )  # fmt: skip


def _calendar(words: Wording, step: str, to: str, link: str, settings: Settings) -> Attachment:
    appointment, method = words.appointment, kind_of(step).calendar
    assert appointment is not None
    assert method is not None
    host = urlsplit(settings.public_url).hostname or "localhost"
    calendar = ics(
        uid=f"{appointment.id}@{host}", sequence=appointment.revision - 1, method=method, start=appointment.start,
        end=appointment.end, zone=words.zone, summary=summary(words.practice.name, words.locale),
        organizer_name=words.practice.name, organizer_email=settings.mail_from, attendee_email=to, url=link,
        description=link, stamp=appointment.created_at,
    )  # fmt: skip
    return Attachment("visit.ics", calendar, "text/calendar", method=method)


async def link_url(unit: Unit, keys: KeyPort, settings: Settings, appointment_id: str) -> str:
    return links.url_of(keys, settings.public_url, await links.of_appointment(unit, appointment_id))


def preview(words: Wording, planned: Planned, keys: KeyPort, settings: Settings, link: Link) -> tuple[str, int]:
    """(text, segments) as it will leave, with the secret part of the link left out: it is the patient's alone."""
    real = links.url_of(keys, settings.public_url, link)
    shown = f"{settings.public_url}/j/..."
    if planned.channel == SMS and planned.reach is not None:
        neutral = planned.reach.others_may_read
        body = sms(words, planned.step, planned.reach.value, real, "preview", neutral=neutral).body
        return body.replace(real, shown), segments(body).count
    if planned.channel == EMAIL:
        made = render(text_of(planned.step, neutral=False), "mail", words.locale, **words.context(real))
        return made.text.replace(real, shown), 1
    return "", 0
