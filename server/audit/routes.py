"""Read the audit trail."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from server.api.context import Context
from server.api.routing import Route
from server.audit import service
from server.core.errors import Fault, Invalid


class AuditOut(BaseModel):
    """One FHIR AuditEvent in short; `hash` in hexadecimal."""

    seq: int
    at: datetime
    action: str
    subtype: str
    agent_role: str
    agent_id: str
    entity_type: str
    entity_id: str
    outcome: str
    hash: str


class AuditPage(BaseModel):
    events: list[AuditOut]


async def read(ctx: Context) -> AuditPage:
    """The trail after a number, oldest first, 500 at a time. Reading it is a line of it too."""
    after = ctx.query("after", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 9:
        raise Invalid("`after` is a line number.", errors=[Fault("/after", "is not a number")])
    events = await service.after(ctx.unit, int(after))
    ctx.unit.record("R", "audit.read", "AuditEvent", after)
    fields = set(AuditOut.model_fields)
    shown = [AuditOut(**{**event.model_dump(include=fields), "hash": event.hash.hex()}) for event in events]
    return AuditPage(events=shown)


ROUTES = [Route("GET", "/v1/audit", read, "audit.read", returns=AuditPage, writes=True, problems=[Invalid])]
