"""The unsubscribe address of a mail (RFC 8058): whoever has the mail may end it, without signing in.

    /v1/mail/unsubscribe/<contact id><22 characters of an HMAC>

GET asks, so that scanners that open links end nothing; POST writes the consent ledger. Texts and calls go on.
"""

from __future__ import annotations

import hmac

from sqlalchemy import select
from sqlmodel import col

from notifications.unsubscribe_page import page
from server.access.service import practice_of
from server.api.context import Answer, Context
from server.api.routing import Route
from server.core.errors import NotFound
from server.core.ids import b64
from server.core.lp import lp
from server.core.principal import system
from server.people import consents
from server.people.service import open_people
from server.people.tables import ContactPoint, PersonContact
from server.store.unit import Unit
from server.vault.port import KeyPort

_ID = 22


def token_of(keys: KeyPort, contact_id: str) -> str:
    """The last part of the address: 44 characters."""
    return _token(keys.derive("unsubscribe"), contact_id)


def _token(key: bytes, contact_id: str) -> str:
    return contact_id + b64(hmac.digest(key, lp("careroom/unsubscribe/v1", contact_id), "sha256"))[:_ID]


class Addresses:
    """The addresses of many mailboxes: the key is derived once."""

    def __init__(self, keys: KeyPort, public_url: str) -> None:
        self._key = keys.derive("unsubscribe")
        self._public_url = public_url

    def of(self, contact_id: str) -> str:
        return f"{self._public_url}/v1/mail/unsubscribe/{_token(self._key, contact_id)}"


async def ask(ctx: Context) -> Answer:
    """The question, with one button."""
    async with ctx.ports.desk.unit(system((await _contact(ctx)).tenant), write=False) as unit:
        return await _page(unit, await _contact(ctx), done=False)


async def end(ctx: Context, body: bytes) -> Answer:  # noqa: ARG001 - the address says it all
    """Done: no more mail to this mailbox."""
    contact = await _contact(ctx)
    async with ctx.ports.desk.unit(system(contact.tenant)) as unit:
        await consents.decide(unit, await unit.get(ContactPoint, contact.id), granted=False, source="unsubscribe")
        return await _page(unit, contact, done=True)


async def _contact(ctx: Context) -> ContactPoint:
    """Raises NotFound for an address that we did not make."""
    token = ctx.path("token")
    contact_id = token[:_ID]
    if not hmac.compare_digest(token, token_of(ctx.ports.keys, contact_id)):
        raise NotFound("This address does not work. Please use the one in our newest mail, or call the clinic.")
    query = select(ContactPoint).where(col(ContactPoint.id) == contact_id, col(ContactPoint.system) == "email")
    found = (await ctx.unit.session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("This address does not work. Please use the one in our newest mail, or call the clinic.")
    return found


async def _page(unit: Unit, contact: ContactPoint, *, done: bool) -> Answer:
    practice = await practice_of(unit)
    link = await unit.first(unit.select(PersonContact).where(col(PersonContact.contact_id) == contact.id))
    people = await open_people(unit, [link.person_id]) if link is not None else {}
    locale = next((one.profile.language for one in people.values()), practice.locale)
    return Answer(page(practice.name, locale, done=done), media_type="text/html")


ROUTES = [
    Route("GET", "/v1/mail/unsubscribe/{token}", ask, "mail.ask", problems=[NotFound], writes=False),
    Route("POST", "/v1/mail/unsubscribe/{token}", end, "mail.unsubscribe", problems=[NotFound], writes=False,
          raw="application/x-www-form-urlencoded, multipart/form-data", idempotent=False),
]  # fmt: skip
