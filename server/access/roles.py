"""The one policy table: action × role × relation.

A relation narrows a role: `practice` = anything of one's own practice, `own` =
only what belongs to one's own appointment, `any` = open to everybody who can
name it (a link's secret is then the proof). An action that is not in the table
is refused for everyone, and a test walks every route.
"""

from __future__ import annotations

from enum import StrEnum

from server.core.principal import GUESTS, Role


class Relation(StrEnum):
    any = "any"
    own = "own"
    practice = "practice"


_STAFF = {Role.provider: Relation.practice, Role.scheduler: Relation.practice, Role.admin: Relation.practice}
_CARE_TEAM = {Role.patient: Relation.own, Role.provider: Relation.practice, Role.scheduler: Relation.practice,
              Role.admin: Relation.practice}  # fmt: skip
_DESK = {Role.scheduler: Relation.practice, Role.admin: Relation.practice}
_OWN_DEVICES = {Role.patient: Relation.own, Role.unconfirmed: Relation.own}
_GUESTS = dict.fromkeys(GUESTS, Relation.own)
_EVERYONE = dict.fromkeys(Role, Relation.any)

POLICY: dict[str, dict[Role, Relation]] = {
    "session.create": _EVERYONE,
    "session.end": {**_OWN_DEVICES, **_GUESTS, **_STAFF},
    "session.read": {Role.patient: Relation.own, **_STAFF},
    "link.open": _EVERYONE,
    "link.ready": _EVERYONE,
    "link.fresh": _EVERYONE,
    "link.lost": _EVERYONE,
    "link.renew": _STAFF,
    "device.code_own": {Role.unconfirmed: Relation.own},
    "device.confirm_own": {Role.unconfirmed: Relation.own},
    "device.confirm": _STAFF,
    "device.end": _STAFF,
    "intake.read_own": {Role.patient: Relation.own},
    "intake.say_own": {Role.patient: Relation.own},
    "intake.answer_own": {Role.patient: Relation.own},
    "intake.read": _STAFF,
    "intake.say": _STAFF,
    "intake.ask": _STAFF,
    "intake.answer": _STAFF,
    "licence.decide": {Role.provider: Relation.practice},
    "licence.read": {Role.admin: Relation.practice},
    "licence.write": {Role.admin: Relation.practice},
    "questionnaire.list": _STAFF,
    "questionnaire.write": {Role.admin: Relation.practice},
    "guest.open": _EVERYONE,
    "guest.ready": _EVERYONE,
    "guest.claim": _EVERYONE,
    "guest.read_own": {**_GUESTS, Role.anonymous: Relation.any},  # nobody yet: an empty answer
    "interpreter.list": _STAFF,
    "interpreter.write": _DESK,
    "interpreter.ask": _STAFF,
    "guest.invite": _STAFF,
    "guest.invite_own": {Role.patient: Relation.own},
    "guest.agree": {Role.patient: Relation.own},
    "guest.admit": {Role.provider: Relation.practice},
    "guest.by_phone": {Role.provider: Relation.practice},
    "guest.mute": {Role.provider: Relation.practice},
    "guest.aside": {Role.provider: Relation.practice},
    "guest.end": _STAFF,
    "guest.end_own": {Role.patient: Relation.own},
    "visit.read_own": {
        Role.patient: Relation.own,
        Role.unconfirmed: Relation.own,
        Role.anonymous: Relation.any,
    },  # nobody yet: an empty answer
    "visit.check_in": {Role.patient: Relation.own},
    "visit.leave": {Role.patient: Relation.own},
    "visit.readiness": {Role.patient: Relation.own},
    "visit.elsewhere": {Role.patient: Relation.own},
    "visit.cannot_wait": {Role.patient: Relation.own},
    "visit.feel_worse": {Role.patient: Relation.own},
    "live.ticket": {**_CARE_TEAM, Role.unconfirmed: Relation.own, **_GUESTS},
    "board.read": _STAFF,
    "schedule.read": _STAFF,
    "waiting.see": _STAFF,
    "waiting.call": {Role.provider: Relation.practice},
    "waiting.admit": {Role.provider: Relation.practice},
    "waiting.requeue": {Role.provider: Relation.practice},
    "waiting.transfer": _STAFF,
    "waiting.triage": _STAFF,
    "waiting.walk_in": _STAFF,
    "waiting.check_in_for": _STAFF,
    "late.read": _STAFF,
    "late.say": _STAFF,
    "figures.read": {Role.admin: Relation.practice},
    "waiting.figures": {Role.admin: Relation.practice},
    "pool.list": _STAFF,
    "pool.write": _DESK,
    "assist.ring": _STAFF,
    "assist.phone": _STAFF,
    "assist.step": _STAFF,
    "visit.join": {Role.provider: Relation.practice},
    "visit.lead": {Role.provider: Relation.practice},
    "group.admit": {Role.provider: Relation.practice},
    "group.show": {Role.patient: Relation.own},
    "visit.paths": {Role.patient: Relation.own, Role.provider: Relation.practice},
    "practice.media": {Role.admin: Relation.practice},
    "visit.hold": {Role.provider: Relation.practice},
    "visit.note": {Role.provider: Relation.practice},
    "visit.put_back": {Role.provider: Relation.practice},
    "visit.relay": {Role.patient: Relation.own, Role.provider: Relation.practice, **_GUESTS},
    "visit.line": {Role.patient: Relation.own, Role.provider: Relation.practice},
    "visit.lines": _STAFF,
    "visit.call_back": {Role.patient: Relation.own, Role.provider: Relation.practice},
    "visit.hang_up": {Role.patient: Relation.own, Role.provider: Relation.practice},
    "visit.emergency": {Role.provider: Relation.practice},
    "account.phone": {Role.provider: Relation.practice},
    "account.phone_write": {Role.provider: Relation.practice},
    "visit.end": {Role.provider: Relation.practice},
    "visit.outcome": {Role.provider: Relation.practice},
    "visit.follow_up": {Role.provider: Relation.practice},
    "visit.summary": {Role.provider: Relation.practice},
    "visit.survey": {Role.patient: Relation.own},
    "visit.survey_figures": {Role.admin: Relation.practice},
    "task.list": _STAFF,
    "task.accept": _STAFF,
    "task.release": _STAFF,
    "task.complete": _STAFF,
    "task.cancel": _STAFF,
    "person.search": _STAFF,
    "person.create": _DESK,
    "contact.read": _STAFF,
    "contact.write": _DESK,
    "provider.list": _STAFF,
    "visit_type.list": _STAFF,
    "visit_type.write": {Role.admin: Relation.practice},
    "slot.find": _STAFF,
    "hold.create": _DESK,
    "hold.release": _DESK,
    "hours.read": _STAFF,
    "openings.read": _STAFF,
    "hours.write": _DESK,
    "appointment.book": _DESK,
    "appointment.preview": _DESK,
    "group.book": _DESK,
    "group.add": _DESK,
    "series.preview": _DESK,
    "series.book": _DESK,
    "appointment.move": _DESK,
    "absence.draft": _DESK,
    "absence.read": _DESK,
    "absence.write": _DESK,
    "waitlist.read": _STAFF,
    "waitlist.write": _DESK,
    "offer.take_for": _DESK,
    "offer.read_own": {Role.patient: Relation.own},
    "offer.take": {Role.patient: Relation.own},
    "appointment.cancel": _DESK,
    "appointment.no_show": _STAFF,
    "appointment.note": _STAFF,
    "appointment.ledger": _STAFF,
    "delivery.list": _STAFF,
    "delivery.repair": _STAFF,
    "delivery.figures": {Role.admin: Relation.practice},
    "prices.read": {Role.admin: Relation.practice},
    "prices.write": {Role.admin: Relation.practice},
    "reminder_plan.read": _STAFF,
    "reminder_plan.write": {Role.admin: Relation.practice},
    "appointment.interpreter": _DESK,
    "hl7.import": _DESK,
    "practice.keys": _CARE_TEAM,
    "device.request": _STAFF,
    "device.read_own": _STAFF,
    "device.list": {Role.admin: Relation.practice},
    "device.certify": {Role.admin: Relation.practice},
    "device.revoke": _CARE_TEAM,
    "conversation.read": _CARE_TEAM,
    "conversation.messages": _CARE_TEAM,
    "conversation.keys": _CARE_TEAM,
    "conversation.invite": _STAFF,
    "conversation.claim": {Role.patient: Relation.own},
    "conversation.epoch": _CARE_TEAM,
    "conversation.post": _CARE_TEAM,
    "push.subscribe": _CARE_TEAM,
    "phones.read": _STAFF,
    "phones.write": {Role.admin: Relation.practice},
    "audit.read": {Role.admin: Relation.practice},
    "records.export": {Role.admin: Relation.practice},
    "sms.inbound": _EVERYONE,
    "sms.status": _EVERYONE,
    "mail.ask": _EVERYONE,
    "mail.unsubscribe": _EVERYONE,
    "demo": _EVERYONE,
}

GUEST_SEES: dict[Role, frozenset[str]] = {
    Role.interpreter: frozenset({"language", "provider", "place"}),
    Role.family: frozenset({"provider", "place"}),
    Role.trainee: frozenset({"provider", "agreement"}),
}
"""What a guest is shown beside clinic, time and stage. None of them sees the patient's name, reason,
messages or intake.

`language` to be interpreted, `provider` the name of whom the visit is with, `place` in line, `agreement` the patient's
answer: a trainee comes in only after a yes.
"""


def relation(action: str, role: Role) -> Relation | None:
    """How far `role` may go with `action`; None is no."""
    return POLICY.get(action, {}).get(role)
