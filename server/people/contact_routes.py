"""How a person is reached, seen and changed by staff; what is planned for their visits follows at once."""

from __future__ import annotations

from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict
from server.people import contacts
from server.people.contact_schemas import ContactChangeIn, ContactsOut, NewContactIn


async def listing(ctx: Context) -> ContactsOut:
    """Numbers and mailboxes of a person, and how careful to be there."""
    return await contacts.contacts(ctx.unit, ctx.path("person_id"))


async def add(ctx: Context, body: NewContactIn) -> ContactsOut:
    """Reach somebody at one more number or mailbox."""
    return await contacts.add(ctx.unit, ctx.ports.keys, ctx.path("person_id"), body)


async def change(ctx: Context, body: ContactChangeIn) -> ContactsOut:
    """Preference, safe hours, others who may read, and for what."""
    return await contacts.change(ctx.unit, ctx.path("person_id"), ctx.path("contact_id"), body)


async def remove(ctx: Context) -> ContactsOut:
    """They are not reached there any more."""
    return await contacts.remove(ctx.unit, ctx.path("person_id"), ctx.path("contact_id"))


_ALL, _ONE = "/v1/people/{person_id}/contacts", "/v1/people/{person_id}/contacts/{contact_id}"
ROUTES = [
    Route("GET", _ALL, listing, "contact.read", returns=ContactsOut),
    Route("POST", _ALL, add, "contact.write", body=NewContactIn, returns=ContactsOut, status=201, problems=[Conflict]),
    Route("PUT", _ONE, change, "contact.write", body=ContactChangeIn, returns=ContactsOut, problems=[Conflict]),
    Route("DELETE", _ONE, remove, "contact.write", returns=ContactsOut),
]  # fmt: skip
