"""Every way a request can fail, as RFC 9457 problems.

    Problem
    ├── Unauthenticated 401        who are you?
    ├── Forbidden 403              known, but not allowed
    ├── NotFound 404               absent, or not yours to know about
    ├── Conflict 409               the world moved on
    │   ├── StaleVersion           somebody else changed it first
    │   ├── ImpossibleMove         the state machine has no such step
    │   ├── SlotTaken              the time is booked
    │   ├── PersonElsewhere        the person has another visit then
    │   ├── StaleEpoch             the conversation has a newer epoch
    │   └── IdempotencyConflict    same key, different request
    ├── Gone 410                   the link's visit is closed
    ├── Invalid 422                the payload has faults, each with a JSON pointer
    ├── RefusedEpoch 422           an epoch, certificate or entry breaks a protocol rule
    ├── TooLarge 413
    ├── TooMany 429
    └── Unavailable 503            a part we need is away

`slug` is stable and stands in the docs; the same slug travels on the socket.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in a payload: `pointer` is an RFC 6901 JSON pointer."""

    pointer: str
    detail: str


class Problem(Exception):  # noqa: N818 - the RFC's own word
    """Base of all expected failures. `detail` is one plain sentence: what happened and what to do next."""

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"
    status: ClassVar[int] = 500

    def __init__(self, detail: str, *, errors: Sequence[Fault] = (), **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = extra


class Unauthenticated(Problem):
    slug, title, status = "unauthenticated", "Please sign in", 401


class Forbidden(Problem):
    slug, title, status = "forbidden", "This is not allowed", 403


class NotFound(Problem):
    slug, title, status = "not-found", "There is nothing here", 404


class MethodNotAllowed(Problem):
    slug, title, status = "method-not-allowed", "This address does not take that method", 405


class Conflict(Problem):
    slug, title, status = "conflict", "This conflicts with what is stored", 409


class StaleVersion(Conflict):
    slug, title = "stale-version", "Somebody changed this first"


class ImpossibleMove(Conflict):
    slug, title = "impossible-move", "This step is not possible now"


class SlotTaken(Conflict):
    slug, title = "slot-taken", "This time is taken"


class PersonElsewhere(Conflict):
    slug, title = "person-elsewhere", "This person has another visit then"


class StaleEpoch(Conflict):
    slug, title = "stale-epoch", "The conversation has a newer key"


class IdempotencyConflict(Conflict):
    slug, title = "idempotency-conflict", "This request was already used for something else"


class Gone(Problem):
    slug, title, status = "gone", "This visit has ended", 410


class TooLarge(Problem):
    slug, title, status = "too-large", "This is too large", 413


class UnsupportedMedia(Problem):
    slug, title, status = "unsupported-media-type", "This kind of content is not understood", 415


class Invalid(Problem):
    slug, title, status = "invalid", "Something in the request needs fixing", 422


class RefusedEpoch(Problem):
    slug, title, status = "refused-epoch", "This key record breaks the protocol", 422


class TooMany(Problem):
    slug, title, status = "too-many", "Too many tries", 429


class Internal(Problem):
    """An unexpected fault: a bug. Carries no detail of the cause to the outside."""


class Unavailable(Problem):
    slug, title, status = "unavailable", "A part we need is away", 503


def all_problems(base: type[Problem] = Problem) -> list[type[Problem]]:
    """Every problem class that has a slug of its own, in definition order."""
    found: list[type[Problem]] = []
    for sub in base.__subclasses__():
        found.append(sub)
        found.extend(all_problems(sub))
    return found
