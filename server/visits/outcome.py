"""What came of a visit, proposed from the facts of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

SHORT = timedelta(minutes=1)  # nobody was seen in less


class Outcome(StrEnum):
    completed = "completed"
    by_phone = "by-phone"
    left = "left-before-seen"
    failed = "technical-failure"


def proposed(started_at: datetime | None, ended_at: datetime, media: str) -> Outcome:
    """By what it was held, and whether there was time to see anybody. A failure is for a person to say."""
    if started_at is None or ended_at - started_at < SHORT:
        return Outcome.left
    return Outcome.by_phone if media == "phone" else Outcome.completed
