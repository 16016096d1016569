"""A code to the number (or mailbox) on file, by which a further device shows whose it is."""

from __future__ import annotations

from dataclasses import replace

from server.access import confirming, issues
from server.api.context import Answer, Context
from server.api.routing import Route
from server.core.errors import Conflict, TooMany
from server.events import MessageAsked
from server.people.service import hold_contact, masked
from server.reminders.listeners import leaves_now, plan
from server.waiting.devices import own
from server.waiting.schemas import Nothing


async def ask_code(ctx: Context, _body: Nothing) -> Answer:
    """Send a code. Raises Conflict when none would arrive within its life: then nothing is said to be on its way."""
    appointment, link, session = await own(ctx)
    asked = MessageAsked(
        step="code", person_id=appointment.person_id, subject=appointment.id, number=appointment.revision,
        appointment_id=appointment.id,
    )  # fmt: skip
    way = await leaves_now(ctx.unit, asked)
    if way is None:
        raise Conflict("The clinic has no number of yours that works now. Use your birth date, or call the clinic.")
    planned, reach = way
    await hold_contact(ctx.unit, reach.contact.id)
    n = await confirming.ask_code(ctx.unit, link, session)
    if not await issues.take(ctx.unit, reach.contact.id, "code"):
        raise issues.refused()
    facts = {"code": confirming.code_of(ctx.ports.keys, link.id, n)}
    asked = asked.model_copy(update={"step": f"code.{n}", "facts": facts})
    await plan(ctx.unit, asked, replace(planned, step=asked.step))
    ctx.unit.record("E", "device.code", "Session", session.id, person_id=appointment.person_id)
    return Answer({"to": masked(reach), "seconds": int(confirming.CODE_LIFE.total_seconds())}, 202)


ROUTES = [
    Route("POST", "/v1/my/code", ask_code, "device.code_own", body=Nothing, status=202,
          problems=[Conflict, TooMany], idempotent=False),
]  # fmt: skip
