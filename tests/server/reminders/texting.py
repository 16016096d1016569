"""A phone that texts a practice, and what is then to be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col

from notifications.message import DeliveryError, Inbound, Receipt, Sms
from notifications.sms_console import SmsSink
from server.appointments.availability import set_hours
from server.appointments.hours_schemas import HoursIn, StretchIn
from server.appointments.tables import Appointment
from server.core.ids import new_id
from server.house import House
from server.reminders import replies
from server.reminders.answers import Said
from server.tasks.tables import Task
from tests.parts.clinic import Booked, Clinic, Surgery, five_minutes

PHONE, OTHER = "+14155550123", "+14155550124"
CLINIC = "+14155550100"
DAY = timedelta(days=1)


class Twilio:
    """A sink whose carrier answers its own words, and that fails as told."""

    def __init__(self, sink: SmsSink, fail: Callable[[], None] | None = None) -> None:
        self.sink, self.fail, self.number = sink, fail, sink.number

    async def send(self, message: Sms) -> Receipt:
        if self.fail:
            self.fail()
        return await self.sink.send(message)

    async def find(self, message: Sms, since: datetime) -> Receipt | None:
        return await self.sink.find(message, since)


def unheard(clinic: Clinic) -> House:
    """The clinic's house while the carrier answers nothing."""

    def away() -> None:
        raise DeliveryError(False, "503", "Away.")

    assert isinstance(clinic.house.sms, SmsSink)
    return replace(clinic.house, sms=Twilio(clinic.house.sms, away))


async def says(clinic: Clinic, body: str, sender: str = PHONE, to: str = CLINIC, **values: Any) -> Said | None:
    inbound = Inbound(f"in-{new_id()}", sender, to, body, clinic.clock.now(), **values)
    return await replies.handle(clinic.house, inbound)


async def text_of(clinic: Clinic, body: str, sender: str = PHONE, to: str = CLINIC) -> str:
    said = await says(clinic, body, sender, to)
    assert said is not None
    assert said.text is not None
    return said.text


async def texts(clinic: Clinic, to: str = PHONE) -> list[str]:
    assert isinstance(clinic.house.sms, SmsSink)
    return [one.body for one in await clinic.house.sms.list() if one.to == to and one.direction == "outbound"]


async def open_all_day(clinic: Clinic, place: Surgery | None = None) -> None:
    where = place or clinic.north
    week = [StretchIn(weekday=day, begins="00:00", ends="24:00") for day in range(1, 8)]
    async with clinic.house.desk.unit(where.system) as unit:
        await set_hours(unit, where.accounts["provider"], HoursIn(zone="America/New_York", step=15, hours=week))


async def visit(clinic: Clinic, hours: float = 48, place: Surgery | None = None, **person: Any) -> Booked:
    who = await clinic.person(place, email=None, **person)
    start = five_minutes(clinic.clock.now()) + timedelta(hours=hours)
    return await clinic.book(person=who, start=start, surgery=place, provider="provider")


async def row(clinic: Clinic, booked: Booked) -> Appointment:
    (found,) = await clinic.all(Appointment, col(Appointment.id) == booked.id)
    assert isinstance(found, Appointment)
    return found


async def tasks(clinic: Clinic) -> list[tuple[str, str]]:
    return sorted((one.kind, one.priority) for one in await clinic.all(Task) if one.status == "requested")
