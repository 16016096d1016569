"""The catalogue of what can happen: every event, its fields, its audience, its version.

An event names things by id and carries no personal data. Whom it reaches is a
property of its class, so the wrong-audience bug has one place to live; what
each audience is told about it is worked out by `server.views`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Audience(StrEnum):
    board = "board"  # staff of the practice
    schedule = "schedule"  # the same, for visits of any day: whatever the board hears
    patient = "patient"  # the one patient of the appointment, and the others in the same queue for their own place
    guest = "guest"  # the guests of an appointment; they hear with the patient, and less
    conversation = "conv"  # the patient and the care team of one conversation
    tasks = "tasks"  # staff of the practice, whatever page they have open


def topic(audience: Audience, subject_id: str) -> str:
    return f"{audience.value}:{subject_id}"


class DomainEvent(BaseModel):
    model_config = ConfigDict(frozen=True)
    type: ClassVar[str]
    audience: ClassVar[frozenset[Audience]]
    version: ClassVar[int] = 1


class OfAppointment(DomainEvent):
    appointment_id: str


class AppointmentBooked(OfAppointment):
    """`again`: a later visit of a series, told of by the confirmation of the first."""

    type = "appointment.booked"
    audience = frozenset({Audience.board})
    again: bool = False


class AppointmentChanged(OfAppointment):
    type = "appointment.changed"
    audience = frozenset({Audience.board, Audience.patient})


class AppointmentMoved(OfAppointment):
    """Another time, another provider or both; `was_*` is what it had. `by_patient`: they chose it and know. `again`: it
    moved along with another visit of its series."""

    type = "appointment.moved"
    audience = frozenset({Audience.board, Audience.patient})
    was_provider_id: str
    was_start: datetime
    was_end: datetime
    by_patient: bool = False
    again: bool = False


class AppointmentHandedOver(OfAppointment):
    """Somebody else sees the person who has arrived already; the time stays. Their page says so."""

    type = "appointment.handed-over"
    audience = frozenset({Audience.board, Audience.patient})
    was_provider_id: str


class AppointmentCancelled(OfAppointment):
    """Called off, its time given back. `tell`: the patient does not know yet."""

    type = "appointment.cancelled"
    audience = frozenset({Audience.board, Audience.patient})
    tell: bool = True


class LinkOpened(OfAppointment):
    type = "link.opened"
    audience = frozenset({Audience.board})


class LinkChanged(OfAppointment):
    """The link itself, the devices that came by it, or the guests of the visit are not what they were."""

    type = "link.changed"
    audience = frozenset({Audience.board, Audience.patient})


class DeviceConfirmed(OfAppointment):
    """A device of the patient is known better than before: by code, birth date, the desk, or face to face."""

    type = "device.confirmed"
    audience = frozenset({Audience.board, Audience.patient})
    further: bool  # not the first one: it needs an invite to the conversation of its own


class IntakeChanged(OfAppointment):
    """What the clinic was told for this visit is not what it was."""

    type = "intake.changed"
    audience = frozenset({Audience.board})


class EntryChanged(OfAppointment):
    """A waiting-room entry was made or moved; `moved` are the others of its lines (`lanes`) who have another place."""

    type = "entry.changed"
    audience = frozenset({Audience.board, Audience.patient})
    entry_status: str
    act: str = ""  # empty when it stayed in its state
    moved: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()


class PlacesForecast(OfAppointment):
    """Somebody's turn is expected at another time than was said before."""

    type = "entry.forecast"
    audience = frozenset({Audience.board, Audience.patient})


class PatientSummoned(OfAppointment):
    """Somebody who waits elsewhere should start out now: the pages show it, `server.reminders` texts it."""

    type = "entry.summoned"
    audience = frozenset({Audience.board, Audience.patient})
    entry_id: str


class LateTold(OfAppointment):
    """The person of this visit is told that it begins `minutes` late; 0: on time after all. `here`: their page is open
    and shows it; else `server.reminders` sends it."""

    type = "late.told"
    audience = frozenset({Audience.board, Audience.patient})
    minutes: int
    here: bool


class LatenessChanged(DomainEvent):
    """What was said of a line, or what is proposed to be said, is not what it was."""

    type = "lateness.changed"
    audience = frozenset({Audience.board})
    lane: str


class EntrySeen(OfAppointment):
    """Somebody of the staff looked at a person who waits: the others need not be alerted any more."""

    type = "entry.seen"
    audience = frozenset({Audience.board})


class VisitChanged(OfAppointment):
    type = "visit.changed"
    audience = frozenset({Audience.board, Audience.patient})


class CompanyChanged(OfAppointment):
    """Who else is in this patient's call, or how one of them is shown, is not what it was."""

    type = "visit.company"
    audience = frozenset({Audience.patient})


class DeliveryChanged(OfAppointment):
    type = "delivery.changed"
    audience = frozenset({Audience.board})


class OfTask(DomainEvent):
    task_id: str
    kind: str
    priority: str
    task_status: str
    appointment_id: str | None = None


class TaskChanged(OfTask):
    """A task was asked for, taken, handed back or closed."""

    type = "task.changed"
    audience = frozenset({Audience.tasks})


class TaskEscalated(OfTask):
    """Nobody took a `stat` task in time: `by` says what must call now (push or sms, to the staff)."""

    type = "task.escalated"
    audience = frozenset({Audience.tasks})
    step: int
    by: str


class MessageAsked(DomainEvent):
    """Somebody's page or act makes one message necessary: `server.reminders` plans it in the same transaction.

    `step` is one of `server.reminders.steps.STEPS`; with `subject` (an id) and `number` it is planned once, however
    often it is asked for. `facts` are what the text says beyond the visit's own time and link; they are sealed in the
    row and go nowhere else. See docs/protocol.md, "Messages".
    """

    type = "message.asked"
    audience = frozenset()
    step: str
    person_id: str
    subject: str
    number: int = 1
    appointment_id: str | None = None
    facts: dict[str, str] = {}
    due: datetime | None = None
    not_after: datetime | None = None


class SessionsEnded(DomainEvent):
    """Browsers that were signed out, or turned out; nobody's page shows it."""

    type = "sessions.ended"
    audience = frozenset()
    session_ids: list[str]


class ContactsChanged(DomainEvent):
    """Where, when or for what a person may be written to is not what it was."""

    type = "person.contacts"
    audience = frozenset()
    person_id: str


class MessagePosted(DomainEvent):
    type = "message.posted"
    audience = frozenset({Audience.conversation})
    conversation_id: str
    seq: int


class KeysChanged(DomainEvent):
    """Certificates, membership or the epoch of a conversation changed; listeners fetch the key state again."""

    type = "keys.changed"
    audience = frozenset({Audience.conversation})
    conversation_id: str


def catalogue(base: type[DomainEvent] = DomainEvent) -> list[type[DomainEvent]]:
    """Every concrete event class."""
    found = []
    for sub in base.__subclasses__():
        if "type" in sub.__dict__:
            found.append(sub)
        found.extend(catalogue(sub))
    return found
