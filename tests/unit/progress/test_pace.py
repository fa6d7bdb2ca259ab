"""How long it still takes: what is known from readings, what is not, and that no estimate ever jumps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computenest.kernel.names import RegionId
from computenest.kernel.progress import Pace, Reading, describe, duration_text

HOME, AWAY, FAR = RegionId("cn-hangzhou"), RegionId("cn-beijing"), RegionId("ap-southeast-1")


def read(at_s: float, wanted: int = 4, **shown: Any) -> Reading:
    return Reading(at_s, wanted, **shown)


def paced(*readings: Reading) -> Pace:
    pace = Pace()
    for reading in readings:
        pace = pace.after(reading)
    return pace


@pytest.mark.parametrize(
    ("readings", "left_s"),
    [
        pytest.param([], None, id="nothing was seen"),
        pytest.param([read(0, percent=50)], None, id="one look says nothing of speed"),
        pytest.param([read(0, percent=0), read(60, percent=0), read(90, percent=0)], None, id="nothing moves"),
        pytest.param([read(0, percent=10), read(60, percent=11)], None, id="one percent is noise"),
        pytest.param([read(0, percent=0), read(60, percent=25)], 180, id="a quarter a minute"),
        pytest.param(
            [read(0, percent=0), read(600, percent=0), read(660, percent=25)], 180, id="a queue does not count"
        ),
        pytest.param([read(0, done=1), read(100, done=2)], 200, id="regions alone tell too"),
        pytest.param([read(0, done=3), read(60, done=3, percent=87)], 65, id="kept regions are no credit"),
        pytest.param([read(0, percent=0), read(60, percent=100)], 0, id="done"),
        pytest.param([read(0, percent=0), read(60, percent=250)], 0, id="a cloud that cannot count"),
        pytest.param(
            [read(0, 2, done=0, moving={HOME: 0, AWAY: 0}), read(60, 2, done=0, moving={HOME: 50, AWAY: 20})],
            240,
            id="the slowest copy decides",
        ),
        pytest.param(
            [read(0, 2, done=1, moving={AWAY: 10}), read(60, 2, done=1, moving={AWAY: 40})], 120, id="the last copy"
        ),
        pytest.param(
            [read(0, done=0, moving={HOME: 0}, waiting=3), read(60, done=0, moving={HOME: 50}, waiting=3)],
            None,
            id="the first of a queue says nothing of the others",
        ),
        pytest.param(
            [
                read(0, done=0, moving={HOME: 0}, waiting=3),
                read(60, done=1, moving={AWAY: 0}, waiting=2),
                read(120, done=1, moving={AWAY: 50}, waiting=2),
            ],
            300,
            id="one at a time: half a copy is left, and two more",
        ),
        pytest.param(
            [
                read(0, 12, done=0, moving={HOME: 0}, waiting=11),
                read(60, 12, done=1, moving={AWAY: 0, FAR: 0}, waiting=9),
                read(120, 12, done=1, moving={AWAY: 50, FAR: 25}, waiting=9),
            ],
            180 + 5 * 240,
            id="two at a time: five more rounds of the slower kind",
        ),
        pytest.param(
            [
                read(0, done=1, moving={AWAY: 0}),
                read(60, done=1, moving={AWAY: 50}),
                read(60, done=1, moving={AWAY: 50, FAR: 0}),
            ],
            120,
            id="one that has just begun takes as long as the other",
        ),
        pytest.param(
            [
                read(0, done=0, moving={HOME: 0}, waiting=3),
                read(90, done=0, moving={HOME: 90}, waiting=3),
                read(100, done=1, moving={AWAY: 0}, waiting=2),
            ],
            300,
            id="those that wait take as long as those that ended",
        ),
        pytest.param(
            [
                read(0, done=0, moving={HOME: 0}, waiting=3),
                read(90, done=0, moving={HOME: 90}, waiting=3),
                read(100, done=1, waiting=3),
            ],
            None,
            id="how many run at once is not known while none does",
        ),
        pytest.param([read(0, percent=40), read(60, percent=20)], None, id="it fell back"),
        pytest.param([read(0, percent=40), read(9, percent=20), read(69, percent=30)], 420, id="and began anew"),
        pytest.param([read(0, percent=0), read(80_000, percent=3)], None, id="more than a day is no estimate"),
        pytest.param([read(60, percent=0), read(0, percent=50)], None, id="an older look is passed over"),
        pytest.param([read(0, 0), read(60, 0)], None, id="no region is wanted"),
    ],
)
def test_what_is_left(readings: Sequence[Reading], left_s: float | None) -> None:
    found = paced(*readings).left_s(readings[-1].at_s if readings else 0)
    assert found == (None if left_s is None else pytest.approx(left_s, rel=0.02))


def test_time_that_passes_between_looks_is_taken_off_and_never_makes_it_negative() -> None:
    pace = paced(read(0, percent=0), read(60, percent=25))
    assert [pace.left_s(at_s) for at_s in (60, 120, 240, 10_000, 0)] == [180, 120, 0, 0, 180]


def test_what_stands_still_takes_longer_and_longer() -> None:
    pace, seen = paced(read(0, percent=0), read(60, percent=50)), []
    for minute in range(2, 12):
        pace = pace.after(read(60.0 * minute, percent=50))
        seen.append(pace.left_s(60.0 * minute))
    assert seen == sorted(seen, key=lambda left_s: left_s or 0)
    assert seen[-1] == pytest.approx(600, rel=0.15)


@st.composite
def lives(draw: st.DrawFn) -> list[Reading]:
    """Readings as any cloud might show them, sensible or not, of up to five regions."""
    regions = [RegionId(f"r{n}") for n in range(draw(st.integers(1, 5)))]
    at_s, found = 0.0, []
    for _ in range(draw(st.integers(1, 25))):
        at_s += draw(st.floats(0, 500))
        moving = {r: draw(st.integers(-5, 120)) for r in regions if draw(st.booleans())}
        done = draw(st.none() | st.integers(0, len(regions)))
        percent = draw(st.none() | st.integers(-3, 130))
        waiting = draw(st.integers(0, len(regions)))
        found.append(Reading(at_s, len(regions), done, moving, percent, waiting))
    return found


@settings(max_examples=150)
@given(lives())
def test_whatever_a_cloud_shows_an_estimate_is_never_negative_and_never_jumps(readings: list[Reading]) -> None:
    pace, before, before_s = Pace(), None, 0.0
    for reading in readings:
        pace = pace.after(reading)
        left_s, passed_s = pace.left_s(reading.at_s), reading.at_s - before_s
        assert 0.0 <= reading.share <= 1.0
        if left_s is not None:
            assert left_s >= 0
            if before is not None:
                assert left_s <= 2 * before + passed_s + 1e-6
                assert left_s >= before / 2 - passed_s - 1e-6
        assert describe(reading, left_s)
        before, before_s = left_s, reading.at_s


@settings(max_examples=60)
@given(
    takes_s=st.floats(60, 7000),
    every_s=st.floats(1, 60),
    regions=st.integers(1, 12),
    by_region=st.booleans(),
)
def test_of_steady_work_the_estimate_is_right_from_the_tenth_of_it_on(
    takes_s: float, every_s: float, regions: int, by_region: bool
) -> None:
    pace, at_s = Pace(), 0.0
    while at_s < takes_s:
        percent = int(100 * at_s / takes_s)
        moving = {RegionId(f"r{n}"): percent for n in range(regions)} if by_region else {}
        pace = pace.after(Reading(at_s, regions, 0, moving, None if by_region else percent))
        left_s = pace.left_s(at_s)
        if percent >= 10 and left_s is not None:
            # A percentage is a whole number, and the first moment of movement falls between two looks.
            doubt = 0.25 + 2 * every_s / max(at_s, 1.0)
            assert abs(left_s - (takes_s - at_s)) <= doubt * takes_s + 2 * every_s
        at_s += every_s


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "under 1 min"),
        (59.9, "under 1 min"),
        (60, "1 min"),
        (61, "2 min"),
        (342, "6 min"),
        (5400, "90 min"),
        (5401, "1 h 40 min"),
        (7200, "2 h"),
        (7201, "2 h 10 min"),
        (86_400, "24 h"),
    ],
)
def test_a_duration_is_as_coarse_as_an_estimate(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("reading", "left_s", "line"),
    [
        (
            read(0, 12, done=7, moving={AWAY: 43, HOME: 61, FAR: 90}),
            342,
            "copying 7 of 12 regions · cn-beijing 43 % · ETA 6 min",
        ),
        (
            read(0, 12, done=7, moving={AWAY: 43}, waiting=4),
            None,
            "copying 7 of 12 regions · cn-beijing 43 % · 4 queued",
        ),
        (read(0, done=1, percent=41), 30, "copying 1 of 4 regions · 41 % · ETA under 1 min"),
        (read(0, done=3, percent=91, left=(AWAY,)), None, "copying 3 of 4 regions · 91 % · cn-beijing left"),
        (
            read(0, done=2, percent=70, left=(AWAY, HOME)),
            7300,
            "copying 2 of 4 regions · 70 % · cn-beijing and cn-hangzhou left · ETA 2 h 10 min",
        ),
        (read(0, percent=61), None, "copying 4 regions · 61 %"),
        (read(0, done=4, percent=99), 20, "copied 4 regions"),
        (read(0, 1, done=0, moving={HOME: 3}), None, "copying 0 of 1 region · cn-hangzhou 3 %"),
        (read(0, 2, done=0, moving={HOME: 50, AWAY: 50}), None, "copying 0 of 2 regions · cn-beijing 50 %"),
    ],
)
def test_the_line(reading: Reading, left_s: float | None, line: str) -> None:
    assert describe(reading, left_s) == line
