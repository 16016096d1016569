"""The demo's own routes: the phone, the mailbox, the clock, the staff links. Mounted in demo mode only."""

from __future__ import annotations

import hmac
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlmodel import col

from notifications.mail_file import MailFolder
from notifications.sms import segments
from notifications.sms_console import SmsSink, SunkSms
from notifications.voice_console import VoiceSink
from server import demo_clinic
from server.access import service as access
from server.access.schemas import Enter, Me, Shape
from server.api.context import Answer, Context
from server.api.routing import Route, cookie
from server.core.clock import MovableClock
from server.core.errors import Fault, Invalid, NotFound, Unauthenticated
from server.core.principal import Role, system
from server.house import House
from server.people.service import open_people, people_at
from server.reminders import replies
from server.reminders.tables import Reminder


class DemoState(BaseModel):
    now: datetime
    zone: str
    links: list[dict[str, str]]
    sms: list[dict[str, Any]]
    mail: list[dict[str, Any]]
    calls: list[dict[str, Any]]


class ReplyIn(Shape):
    to: str = Field(max_length=20, description="the patient's number that answers")
    body: str = Field(min_length=1, max_length=480)


class ClockIn(Shape):
    forward_minutes: int | None = Field(default=None, ge=1, le=60 * 24 * 14)
    to: Literal["next-reminder"] | None = None


async def enter(ctx: Context, body: Enter) -> Answer:
    """Sign in by the link that the demo printed."""
    house = _house(ctx)
    role = Role(body.role)
    if not hmac.compare_digest(demo_clinic.enter_token(house.keys, role), body.token):
        raise Unauthenticated("This is not the link that the demo printed. Copy it again, whole.")
    async with house.desk.unit(system(await demo_clinic.tenant_of(house)), write=False) as unit:
        account = (await demo_clinic.accounts_of(unit, role))[0]
    life = timedelta(hours=ctx.settings.session_hours)
    token = await access.enter(ctx.unit, account, role, life)
    return Answer(await access.me(ctx.unit), 201, cookies={cookie(role): token})


async def state(ctx: Context) -> DemoState:
    """Everything the clinic has sent, as the phone and the mailbox show it."""
    house = _house(ctx)
    tenant = await demo_clinic.tenant_of(house)
    assert isinstance(house.sms, SmsSink)
    assert isinstance(house.mail, MailFolder)
    assert isinstance(house.voice, VoiceSink)
    async with house.desk.unit(system(tenant), write=False) as unit:
        texts = await house.sms.list()
        names = await _names(unit, house, {_patient_number(one) for one in texts})
        practice = await access.practice_of(unit)
    sms = [
        {
            "id": one.id, "direction": one.direction, "number": _patient_number(one),
            "body": one.body, "at": one.at, "segments": segments(one.body).count,
            "name": names.get(_patient_number(one), ""),
        }
        for one in texts
    ]  # fmt: skip
    mail = [
        {
            "id": one.id, "to": one.to, "subject": one.subject, "text": one.text, "at": one.at,
            "calendar": one.calendar,
        }
        for one in await house.mail.list()
    ]  # fmt: skip
    shown = [{"role": role, "url": url} for role, url in await demo_clinic.printed_links(house)]
    calls = [asdict(one) for one in await house.voice.list()]
    return DemoState(now=house.clock.now(), zone=practice.zone, links=shown, sms=sms, mail=mail, calls=calls)


def _patient_number(one: SunkSms) -> str:
    return one.to if one.direction == "outbound" else one.sender


async def reply(ctx: Context, body: ReplyIn) -> None:
    """Answer a text as the patient."""
    house = _house(ctx)
    assert isinstance(house.sms, SmsSink)
    await replies.handle(house, await house.sms.reply(body.to, body.body))


async def move_clock(ctx: Context, body: ClockIn) -> DemoState:
    """Move the demo's clock forward."""
    house = _house(ctx)
    assert isinstance(house.clock, MovableClock)
    if body.to == "next-reminder":
        due = await _next_due(ctx)
        if due is None:
            raise NotFound("No reminder is waiting.")
        house.clock.forward(max(due - house.clock.now(), timedelta()) + timedelta(seconds=1))
    elif body.forward_minutes is not None:
        house.clock.forward(timedelta(minutes=body.forward_minutes))
    else:
        raise Invalid("Say how far.", errors=[Fault("/forward_minutes", "is missing")])
    house.wake_worker()
    return await state(ctx)


async def _next_due(ctx: Context) -> datetime | None:
    query = select(col(Reminder.due)).where(
        col(Reminder.status) == "scheduled", col(Reminder.channel) != "call", col(Reminder.step) != "rescue"
    )
    query = query.order_by(col(Reminder.due)).limit(1)
    return (await ctx.unit.session.execute(query)).scalars().first()


async def _names(unit: Any, house: House, numbers: set[str]) -> dict[str, str]:
    found = {}
    for number in numbers:
        _, ids = await people_at(unit, house.keys, number)
        people = (await open_people(unit, ids)).values()
        found[number] = ", ".join(sorted(one.profile.name for one in people))
    return found


def _house(ctx: Context) -> House:
    assert isinstance(ctx.ports, House)
    return ctx.ports


ROUTES = [
    Route("POST", "/v1/sessions/enter", enter, "demo", body=Enter, returns=Me, status=201, idempotent=False),
    Route("GET", "/v1/demo/state", state, "demo", returns=DemoState),
    Route("POST", "/v1/demo/reply", reply, "demo", body=ReplyIn, status=204, writes=False, idempotent=False),
    Route("POST", "/v1/demo/clock", move_clock, "demo", body=ClockIn, returns=DemoState, problems=[NotFound],
          writes=False, idempotent=False),
]  # fmt: skip
