"""The HTTP door for HL7 v2: a message in, its ACK out."""

from __future__ import annotations

from server.api.context import Answer, Context
from server.api.routing import Route
from server.core.errors import Fault, Invalid
from server.interop.ack import MEDIA_TYPE
from server.interop.redate import rfc3339
from server.interop.service import intake
from server.settings import Mode


async def post_hl7(ctx: Context, body: bytes) -> Answer:
    """Book a visit from an HL7 v2 SIU^S12. The ACK says AA, AE or AR; the HTTP status is 200 for all three."""
    header = ctx.request.headers.get("x-careroom-redate")
    redate = None
    if header is not None:
        try:
            redate = rfc3339(header)
        except ValueError as error:
            raise Invalid("X-Careroom-Redate needs fixing.", errors=[Fault("/X-Careroom-Redate", str(error))]) from None
    ack = await intake(
        ctx.ports, ctx.principal, body, redate, request_id=ctx.request_id, made_up=ctx.settings.mode is Mode.demo
    )
    return Answer(ack.encode(), media_type=MEDIA_TYPE)


# `writes=False`: the request's own Unit stays shut, because the intake opens one that vanishes unless the answer is
# AA. `idempotent=False`: the message carries its own identity (SCH-1, SCH-2).
ROUTES = [
    Route("POST", "/v1/hl7", post_hl7, "hl7.import", raw=MEDIA_TYPE, writes=False, idempotent=False),
]
