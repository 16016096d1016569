"""What may be told of counts in which single people could be seen."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

FEW = 5  # of fewer people nothing is told but how many: it would be one person's wait, or answer


def told(counts: Mapping[K, int]) -> dict[K, int]:
    """The counts without those that tell of fewer than five people, and without as many of the next greater ones as it
    takes that what is left out cannot be worked out from the sum: together they are five or more. That nobody said
    something is told beside what many said."""
    shown, hidden = dict(counts), 0
    for name, count in sorted(counts.items(), key=lambda one: one[1]):
        if count and (count < FEW or 0 < hidden < FEW):
            hidden += shown.pop(name)
    return shown if any(shown.values()) else {}
