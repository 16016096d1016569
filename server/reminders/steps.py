"""Every kind of message: its words, when it is still wanted, and what may hold it back. A new step is one line here,
a text in `notifications/words`, and an event `MessageAsked` from whoever needs it (docs/protocol.md, "Messages").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from server.appointments.machine import Status as Appt
from server.people import consents

SMS, EMAIL, VOICE, CALL = "sms", "email", "voice", "call"
CHANNELS = (SMS, EMAIL, VOICE, CALL)  # CALL is the staff's call list, for whom no machine can reach
SYSTEM = {SMS: "phone", VOICE: "phone", EMAIL: "email"}  # channel -> kind of contact point
TEXT_FIRST = (SMS, VOICE, EMAIL)
MAIL_FIRST = (EMAIL, SMS, VOICE)

BOOKED = frozenset({Appt.booked.value})
ALIVE = frozenset({Appt.booked.value, Appt.arrived.value})
OVER = frozenset({Appt.cancelled.value, Appt.entered_in_error.value})
ANY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Kind:
    """`text` is a key of the words, None for what only the call list gets.

    `wanted`: states of the appointment in which it is sent; empty for what speaks of no appointment's state.
    `asked`: the person asked for it, so it may fall in quiet hours. `counted`: unsolicited, so the caps hold.
    `answered`: an answer to an earlier message makes it needless. `life`: how long after its due time it is of use
    when the visit does not say so. `near`: a text about a visit so near is the way into it and waits for no morning.
    `planned`: the plan of the practice says whether and when (server.reminders.rules).
    """

    text: str | None
    wanted: frozenset[str] = ALIVE
    asked: bool = False
    counted: bool = False
    answered: bool = False
    calendar: str | None = None
    channels: tuple[str, ...] = TEXT_FIRST
    life: timedelta = timedelta(days=1)
    near: timedelta = timedelta(hours=12)
    planned: bool = False

    @property
    def fleeting(self) -> bool:
        """Of use for its own short life and no longer, wherever the visit is: an offer, a code, a summons."""
        return self.life < timedelta(days=1)


STEPS: dict[str, Kind] = {
    # planned with the visit
    "confirmation": Kind("visit_confirmation", calendar="REQUEST", planned=True),
    "reminder": Kind("visit_reminder", BOOKED, counted=True, answered=True, calendar="REQUEST", planned=True),
    "unconfirmed": Kind(None, BOOKED, answered=True, channels=(CALL,), planned=True),
    "link": Kind("visit_link", BOOKED, asked=True, planned=True),
    "rescue": Kind("visit_missed", BOOKED, asked=True, life=timedelta(minutes=20), planned=True),
    "noshow": Kind(None, BOOKED, channels=(CALL,), life=timedelta(hours=2), planned=True),
    # when something happens
    "summons": Kind("summons", ALIVE, asked=True, life=timedelta(minutes=15)),
    "moved": Kind("visit_moved", calendar="REQUEST"),
    "colleague": Kind("visit_colleague", calendar="REQUEST"),
    "correction": Kind("visit_correction", calendar="REQUEST"),
    "cancelled": Kind("visit_cancelled", OVER, calendar="CANCEL"),
    "late": Kind("visit_late", ALIVE, asked=True, life=timedelta(minutes=45)),
    "in-time": Kind("visit_in_time", ALIVE, asked=True, life=timedelta(minutes=45)),
    # by a person of the staff, for whom nobody was reached
    "again": Kind("visit_confirmation", calendar="REQUEST"),
    "told": Kind(None, ANY, channels=(CALL,)),
    # asked for by `MessageAsked`
    "offer": Kind("slot_offer", ANY, life=timedelta(minutes=10)),
    "choose": Kind("visit_choose", BOOKED, channels=(SMS,)),
    "fresh-link": Kind("fresh_link", ALIVE, asked=True, life=timedelta(minutes=30)),
    # anybody can ask for it who knows a number, so it wakes nobody but right before the visit
    "same-link": Kind("visit_confirmation", ALIVE, life=timedelta(hours=12), near=timedelta(hours=1)),
    **{
        f"help-{one}": Kind(f"help_{one}", ALIVE, asked=True, life=timedelta(minutes=30))
        for one in ("iphone", "android", "computer", "app", "voice", "join")
    },
    "code": Kind("code", ALIVE, asked=True, life=timedelta(minutes=10)),
    "new-message": Kind("new_message", ANY, counted=True),
}  # fmt: skip


_PURPOSES = {"new_message": consents.MESSAGES, "slot_offer": consents.OFFERS}


def purpose_of(kind: Kind) -> str:
    """What somebody consents to who gets messages of this kind."""
    return _PURPOSES.get(kind.text or "", consents.VISITS)


def kind_of(step: str) -> Kind:
    """The kind of a step: what stands before its first dot (`reminder.48h`)."""
    return STEPS[step.partition(".")[0]]
