"""By which time keys expire for what happens in the middle of time that was advanced, and of time that passed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from computenest_cloud import clock as module
from computenest_cloud.world import World
from emulator.in_process import InProcess

WALL_S = 1_800_000_000.0
LATE_S = 3000.0
"""Emulated time that passes by itself until somebody asks."""


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The machine's clocks: stands still until a test moves it."""
    passed = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: passed[0])
    monkeypatch.setattr(module, "wall_now", lambda: WALL_S + passed[0])
    return passed


@pytest.fixture
def world(machine: list[float], tmp_path: Path) -> Iterator[World]:
    assert machine == [0.0], "it stands still from the beginning"
    cloud = InProcess(tmp_path, "--time-scale", "1000")
    cloud.inside.world.catch_up()
    yield cloud.inside.world
    cloud.stop()


def seen_at(world: World, in_s: float) -> list[float]:
    """Gets, once it is settled, the time by which keys expire for an errand that becomes due so much later."""
    found: list[float] = []

    async def errand() -> Callable[[], None]:
        found.append(world.clock.lifetime_now() - WALL_S)
        return lambda: None

    def send(_key: str, _due_s: float) -> None:
        world.errands.append(errand)

    world.timeline.on("test", send)
    world.timeline.schedule("test", "", world.clock.now() + in_s)
    return found


def test_in_the_middle_of_an_advance_only_what_was_advanced_by_then_counts(world: World) -> None:
    found = seen_at(world, 600)
    world.clock.advance(7200)
    asyncio.run(world.settle())
    assert found == [pytest.approx(600)]
    assert world.clock.lifetime_now() - WALL_S == pytest.approx(7200), "for everybody else it is over"


def test_what_was_advanced_before_counts_whole_however_late_somebody_asks(world: World, machine: list[float]) -> None:
    """Else a key that expired with that advance would be good again for as long as nobody asked."""
    world.clock.advance(7200)
    asyncio.run(world.settle())
    found = seen_at(world, 10)
    machine[0] += LATE_S / 1000
    asyncio.run(world.settle())
    assert found == [pytest.approx(7200 + LATE_S / 1000)]


def test_of_several_advances_those_behind_the_moment_do_not_count(world: World, machine: list[float]) -> None:
    found = seen_at(world, 1500)
    world.clock.advance(1000)
    machine[0] += 0.1  # 100 s of the cloud
    world.clock.advance(1000)
    machine[0] += 0.1
    world.clock.advance(50)
    asyncio.run(world.settle())
    assert found == [pytest.approx(1400 + 0.2)]
