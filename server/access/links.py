"""The patient's link: `/j/<id>#<secret>`, one for the life of a visit.

The secret is HMAC-SHA-256(link key, LP(id, generation)), so a later reminder
can print the same link without any secret being stored; the row holds only
its SHA-256. Opening burns nothing, because mail scanners open links too; only
"I'm ready" binds the first device (`access.confirming`).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from sqlmodel import col

from server.access.tables import Guest, Link
from server.core.errors import NotFound
from server.core.ids import b64, new_id
from server.core.lp import lp
from server.store.unit import Unit
from server.vault.port import KeyPort


def secret_of(keys: KeyPort, link_id: str, generation: int) -> str:
    """The secret part: 43 base64url characters, 256 bits."""
    return _secret(keys.derive("link"), link_id, generation)


def _secret(key: bytes, link_id: str, generation: int) -> str:
    return b64(hmac.digest(key, lp("careroom/link/v1", link_id, str(generation)), "sha256"))


def renew(keys: KeyPort, link: Link | Guest) -> None:
    """A fresh secret under the next generation: every older one stops working."""
    link.generation += 1
    link.secret_hash = hash_of(secret_of(keys, link.id, link.generation))


OLD = 8  # generations back that still prove that somebody once had the link; they open nothing


def was_given(keys: KeyPort, link: Link, secret: str) -> bool:
    """Whether this is the link's secret of now or of an older message."""
    generations = range(link.generation, max(0, link.generation - OLD), -1)
    # No early end: which generation it was must not show in the time it takes.
    fits = [hmac.compare_digest(secret_of(keys, link.id, one).encode(), secret.encode()) for one in generations]
    return True in fits


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def url_of(keys: KeyPort, public_url: str, link: Link | Guest) -> str:
    page = "j" if isinstance(link, Link) else "g"
    return f"{public_url}/{page}/{link.id}#{secret_of(keys, link.id, link.generation)}"


class Secrets:
    """Addresses of many links: the key is derived once."""

    def __init__(self, keys: KeyPort, public_url: str) -> None:
        self._key = keys.derive("link")
        self._public_url = public_url

    def secret(self, link_id: str, generation: int) -> str:
        return _secret(self._key, link_id, generation)

    def url(self, link_id: str, generation: int) -> str:
        return f"{self._public_url}/j/{link_id}#{self.secret(link_id, generation)}"


def make(keys: KeyPort, tenant: str, appointment_id: str, person_id: str, now: datetime) -> Link:
    link_id = new_id()
    return Link(
        id=link_id, tenant=tenant, appointment_id=appointment_id, person_id=person_id,
        secret_hash=hash_of(secret_of(keys, link_id, 1)), created_at=now,
    )  # fmt: skip


def prove(link: Link | Guest, secret: str) -> None:
    """Raises NotFound unless `secret` opens this link: a wrong secret learns nothing, not even that the link exists."""
    if not hmac.compare_digest(link.secret_hash, hash_of(secret)):
        raise NotFound("This link does not work. Please use the newest message from the clinic, or call the clinic.")


async def of_appointment(unit: Unit, appointment_id: str) -> Link:
    link = await unit.first(
        unit.select(Link).where(col(Link.appointment_id) == appointment_id).order_by(col(Link.created_at).desc())
    )
    if link is None:
        raise NotFound("This appointment has no link.")
    return link
