"""Small counts are not told, and cannot be worked out from what is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.core.few import FEW, told


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 40), max_size=6))
def test_no_count_of_few_people_is_told_nor_follows_from_the_sum(counts: dict[str, int]) -> None:
    shown = told(counts)
    assert all(counts[name] == count and (count == 0 or count >= FEW) for name, count in shown.items())
    hidden = [count for name, count in counts.items() if name not in shown and count]
    assert not hidden or not shown or (len(hidden) > 1 and sum(hidden) >= FEW)
    if counts and all(count >= FEW for count in counts.values()):
        assert shown == counts, "nothing is left out in vain"


def test_the_next_greater_one_is_left_out_where_one_alone_could_be_worked_out() -> None:
    assert told({"1": 1, "2": 9, "3": 20}) == {"3": 20}
    assert told({"1": 3, "2": 4, "3": 20}) == {"3": 20}
    assert told({"1": 1, "2": 0, "3": 20}) == {}
    assert told({"1": 0, "2": 0, "3": 5}) == {"1": 0, "2": 0, "3": 5}
    assert told({}) == told({"1": 4}) == {}
