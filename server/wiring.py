"""Who joins whose transaction: a higher feature listens to a lower one's event. The lower one never knows."""

from __future__ import annotations

from server.conversations import service as conversations
from server.events import AppointmentBooked, EntryChanged
from server.reminders import planning as reminders
from server.store.unit import Listener
from server.visits import service as visits

LISTENERS: dict[type, tuple[Listener, ...]] = {
    AppointmentBooked: (visits.when_booked, conversations.when_booked, reminders.when_booked),
    EntryChanged: (visits.when_entry_changed,),
}
