"""What messages cost: entered by the practice, one line for each change, so that the past keeps its prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from babel.core import get_global
from babel.numbers import get_territory_currencies
from sqlmodel import col

from server.core.errors import Fault, Invalid
from server.reminders.delivery_schemas import Cost, Price, PricesIn, PricesOut
from server.reminders.steps import EMAIL, SMS, VOICE
from server.reminders.tables import MessagePrice
from server.store.unit import Unit

PRICED = (SMS, EMAIL, VOICE)


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """The ISO 4217 codes that are money somewhere today (CLDR)."""
    territories = get_global("territory_currencies")
    return frozenset(code for territory in territories for code in get_territory_currencies(territory))


async def prices(unit: Unit) -> PricesOut:
    """The prices that hold now."""
    lines = await _lines(unit)
    return PricesOut(**{channel: _price(_last(lines, channel)) for channel in PRICED})


async def set_prices(unit: Unit, body: PricesIn) -> PricesOut:
    """Prices from now on. Raises Invalid for a currency that is none."""
    faults = [
        Fault(f"/{channel}/currency", "is not a currency in use (ISO 4217)")
        for channel in PRICED
        if (price := getattr(body, channel)) is not None and price.currency not in currencies()
    ]
    if faults:
        raise Invalid("A price needs fixing.", errors=faults)
    lines = await _lines(unit)
    for channel in PRICED:
        wanted: Price | None = getattr(body, channel)
        if wanted != _price(_last(lines, channel)):
            unit.add(
                MessagePrice(
                    tenant=unit.tenant, channel=channel, amount=wanted.amount if wanted else None,
                    currency=wanted.currency if wanted else None, since=unit.clock.now(),
                )
            )  # fmt: skip
    await unit.flush()
    unit.record("U", "practice.prices", "Organization", unit.tenant)
    return await prices(unit)


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which one price held for a channel; `amount` is None while nobody had entered one."""

    begins: datetime
    ends: datetime
    amount: Decimal | None
    currency: str


async def spans(unit: Unit, channel: str, since: datetime, until: datetime) -> list[Span]:
    """The prices of a channel from `since` to `until`, in order and without a gap."""
    lines = [line for line in await _lines(unit) if line.channel == channel and line.since < until]
    bounds = [max(line.since, since) for line in lines] + [until]
    found = [Span(since, bounds[0], None, "")] if bounds[0] > since else []
    for line, begins, ends in zip(lines, bounds, bounds[1:], strict=False):
        if begins < ends:
            amount = None if line.amount is None else Decimal(line.amount)
            found.append(Span(begins, ends, amount, line.currency or ""))
    return found


def total(parts: Sequence[tuple[Span, int]]) -> tuple[list[Cost], int]:
    """(cost in each currency, parts without a price)."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    unpriced = 0
    for span, count in parts:
        if span.amount is None:
            unpriced += count
        elif count:
            sums[span.currency] += span.amount * count
    return [Cost(currency=code, amount=f"{sums[code]:f}") for code in sorted(sums)], unpriced


async def _lines(unit: Unit) -> list[MessagePrice]:
    return await unit.all(unit.select(MessagePrice).order_by(col(MessagePrice.since), col(MessagePrice.id)))


def _last(lines: Sequence[MessagePrice], channel: str) -> MessagePrice | None:
    return next((line for line in reversed(lines) if line.channel == channel), None)


def _price(line: MessagePrice | None) -> Price | None:
    if line is None or line.amount is None or line.currency is None:
        return None
    return Price(amount=line.amount, currency=line.currency)
