"""A free time, and why it was picked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, order=True)
class Free:
    """A time at which a provider could see somebody."""

    start: datetime
    provider_id: str


@dataclass(frozen=True, slots=True)
class Pick:
    free: Free
    why: str
