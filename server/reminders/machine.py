"""A reminder's way from planned to delivered (GOV.UK Notify's words)."""

from __future__ import annotations

from enum import StrEnum

from server.core.machine import Machine


class Status(StrEnum):
    scheduled = "scheduled"
    sending = "sending"
    sent = "sent"
    delivered = "delivered"
    retrying = "retrying"
    failed = "failed"
    cancelled = "cancelled"


class Act(StrEnum):
    claim = "claim"
    accept = "accept"
    deliver = "deliver"
    fail_temporary = "fail_temporary"
    fail_permanent = "fail_permanent"
    cancel = "cancel"
    give_up = "give_up"
    release = "release"
    replay = "replay"
    plan = "plan"


_S, _A = Status, Act
machine = Machine(
    "The reminder",
    initial=_S.scheduled,
    table={
        (_S.scheduled, _A.claim): _S.sending,
        (_S.scheduled, _A.cancel): _S.cancelled,
        (_S.scheduled, _A.give_up): _S.failed,
        (_S.retrying, _A.claim): _S.sending,
        (_S.retrying, _A.cancel): _S.cancelled,
        (_S.retrying, _A.give_up): _S.failed,
        (_S.sending, _A.claim): _S.sending,
        (_S.sending, _A.accept): _S.sent,
        (_S.sending, _A.deliver): _S.delivered,
        (_S.sending, _A.fail_temporary): _S.retrying,
        (_S.sending, _A.fail_permanent): _S.failed,
        (_S.sending, _A.cancel): _S.cancelled,
        (_S.sending, _A.release): _S.scheduled,
        (_S.sent, _A.deliver): _S.delivered,
        (_S.sent, _A.fail_permanent): _S.failed,
        (_S.failed, _A.deliver): _S.delivered,
        (_S.failed, _A.replay): _S.scheduled,
        (_S.cancelled, _A.plan): _S.scheduled,
    },
)
