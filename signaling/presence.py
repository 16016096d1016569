"""Who is connected to this instance.

Counted per subject: a person with two pages open is present once. This is a hint for
display; whether a patient has left the waiting room is decided by `last_seen` in the
database, which survives the end of an instance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable


def _nobody_asks(_subject: str) -> None:
    return


class Presence:
    """`on_present` runs at a subject's first connection here, `on_absent` when the last one has ended."""

    def __init__(
        self, on_present: Callable[[str], None] = _nobody_asks, on_absent: Callable[[str], None] = _nobody_asks
    ) -> None:
        self.on_present, self.on_absent = on_present, on_absent
        self._here: Counter[str] = Counter()

    def enter(self, subject: str) -> None:
        self._here[subject] += 1
        if self._here[subject] == 1:
            self.on_present(subject)

    def leave(self, subject: str) -> None:
        """Raises KeyError for a subject that is not here."""
        if subject not in self._here:
            raise KeyError(subject)
        self._here[subject] -= 1
        if not self._here[subject]:
            del self._here[subject]
            self.on_absent(subject)

    def here(self, subject: str) -> bool:
        return subject in self._here

    def subjects(self) -> frozenset[str]:
        """Everyone here; the server refreshes `last_seen` for them in one statement."""
        return frozenset(self._here)
