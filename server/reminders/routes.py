"""Booking with its messages, and the ledger of what was sent."""

from __future__ import annotations

from urllib.parse import parse_qsl

from server.api.context import Answer, Context
from server.api.routing import Route
from server.appointments import elsewhere
from server.appointments import service as appointments
from server.appointments.schemas import BookedOut, BookIn, OutsideOut, PreviewIn, PreviewOut
from server.appointments.tables import Appointment
from server.core.errors import Forbidden, Invalid, NotFound, PersonElsewhere, SlotTaken
from server.intake import service as intake
from server.reminders import ledger as ledgers
from server.reminders import replies, reports
from server.reminders.shown import planned, previewed


async def preview_booking(ctx: Context, body: PreviewIn) -> PreviewOut:
    """Exactly what would be sent, and when; books nothing."""
    made = await appointments.plan(ctx.unit, ctx.ports.keys, body)
    await elsewhere.refuse(ctx.unit, made.appointment, made.wish.start, made.wish.end, even_so=body.even_so)
    people, providers = [body.person_id, *body.others], [body.provider_id, *body.co_provider_ids]
    outside = await intake.all_outside(ctx.unit, dict.fromkeys(people), list(dict.fromkeys(providers)))
    main = (body.person_id, body.provider_id)
    return PreviewOut(
        messages=await previewed(ctx, made.appointment, made.link),
        outside=next((region for *pair, region in outside if tuple(pair) == main), None),
        others_outside=[
            OutsideOut(person_id=person, provider_id=provider, region=region)
            for person, provider, region in outside
            if (person, provider) != main
        ],
    )


async def book(ctx: Context, body: BookIn) -> BookedOut:
    """Book a visit: appointment, link, reminders, visit and conversation in one transaction."""
    appointment = await appointments.book(ctx.unit, ctx.ports.keys, body)
    row = await ctx.views.board_row(ctx.unit, appointment.id)
    return BookedOut(row=row, messages=await planned(ctx, appointment))


async def ledger(ctx: Context) -> ledgers.Ledger:
    """Every message of an appointment, from planned to delivered."""
    await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    return await ledgers.of_appointment(ctx.unit, ctx.path("appointment_id"))


async def inbound_sms(ctx: Context, body: bytes) -> Answer:
    """A patient's text, delivered by Twilio; its signature is checked against the public address."""
    from notifications.sms_twilio import parse_inbound  # its SDK loads slowly; few clinics need it

    form = _signed(ctx, body, "/v1/sms/inbound")
    await replies.handle(ctx.ports, parse_inbound(form))
    return Answer(b"<Response/>", media_type="text/xml")


async def sms_status(ctx: Context, body: bytes) -> Answer:
    """What became of a text, told by Twilio: in any order, and often twice."""
    from notifications.sms_twilio import parse_status

    form = _signed(ctx, body, "/v1/sms/status")
    try:
        report = parse_status(form)
    except ValueError as error:
        raise Invalid(str(error)) from None
    await reports.keep(ctx.unit, report)
    ctx.unit.afterwards(ctx.ports.wake_worker)
    return Answer(status=204)


def _signed(ctx: Context, body: bytes, path: str) -> dict[str, str]:
    """The form of a webhook of Twilio. Raises Forbidden unless it is signed for our configured public address."""
    from notifications.sms_twilio import signed_by_twilio

    form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    token = ctx.settings.twilio_token
    signature = ctx.request.headers.get("x-twilio-signature", "")
    if not token or not signed_by_twilio(token, f"{ctx.settings.public_url}{path}", form, signature):
        raise Forbidden("This did not come from our SMS provider.")
    return form


_BOOKING = [NotFound, Invalid]
ROUTES = [
    Route("POST", "/v1/appointments", book, "appointment.book", body=BookIn, returns=BookedOut, status=201,
          problems=[*_BOOKING, SlotTaken, PersonElsewhere]),
    Route("POST", "/v1/appointments/preview", preview_booking, "appointment.preview", body=PreviewIn,
          returns=PreviewOut, problems=[*_BOOKING, PersonElsewhere], writes=False),
    Route("GET", "/v1/appointments/{appointment_id}/ledger", ledger, "appointment.ledger", returns=ledgers.Ledger,
          problems=[NotFound]),
    Route("POST", "/v1/sms/inbound", inbound_sms, "sms.inbound", raw="application/x-www-form-urlencoded",
          writes=False, idempotent=False),
    Route("POST", "/v1/sms/status", sms_status, "sms.status", raw="application/x-www-form-urlencoded",
          idempotent=False),
]  # fmt: skip
