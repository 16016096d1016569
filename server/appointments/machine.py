"""FHIR Appointment.status, and which acts move it."""

from __future__ import annotations

from enum import StrEnum

from server.core.machine import Machine


class Status(StrEnum):
    proposed = "proposed"
    pending = "pending"
    booked = "booked"
    arrived = "arrived"
    fulfilled = "fulfilled"
    cancelled = "cancelled"
    noshow = "noshow"
    entered_in_error = "entered-in-error"


class Act(StrEnum):
    request = "request"
    book = "book"
    move = "move"
    hand_over = "hand_over"
    arrive = "arrive"
    fulfil = "fulfil"
    cancel = "cancel"
    mark_noshow = "mark_noshow"
    retract = "retract"


_S, _A = Status, Act
machine = Machine(
    "The appointment",
    initial=_S.proposed,
    table={
        (_S.proposed, _A.request): _S.pending,
        (_S.proposed, _A.book): _S.booked,
        (_S.proposed, _A.cancel): _S.cancelled,
        (_S.pending, _A.book): _S.booked,
        (_S.pending, _A.cancel): _S.cancelled,
        (_S.booked, _A.move): _S.booked,
        (_S.booked, _A.hand_over): _S.booked,
        (_S.booked, _A.arrive): _S.arrived,
        (_S.booked, _A.cancel): _S.cancelled,
        (_S.booked, _A.mark_noshow): _S.noshow,
        (_S.arrived, _A.move): _S.booked,
        (_S.arrived, _A.hand_over): _S.arrived,
        (_S.arrived, _A.fulfil): _S.fulfilled,
        (_S.arrived, _A.cancel): _S.cancelled,
        (_S.noshow, _A.arrive): _S.arrived,
        (_S.proposed, _A.retract): _S.entered_in_error,
        (_S.pending, _A.retract): _S.entered_in_error,
        (_S.booked, _A.retract): _S.entered_in_error,
        (_S.arrived, _A.retract): _S.entered_in_error,
        (_S.cancelled, _A.retract): _S.entered_in_error,
        (_S.noshow, _A.retract): _S.entered_in_error,
        (_S.fulfilled, _A.retract): _S.entered_in_error,
    },
)
