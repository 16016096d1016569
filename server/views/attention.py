"""What about a visit needs a human, worked out from facts each time: nothing of it is stored.

| kind | the fact |
|---|---|
| `unreachable` | nobody can be written to: neither a number nor an address takes messages |
| `undelivered` | the newest message failed, and no other channel has carried one |
| `displaced` | its provider is away then, and it has no other time yet |
| `declined`, `tentative` | the patient answered that they cannot come, or not then (FHIR ParticipationStatus) |
| `unconfirmed` | a message arrived and no answer came; pressing only as the visit comes near |
| `device` | who waits has no microphone, or no camera for a visit by video |
| `interpreter` | an interpreter is asked for and nobody has agreed |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from server.appointments.machine import Status
from server.waiting.machine import IN_LINE
from server.waiting.machine import Status as Entry
from server.waiting.tables import WaitingRoomEntry

_COMING = {Status.booked.value, Status.arrived.value}
_GONE_OUT = {"sent", "delivered"}
_NO_FAULT = {"ok", "unchecked"}


class About(Protocol):
    """What is asked of an appointment."""

    @property
    def status(self) -> str: ...
    @property
    def participation(self) -> str: ...
    @property
    def interpreter(self) -> bytes | None: ...
    @property
    def interpreter_status(self) -> str | None: ...
    @property
    def displaced(self) -> bool: ...


def attention(appointment: About, delivery: Mapping[str, str | None], entry: WaitingRoomEntry | None) -> list[str]:
    """The kinds that hold, the most pressing first. `delivery` is the newest message's state by channel."""
    if appointment.status not in _COMING:
        return []
    found = ["displaced"] if appointment.displaced else []
    if entry is not None and Entry(entry.status) in IN_LINE and _without_device(entry):
        found.append("device")
    if appointment.interpreter is not None and appointment.interpreter_status != "accepted":
        found.append("interpreter")
    if appointment.status == Status.booked and not appointment.displaced:
        found += _unanswered(appointment, [state for state in delivery.values() if state])
    return found


def _unanswered(appointment: About, states: list[str]) -> list[str]:
    if not states:
        return ["unreachable"]
    if appointment.participation in {"declined", "tentative"}:
        return [appointment.participation]
    arrived = any(state in _GONE_OUT for state in states)
    if "failed" in states and not arrived:
        return ["undelivered"]
    return ["unconfirmed"] if arrived and appointment.participation == "needs-action" else []


def _without_device(entry: WaitingRoomEntry) -> bool:
    if entry.media == "phone":
        return False
    no_picture = entry.media == "video" and entry.camera not in _NO_FAULT
    return no_picture or entry.microphone not in _NO_FAULT
