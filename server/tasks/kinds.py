"""What can be asked of the staff, and how pressing it is. A new kind is a line here and a phrase on the pages."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    feel_worse = "feel-worse"  # somebody who waits says they feel worse
    self_harm = "self-harm"  # an answer of a questionnaire that must be seen at once
    urgent_message = "urgent-message"  # urgent words in a text message
    not_reached = "not-reached"  # no channel reached the person
    unconfirmed = "unconfirmed"  # nobody answered the reminders
    no_show = "no-show"  # ten minutes past the time and nobody came: mark it, or ring
    device_failed = "device-failed"  # camera or sound failed before the visit
    no_interpreter = "no-interpreter"  # nobody took the offer to interpret
    unseen_arrival = "unseen-arrival"  # somebody waits and nobody looked
    long_wait = "long-wait"  # the line or a wait passed what the practice allows
    answer_text = "answer-text"  # a text that the rules did not understand
    wrong_person = "wrong-person"  # "this is not me": the number belongs to somebody else
    call_back = "call-back"  # please ring this person
    displaced = "displaced"  # their provider is away: tell them the new time, or find one
    rebook = "rebook"  # somebody cannot come, or could not wait


class Priority(StrEnum):
    """FHIR RequestPriority, from the least to the most pressing."""

    routine = "routine"
    urgent = "urgent"
    asap = "asap"
    stat = "stat"
