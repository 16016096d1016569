"""Every table of the clinic, so that migrations and tests can know them all by one import."""

from __future__ import annotations

from server.absences import tables as absences
from server.access import tables as access
from server.api import idempotency
from server.appointments import hours_tables as hours
from server.appointments import interpreter_tables as interpreters
from server.appointments import pool_tables as pools
from server.appointments import tables as appointments
from server.audit import tables as audit
from server.conversations import tables as conversations
from server.intake import tables as intake
from server.people import tables as people
from server.push import tables as push
from server.reminders import dialogue_tables as dialogues
from server.reminders import tables as reminders
from server.store import outbox, turns
from server.tasks import tables as tasks
from server.vault import tables as vault
from server.visits import tables as visits
from server.waiting import tables as waiting
from server.waitlist import tables as waitlist

MODULES = (
    absences, access, appointments, audit, conversations, dialogues, hours, idempotency, intake, interpreters, outbox,
    people, pools, push, reminders, tasks, turns, vault, visits, waiting, waitlist,
)  # fmt: skip
