"""What one text does, in one transaction: the answer to an open question, a digit, a word, or something for a person.

Nothing is guessed. Whose visit is meant is asked by time when it could be several; what is not understood goes to
staff, and the person is told so together with the emergency number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col

from notifications.alarms import urgent
from notifications.message import Inbound
from notifications.numbers import show_phone
from notifications.replies import Kind, Reply, classify
from notifications.texts import menu, neutral, render, when
from server.access.service import practice_of
from server.access.tables import Practice
from server.api.context import Ports
from server.appointments import service as appointments
from server.appointments.machine import Status
from server.appointments.tables import Appointment
from server.core.errors import Conflict
from server.people import consents
from server.people.service import Opened, open_people
from server.people.tables import ContactPoint, PersonContact
from server.reminders import dialogues
from server.reminders.asking import about_a_choice, about_an_offer, asked_at, last_asked, offers_sent
from server.reminders.dialogue_tables import Dialogue
from server.reminders.offers import Offer, take, three
from server.reminders.tables import Reminder
from server.reminders.wording import link_url
from server.store.unit import Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind as Task
from server.tasks.kinds import Priority
from server.waitlist import offers as waitlist
from server.waitlist.tables import SlotOffer

SOON = timedelta(hours=2)  # before the visit: what comes so late must be seen before it begins
MOST = 5  # visits in one menu
_REBOOK = "rebook"  # begins the keys of the tasks that are asked for here
_ABOUT_A_VISIT = (Kind.CONFIRM, Kind.CHANGE, Kind.DECLINE, Kind.LATE, Kind.LINK)
_BEFORE = (Kind.CHANGE, Kind.DECLINE)  # what only a visit can hear that nobody has arrived for


@dataclass(frozen=True, slots=True)
class Said:
    """What was understood, and the words to send back; None where silence is right."""

    kind: str
    text: str | None


class Answering:
    """One text of one number, known to a practice, in one Unit."""

    def __init__(
        self, ports: Ports, unit: Unit, inbound: Inbound, contact: ContactPoint, practice: Practice,
        people: dict[str, Opened], held: list[Appointment], *, shared: bool,
    ) -> None:  # fmt: skip
        self._ports, self._unit, self._inbound, self._contact = ports, unit, inbound, contact
        self._practice, self._people, self._shared = practice, people, shared
        self._held = held  # still to be held, also of who has arrived
        self._coming = [one for one in held if one.status == Status.booked]
        first = next(iter(people.values()), None)
        self._locale = first.profile.language if first else practice.locale

    @classmethod
    async def begin(
        cls, ports: Ports, unit: Unit, inbound: Inbound, contact: ContactPoint, people: list[str]
    ) -> Answering:
        """Read everything an answer may need."""
        links = await unit.all(unit.select(PersonContact).where(col(PersonContact.contact_id) == contact.id))
        return cls(
            ports, unit, inbound, contact, await practice_of(unit), await open_people(unit, people),
            await appointments.upcoming(unit, people, unit.clock.now()),
            shared=any(link.others_may_read for link in links),
        )  # fmt: skip

    async def answer(self, *, links_sent: int) -> Said:
        """Do what the text asks. `links_sent`: how often the number asked for its link in the last hour."""
        reply = classify(self._inbound.body, self._locale, self._inbound.opt_out)
        if not reply.carrier and reply.digit is None and urgent(self._inbound.body):
            return await self._alarm()
        if reply.kind in (Kind.STOP, Kind.START, Kind.HELP):
            return await self._consent(reply)
        if reply.kind is Kind.LINK and links_sent >= 3:
            return self._said("link-again", "reply_wait" if links_sent == 3 else None)
        opened = await dialogues.current(self._unit, self._contact.id)
        asked = await last_asked(self._unit, self._contact.id, neutral=self._shared)
        later = opened is not None and asked is not None and asked_at(asked) > dialogues.asked_at(opened[0])
        if later and asked is not None and not about_a_choice(asked):
            opened = None  # a later text asks for a digit: it is that one which is answered
        if opened is not None and reply.digit is not None:
            told = await self._open_question(opened[0], opened[1], reply.digit)
            if told is not None:
                return told
        if opened is not None and opened[0].kind == dialogues.KEEP and reply.kind is Kind.CONFIRM:
            return await self._keep(*opened)
        if opened is None and reply.digit == 1 and asked is not None and about_an_offer(asked):
            told = await self._earlier(asked.subject)
            if told is not None:
                return told
        if reply.kind is Kind.NOT_ME:
            return await self._stranger()
        if reply.kind in _ABOUT_A_VISIT:
            return await self._about_a_visit(reply)
        return await self._for_staff()

    # -- the words of carriers ----------------------------------------------------

    async def _consent(self, reply: Reply) -> Said:
        """STOP, START, HELP by the book. A carrier that knows its words has answered them already; we stay quiet."""
        if reply.kind is not Kind.HELP:
            granted = reply.kind is Kind.START
            await consents.decide(self._unit, self._contact, granted=granted, source="sms")
        if reply.carrier and self._inbound.carrier_answers:
            return Said(reply.kind, None)
        key = {Kind.STOP: "reply_stopped", Kind.START: "reply_started", Kind.HELP: "reply_help"}[reply.kind]
        return Said(reply.kind, self._render(key))

    # -- what cannot wait ---------------------------------------------------------

    async def _alarm(self) -> Said:
        """Emergency advice at once, and a task that calls louder until somebody accepts it."""
        await self._task(Task.urgent_message, Priority.stat)
        return Said("urgent", self._render("reply_urgent"))

    async def _for_staff(self) -> Said:
        """A person must read this."""
        soon = any(one.start - self._unit.clock.now() < SOON for one in self._held)
        await self._task(Task.answer_text, Priority.urgent if soon else Priority.routine)
        return self._said("free-text", "reply_unknown")

    async def _stranger(self) -> Said:
        self._contact.failed_at = self._unit.clock.now()  # nothing more goes there until staff looked at it
        self._unit.add(self._contact)
        await self._task(Task.wrong_person, Priority.urgent)
        return Said(Kind.NOT_ME, self._render("reply_not_me"))

    async def _task(
        self, kind: Task, priority: Priority, appointment: Appointment | None = None, key: str | None = None
    ) -> None:
        """Ask staff. Whom it is about is said only where there is no doubt."""
        sole = next(iter(self._people)) if len(self._people) == 1 else None
        about = appointment or (self._coming[0] if len(self._coming) == 1 else None)
        number = show_phone(self._inbound.sender, self._practice.region)
        note = self._inbound.body if sole or appointment else f"{number}: {self._inbound.body}"
        await tasks.ask(
            self._unit, kind, priority, person_id=about.person_id if about else sole,
            appointment_id=about.id if about else None, note=note[:1600],
            key=key or f"sms-{self._inbound.provider_id}"[:80],
        )  # fmt: skip

    async def _rebook(self, appointment: Appointment) -> None:
        """Staff shall find another time. Asked once while that is open, and anew after it was closed."""
        known = await tasks.of_appointment(self._unit, appointment.id, Task.rebook)
        if known is None or known.closed_at is not None:
            key = f"{_REBOOK}-{appointment.id}-{known.id if known else 1}"
            await self._task(Task.rebook, Priority.routine, appointment, key)

    async def _no_rebook(self, appointment: Appointment) -> None:
        """They have a time again; what others asked staff for stays."""
        known = await tasks.of_appointment(self._unit, appointment.id, Task.rebook)
        if known is not None and known.key is not None and known.key.startswith(f"{_REBOOK}-"):
            await tasks.drop(self._unit, known.key)

    # -- an open question ---------------------------------------------------------

    async def _open_question(self, row: Dialogue, data: dict[str, object], digit: int) -> Said | None:
        """The answer to it; None when the digit answers something else."""
        kind = row.kind
        if kind == dialogues.KEEP:
            return await self._keep(row, data) if digit == 1 else None
        if kind == dialogues.WHICH:
            chosen = self._nth(data["appointments"], digit)
            appointment = next((one for one in self._held if one.id == chosen), None)
            if appointment is None:
                return None
            await dialogues.close(self._unit, self._contact.id)
            minutes = data["minutes"]
            assert minutes is None or isinstance(minutes, int)
            return await self._do(Reply(Kind(str(data["kind"])), minutes=minutes), appointment)
        if kind == dialogues.EARLIER:
            picked = self._nth(data["offers"], digit)
            if picked is None:
                return None
            await dialogues.close(self._unit, self._contact.id)
            return await self._take(await self._unit.get(SlotOffer, str(picked)))
        return await self._choose(data, digit)

    @staticmethod
    def _nth(choices: object, digit: int) -> object:
        assert isinstance(choices, list)
        return choices[digit - 1] if 0 < digit <= len(choices) else None

    async def _choose(self, data: dict[str, object], digit: int) -> Said | None:
        """Book one of the three offered times."""
        appointment = next((one for one in self._coming if one.id == data["appointment_id"]), None)
        chosen = self._nth(data["offers"], digit)
        if chosen is None and digit != 0:
            return None
        await dialogues.close(self._unit, self._contact.id)
        if appointment is None:  # called off or over: the digit must not do something to another visit
            return await self._for_staff()
        if digit == 0:
            await self._rebook(appointment)
            return await self._about(Kind.CHANGE, "reply_change", appointment)
        if data.get("revision") != appointment.revision:  # moved since: what was offered fits the old time only
            return await self._offer(appointment, "reply_offers")
        assert isinstance(chosen, dict)
        if not await take(self._unit, appointment, Offer.read(chosen)):
            return await self._offer(appointment, "reply_offers_again")
        await self._no_rebook(appointment)
        if await self._notice_leaves(appointment):
            return Said("moved", None)
        return await self._about("moved", "reply_moved", appointment)

    async def _earlier(self, offer_id: str) -> Said | None:
        """Take the free time that the last text offered; None when none is open. Only what was offered to this very
        number is taken, and of several, or when that one is gone, we ask which is meant."""
        coming = {one.id: one for one in self._coming}
        sent = await offers_sent(self._unit, self._contact.id)
        offered = [one for one in sent if one.appointment_id in coming]
        if not offered:
            return None
        if [one.id for one in offered] == [offer_id]:
            return await self._take(offered[0])
        if len(offered) > MOST or len({one.start for one in offered}) < len(offered):
            return await self._for_staff()  # times alone do not tell them apart
        data = {"offers": [one.id for one in offered]}
        await dialogues.ask(self._unit, self._contact.id, dialogues.EARLIER, data)
        zones = [self._zone(coming[one.appointment_id]) for one in offered]
        said = menu([when(one.start, zone, self._locale) for one, zone in zip(offered, zones, strict=True)])
        return Said("which", self._render("reply_which", menu=said))

    async def _take(self, offer: SlotOffer) -> Said:
        """Move the visit to the offered time, if it can still be had."""
        appointment = await self._unit.get(Appointment, offer.appointment_id)
        try:
            await waitlist.take(self._unit, offer)
        except Conflict:
            return await self._about("gone", "reply_gone", appointment)
        if await self._notice_leaves(appointment):
            return Said("moved-up", None)
        return await self._about("moved-up", "reply_moved", appointment)

    async def _notice_leaves(self, appointment: Appointment) -> bool:
        """Whether a message about the new time goes to this very number anyway: then ours would be the second."""
        await self._unit.settle()
        query = self._unit.select(Reminder).where(
            col(Reminder.appointment_id) == appointment.id, col(Reminder.revision) == appointment.revision,
            col(Reminder.contact_id) == self._contact.id, col(Reminder.channel) == "sms",
            col(Reminder.step).like("moved%"), col(Reminder.status) == "scheduled",
        )  # fmt: skip
        return await self._unit.first(query) is not None

    async def _keep(self, row: Dialogue, data: dict[str, object]) -> Said:
        """The declined visit is kept, when its time is still theirs."""
        appointment = next((one for one in self._coming if one.id == data["appointment_id"]), None)
        await dialogues.end(self._unit, row)
        if appointment is None:
            gone = await self._unit.get(Appointment, str(data["appointment_id"]))
            return await self._about("gone", "reply_gone", gone)
        await self._no_rebook(appointment)
        await appointments.answer(self._unit, appointment, "accepted")
        return await self._about("kept", "reply_confirmed", appointment)

    # -- a visit ------------------------------------------------------------------

    async def _about_a_visit(self, reply: Reply) -> Said:
        coming = self._coming if reply.kind in _BEFORE else self._held
        if self._held and not coming:
            return await self._for_staff()  # who is in line already has somebody to tell
        if not coming:
            if reply.kind is not Kind.LINK and await self._recently_gone():
                return self._said("gone", "reply_no_visit")
            return self._said("no-visit", "reply_no_visit")
        if len(coming) == 1:
            return await self._do(reply, coming[0])
        times = [one.start for one in coming[:MOST]]
        if len(coming) > MOST or len(set(times)) < len(times):
            return await self._for_staff()  # times alone do not tell them apart
        data = {"kind": reply.kind.value, "minutes": reply.minutes, "appointments": [one.id for one in coming]}
        await dialogues.ask(self._unit, self._contact.id, dialogues.WHICH, data)
        said = menu([when(one.start, self._zone(one), self._locale) for one in coming])
        return Said("which", self._render("reply_which", menu=said))

    async def _recently_gone(self) -> bool:
        """Whether the number was asked something that has run out since."""
        return await dialogues.current(self._unit, self._contact.id) is not None

    async def _do(self, reply: Reply, appointment: Appointment) -> Said:
        if reply.kind in _BEFORE and appointment not in self._coming:
            return await self._for_staff()
        if reply.kind is Kind.CONFIRM:
            await appointments.answer(self._unit, appointment, "accepted")
            return await self._about(reply.kind, "reply_confirmed", appointment)
        if reply.kind is Kind.CHANGE:
            await appointments.answer(self._unit, appointment, "tentative")
            return await self._offer(appointment, "reply_offers")
        if reply.kind is Kind.DECLINE:
            return await self._decline(appointment)
        if reply.kind is Kind.LATE:
            soon = appointment.start - self._unit.clock.now() < SOON
            await self._task(Task.answer_text, Priority.urgent if soon else Priority.routine, appointment)
            return await self._about(reply.kind, "reply_late", appointment, minutes=str(reply.minutes))
        return await self._about(Kind.LINK, "reply_link", appointment)

    async def _offer(self, appointment: Appointment, key: str) -> Said:
        """Three times to choose from; without any, a person will call."""
        found = await three(self._unit, appointment, self._zone(appointment))
        if not found:
            await self._rebook(appointment)
            return await self._about(Kind.CHANGE, "reply_change", appointment)
        offers = [one.out() for one in found]
        data = {"appointment_id": appointment.id, "revision": appointment.revision, "offers": offers}
        await dialogues.ask(self._unit, self._contact.id, dialogues.OFFERS, data)
        said = menu([when(one.start, self._zone(appointment), self._locale) for one in found])
        return await self._about(Kind.CHANGE, key, appointment, menu=said)

    async def _decline(self, appointment: Appointment) -> Said:
        """The time is given away in ten minutes, unless they keep it; staff find them another one."""
        await appointments.answer(self._unit, appointment, "declined")
        await self._rebook(appointment)
        data = {"appointment_id": appointment.id, "revision": appointment.revision}
        await dialogues.ask(self._unit, self._contact.id, dialogues.KEEP, data)
        return await self._about(Kind.DECLINE, "reply_declined", appointment)

    # -- words --------------------------------------------------------------------

    async def _about(self, kind: str, key: str, appointment: Appointment, **facts: str) -> Said:
        """Words about one visit, with its link."""
        link = await link_url(self._unit, self._ports.keys, self._ports.settings, appointment.id)
        start: datetime = appointment.start
        shown = when(start, self._zone(appointment), self._locale).context()
        return Said(kind, self._render(key, **shown, link=link, **facts))

    def _said(self, kind: str, key: str | None) -> Said:
        return Said(kind, None if key is None else self._render(key))

    def _zone(self, appointment: Appointment) -> str:
        person = self._people.get(appointment.person_id)
        return (person.profile.zone if person else None) or appointment.zone

    def _render(self, key: str, **facts: str) -> str:
        """On a phone that others may read, the same in neutral words."""
        facts |= {
            "clinic": self._practice.name, "phone": show_phone(self._practice.phone, self._practice.region),
            "emergency": self._practice.emergency_number,
        }  # fmt: skip
        return render((neutral(key) or key) if self._shared else key, "sms", self._locale, **facts).text
