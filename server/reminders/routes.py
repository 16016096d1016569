"""Booking with its messages, and the ledger of what was sent."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl

from pydantic import BaseModel

from server.access import links
from server.access.tables import Link
from server.api.context import Answer, Context
from server.api.routing import Route
from server.appointments import service as appointments
from server.appointments.schemas import BookedOut, BookIn, MessagePreview, PreviewOut
from server.appointments.tables import Appointment
from server.core.errors import Forbidden, Invalid, NotFound, SlotTaken
from server.people.service import reaches
from server.reminders import replies, service
from server.reminders.planning import steps
from server.reminders.wording import Wording, preview, wording


class LedgerLine(BaseModel):
    step: str
    channel: str
    state: str
    due: datetime
    at: datetime | None
    attempts: int
    segments: int


class Ledger(BaseModel):
    lines: list[LedgerLine]


async def preview_booking(ctx: Context, body: BookIn) -> PreviewOut:
    """Exactly what would be sent, and when; books nothing."""
    made = await appointments.plan(ctx.unit, ctx.ports.keys, body)
    return PreviewOut(messages=await _messages(ctx, made.appointment, made.link))


async def book(ctx: Context, body: BookIn) -> BookedOut:
    """Book a visit: appointment, link, reminders, visit and conversation in one transaction."""
    appointment = await appointments.book(ctx.unit, ctx.ports.keys, body)
    row = await ctx.views.board_row(ctx.unit, appointment.id)
    link = await links.of_appointment(ctx.unit, appointment.id)
    return BookedOut(row=row, messages=await _messages(ctx, appointment, link))


async def ledger(ctx: Context) -> Ledger:
    """Every message of an appointment, from planned to delivered."""
    await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    rows = await service.ledger(ctx.unit, ctx.path("appointment_id"))
    return Ledger(
        lines=[
            LedgerLine(
                step=r.step, channel=r.channel, state=r.status, due=r.due, at=r.at, attempts=r.attempts,
                segments=r.segments,
            )
            for r in rows
        ]
    )  # fmt: skip


async def inbound_sms(ctx: Context, body: bytes) -> Answer:
    """A patient's text, delivered by Twilio; its signature is checked against the public address."""
    from notifications.sms_twilio import parse_inbound, signed_by_twilio  # its SDK loads slowly; few clinics need it

    form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    url = f"{ctx.settings.public_url}/v1/sms/inbound"
    token = ctx.settings.twilio_token
    if not token or not signed_by_twilio(token, url, form, ctx.request.headers.get("x-twilio-signature", "")):
        raise Forbidden("This text did not come from our SMS provider.")
    await replies.handle(ctx.ports, parse_inbound(form))
    return Answer(b"<Response/>", media_type="text/xml")


async def _messages(ctx: Context, appointment: Appointment, link: Link) -> list[MessagePreview]:
    words: Wording = await wording(ctx.unit, appointment)
    planned = steps(appointment, await reaches(ctx.unit, appointment.person_id), ctx.unit.clock.now())
    shown = []
    for step in sorted(planned, key=lambda one: (one.due, one.channel)):
        body, count = preview(words, step, ctx.ports.keys, ctx.settings, link)
        shown.append(MessagePreview(channel=step.channel, step=step.step, due=step.due, body=body, segments=count))
    return shown


_BOOKING = [NotFound, Invalid]
ROUTES = [
    Route("POST", "/v1/appointments", book, "appointment.book", body=BookIn, returns=BookedOut, status=201,
          problems=[*_BOOKING, SlotTaken]),
    Route("POST", "/v1/appointments/preview", preview_booking, "appointment.preview", body=BookIn, returns=PreviewOut,
          problems=_BOOKING, writes=False),
    Route("GET", "/v1/appointments/{appointment_id}/ledger", ledger, "appointment.ledger", returns=Ledger,
          problems=[NotFound]),
    Route("POST", "/v1/sms/inbound", inbound_sms, "sms.inbound", raw="application/x-www-form-urlencoded",
          writes=False, idempotent=False),
]  # fmt: skip
