"""Who joins whose transaction: a higher feature listens to a lower one's event. The lower one never knows."""

from __future__ import annotations

from server.absences import listeners as absences
from server.conversations import service as conversations
from server.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentChanged,
    AppointmentHandedOver,
    AppointmentMoved,
    ContactsChanged,
    DeviceConfirmed,
    EntryChanged,
    LateTold,
    LinkOpened,
    MessageAsked,
    MessagePosted,
    PatientSummoned,
    SessionsEnded,
    TaskEscalated,
)
from server.intake import listeners as intake
from server.push import listeners as push
from server.reminders import listeners as reminders
from server.reminders import missed, replanning
from server.store.unit import Listener
from server.visits import race
from server.visits import service as visits
from server.waiting import service as waiting
from server.waitlist import openings as waitlist

LISTENERS: dict[type, tuple[Listener, ...]] = {
    AppointmentBooked: (
        visits.when_booked,
        conversations.when_booked,
        reminders.when_booked,
        intake.when_booked,
    ),
    AppointmentMoved: (
        visits.when_moved,
        race.when_moved,
        waiting.when_moved,
        waitlist.when_moved,
        intake.when_handed_over,
        reminders.when_moved,
        absences.when_settled,
        missed.when_changed,
    ),
    AppointmentHandedOver: (reminders.when_handed_over, intake.when_handed_over, absences.when_settled),
    AppointmentCancelled: (
        visits.when_cancelled,
        race.when_cancelled,
        waiting.when_cancelled,
        waitlist.when_cancelled,
        reminders.when_cancelled,
        absences.when_settled,
        missed.when_changed,
    ),
    ContactsChanged: (replanning.when_contacts_changed,),
    MessagePosted: (push.when_posted,),
    SessionsEnded: (push.when_sessions_ended,),
    TaskEscalated: (push.when_escalated,),
    AppointmentChanged: (reminders.when_changed, waitlist.when_changed),
    LinkOpened: (missed.when_opened,),
    EntryChanged: (
        visits.when_entry_changed,
        push.when_entry_changed,
        intake.when_entry_changed,
        reminders.when_entry_changed,
        missed.when_entry_changed,
    ),
    LateTold: (reminders.when_late,),
    PatientSummoned: (reminders.when_summoned,),
    MessageAsked: (reminders.when_asked,),
    DeviceConfirmed: (conversations.when_device_confirmed,),
}
