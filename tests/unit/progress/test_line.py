"""The live line: n of m and a percentage, both true, and never how long it still takes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.kernel.names import RegionId
from computenest.kernel.progress import Reading, describe

HOME, AWAY, FAR = RegionId("cn-hangzhou"), RegionId("cn-beijing"), RegionId("ap-southeast-1")


@pytest.mark.parametrize(
    ("reading", "line"),
    [
        (Reading(12, 7, {AWAY: 43, HOME: 61, FAR: 90}, 74), "74% 7/12 regions · cn-beijing 43%"),
        (Reading(12, 7, {AWAY: 43}, 61, waiting=4), "61% 7/12 regions · cn-beijing 43% · 4 queued"),
        (Reading(4, 1, percent=41), "41% 1/4 regions"),
        (Reading(4, 1), "25% 1/4 regions"),
        (Reading(4, 1, percent=3), "25% 1/4 regions"),
        (Reading(4, 3, percent=91, left=(AWAY,)), "91% 3/4 regions · cn-beijing left"),
        (Reading(4, 2, percent=70, left=(AWAY, HOME)), "70% 2/4 regions · cn-beijing and cn-hangzhou left"),
        (Reading(4, percent=61), "61% of 4 regions"),
        (Reading(4, percent=250), "99% of 4 regions"),
        (Reading(4, 4, percent=99), "100% 4/4 regions"),
        (Reading(1, 0, {HOME: 3}, 3), "3% 0/1 region · cn-hangzhou 3%"),
        (Reading(2, 0, {HOME: 50, AWAY: 50}, 50), "50% 0/2 regions · cn-beijing 50%"),
    ],
)
def test_the_line(reading: Reading, line: str) -> None:
    assert describe(reading) == line


@given(st.integers(1, 30), st.integers(-300, 300), st.data())
def test_it_is_whole_only_when_all_of_it_is_done(wanted: int, percent: int, data: Any) -> None:
    done = data.draw(st.none() | st.integers(0, wanted))
    total = Reading(wanted, done, percent=percent).total_percent
    assert 0 <= total <= 100
    assert (total == 100) == (done == wanted)
    assert total >= (100 * (done or 0) // wanted if done != wanted else 100)
