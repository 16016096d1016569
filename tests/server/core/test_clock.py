"""Wall time and instants over the changes of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.clock import resolve_wall, zone
from server.core.errors import Invalid

ZONES = (
    "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo",
    "Africa/Casablanca", "Pacific/Apia", "Asia/Tehran", "America/St_Johns", "Europe/Dublin",
)  # fmt: skip


def instants_of(local: datetime, tz: ZoneInfo) -> set[datetime]:
    """Every instant at which clocks in `tz` show `local`, found by looking and not by arithmetic on offsets."""
    guesses = {local.replace(tzinfo=UTC) - timedelta(minutes=minutes) for minutes in range(-15 * 60, 15 * 60, 15)}
    return {at for at in guesses if at.astimezone(tz).replace(tzinfo=None) == local}


def transitions(name: str, first: int = 2024, last: int = 2032) -> list[datetime]:
    """The quarter hours (UTC) at which the offset of a zone changes."""
    tz = ZoneInfo(name)
    at, found = datetime(first, 1, 1, tzinfo=UTC), []
    while at.year < last:
        day = at + timedelta(days=1)
        if at.astimezone(tz).utcoffset() != day.astimezone(tz).utcoffset():
            quarters = [at + timedelta(minutes=15 * n) for n in range(97)]
            found += [b for a, b in zip(quarters, quarters[1:], strict=False)
                      if a.astimezone(tz).utcoffset() != b.astimezone(tz).utcoffset()]  # fmt: skip
        at = day
    return found


CHANGES = [(name, at) for name in ZONES for at in transitions(name)]


def test_the_zones_chosen_do_change_their_clocks() -> None:
    assert len({name for name, _ in CHANGES}) >= 6
    assert len(CHANGES) > 60


@given(st.sampled_from(CHANGES), st.integers(-16, 16))
def test_around_a_change_a_time_exists_once_or_is_refused(change: tuple[str, datetime], quarters: int) -> None:
    name, at = change
    tz = zone(name)
    local = at.astimezone(tz).replace(tzinfo=None) + timedelta(minutes=15 * quarters)
    possible = instants_of(local, tz)
    if len(possible) == 1:
        assert {resolve_wall(local, tz)} == possible
        return
    with pytest.raises(Invalid) as refused:
        resolve_wall(local, tz)
    assert [fault.pointer for fault in refused.value.errors] == ["/start"]
    assert ("does not exist" if not possible else "happens twice") in refused.value.detail


@given(st.sampled_from(ZONES), st.integers(1_600_000_000, 2_200_000_000))
def test_an_instant_with_an_offset_is_taken_as_it_is(name: str, unix: int) -> None:
    moment = datetime.fromtimestamp(unix, UTC)
    assert resolve_wall(moment.astimezone(ZoneInfo(name)), ZoneInfo("Asia/Tokyo")) == moment


@pytest.mark.parametrize("name", ["", "Nowhere", "europe/london", "../UTC", "UTC\0"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        zone(name)
