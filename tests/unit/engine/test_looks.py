"""Looks for progress beside the coalesced polls: few, fair, and nobody depends on them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from computenest.kernel.errors import Permanent, Transient
from computenest.resources._packages.model import ArtifactVersion
from lifecycle.virtual import run
from unit.engine.listed import BUSY, Watched, artifact


@dataclass
class Screen:
    """`VersionLine` that remembers what it was shown, and how often it could have said it again."""

    percents: list[int | None] = field(default_factory=list)
    refreshed: int = 0

    def look(self, versions: Sequence[ArtifactVersion]) -> None:
        self.percents.append(versions[0].progress_percent)

    def refresh(self) -> None:
        self.refreshed += 1


def look_on(
    watched: Watched, numbers: int, *, seconds: float, happens: Callable[[float], None] = lambda _: None
) -> list[Screen]:
    """So many operations wait for so long, each with an observer; `happens` is called each second."""
    watched.artifacts.shown = {artifact(n): BUSY for n in range(numbers)}
    screens = [Screen() for _ in range(numbers)]

    async def story() -> None:
        tasks = [
            asyncio.ensure_future(watched.watch.until_changed(artifact(n), BUSY, observer=screens[n]))
            for n in range(numbers)
        ]
        for second in range(int(seconds)):
            happens(second)
            await watched.clock.sleep(1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    run(watched.clock, story())
    return screens


@pytest.mark.parametrize("numbers", [1, 12, 250])
def test_looks_for_progress_are_one_a_tick_however_many_wait(numbers: int) -> None:
    watched = Watched()
    screens = look_on(watched, numbers, seconds=2001)
    ticks = sorted({at_s for at_s, _ in watched.artifacts.pages})
    assert len(watched.artifacts.pages) == len(ticks) * -(-numbers // 100), "the list calls are as many as ever"
    by_tick = Counter(at_s for at_s, _ in watched.artifacts.looks)
    assert max(by_tick.values()) == 1
    assert len(by_tick) <= len(ticks)
    shares = Counter(artifact_id for _, artifact_id in watched.artifacts.looks)
    assert len(shares) == numbers, "everybody gets a look"
    assert max(shares.values()) - min(shares.values()) <= 1
    assert sum(len(screen.percents) for screen in screens) == len(watched.artifacts.looks)
    assert all(screen.refreshed == len(ticks) for screen in screens)


def test_the_longer_one_waits_the_seldomer_one_looks() -> None:
    watched = Watched()
    look_on(watched, 1, seconds=3601)
    moments = [at_s for at_s, _ in watched.artifacts.looks]
    assert moments[0] == 30
    assert 15 <= len(moments) <= 27
    assert moments[-1] - moments[-2] > 300


def test_what_the_list_calls_modified_is_looked_at_in_the_same_tick() -> None:
    watched = Watched()

    def modify(second: float) -> None:
        watched.artifacts.modified[artifact(0)] = "later" if second > 11 else "before"

    look_on(watched, 1, seconds=29, happens=modify)
    assert watched.artifacts.looks == [(15.0, artifact(0))]


def test_a_look_that_fails_or_takes_long_holds_nobody_up() -> None:
    watched = Watched()
    watched.artifacts.look_errors = [Transient("throttled"), Permanent("forbidden")]
    watched.artifacts.look_takes_s = 47.0
    (screen,) = look_on(watched, 1, seconds=301)
    ticks = [at_s for at_s, _ in watched.artifacts.pages]
    assert ticks == [5.0 * n for n in range(1, 61)], "the ticks go on"
    assert screen.percents
    assert screen.percents[0] == 3, "what failed is not tried again, the next look is the next look"
    assert all(later - earlier >= 47 for (earlier, _), (later, _) in pairwise(watched.artifacts.looks))


def test_without_an_observer_nothing_is_looked_at() -> None:
    watched = Watched()
    watched.artifacts.shown = {artifact(0): BUSY}

    async def story() -> None:
        task = asyncio.ensure_future(watched.wait(0))
        await watched.clock.sleep(600)
        task.cancel()

    run(watched.clock, story())
    assert watched.artifacts.looks == []
