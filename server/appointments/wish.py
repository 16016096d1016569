"""What somebody wishes to book, checked: a provider, a kind of visit, an instant that exists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from server.access.service import practice_of
from server.access.tables import Account
from server.appointments.schemas import HoldIn
from server.appointments.tables import VisitType
from server.core.clock import resolve_wall
from server.core.clock import zone as known_zone
from server.core.errors import Fault, Invalid
from server.core.principal import Role
from server.store.unit import Unit

YEARS = range(2000, 2200)
_LATE = timedelta(hours=12)  # a visit that began longer ago than this is a typing mistake


@dataclass(frozen=True, slots=True)
class Wish:
    """A time with a provider. `taken_from` and `taken_to` are the visit with its buffers.

    `minutes` is the length of a visit that is booked already: it keeps it when the kind of visit has another by now.
    """

    provider_id: str
    visit_type: VisitType
    zone: ZoneInfo
    start: datetime
    minutes: int | None = None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes or self.visit_type.minutes)

    @property
    def taken_from(self) -> datetime:
        return self.start - timedelta(minutes=self.visit_type.before)

    @property
    def taken_to(self) -> datetime:
        return self.end + timedelta(minutes=self.visit_type.after)


async def checked(unit: Unit, body: HoldIn, *, stays_with: str | None = None) -> Wish:
    """Raises NotFound, or Invalid with pointers. A visit that `stays_with` its provider, and somebody who came
    unannounced, may be there for what that provider does not offer (any more)."""
    provider = await provider_of(unit, body.provider_id)
    visit_type = await unit.get(VisitType, body.visit_type_id)
    role = unit.principal.role
    if role is not Role.system and role.value not in visit_type.booked_by:
        detail = f"may not be booked by a {role.value}"
        raise Invalid("You may not book this kind of visit. Ask the desk.", errors=[Fault("/visit_type_id", detail)])
    if role is not Role.system and stays_with != provider.id:
        expect_offered(visit_type, provider.id)
    zone = known_zone(body.zone or (await practice_of(unit)).zone)
    if body.start.year not in YEARS:  # beyond these the calendar itself overflows
        raise Invalid("The visit lies too far away.", errors=[Fault("/start", "lies too far away")])
    start = resolve_wall(body.start, zone).replace(second=0, microsecond=0)
    if start < unit.clock.now() - _LATE:
        raise Invalid("The visit lies in the past.", errors=[Fault("/start", "lies in the past")])
    return Wish(provider.id, visit_type, zone, start)


def expect_offered(visit_type: VisitType, provider_id: str) -> None:
    """Raises Invalid when the provider does not offer this kind of visit."""
    if not visit_type.offers(provider_id):
        fault = Fault("/provider_id", "does not offer this kind of visit")
        raise Invalid("This provider does not offer this kind of visit. Choose another provider.", errors=[fault])


async def provider_of(unit: Unit, provider_id: str, pointer: str = "/provider_id") -> Account:
    """The account of somebody who sees patients. Raises NotFound, Invalid."""
    provider = await unit.get(Account, provider_id)
    if Role.provider not in provider.roles or not provider.active:
        raise Invalid("This person does not see patients.", errors=[Fault(pointer, "is not a provider")])
    return provider
