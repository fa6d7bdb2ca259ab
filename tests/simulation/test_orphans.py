"""A run that was thought dead wakes up: stopped at any of its API calls, it goes on after, or while, the next run made
everything whole. Nothing is copied twice, and a refresh and an `up` find whatever it left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import pytest

from computenest.kernel.errors import ComputeNestError
from computenest.resources._program.session import Session
from computenest.resources.ecs_image_package.declaration import MODELS
from lifecycle.driver import Failed
from lifecycle.virtual import run
from simulation.cases import happen, patiently, wish_of
from simulation.scenarios import SCENARIOS, Scenario
from simulation.stack import DirectStack
from simulation.world import Broken, World
from unit.bags import UseCases

pytestmark = pytest.mark.timeout(900)
T = TypeVar("T")
MEANWHILE_S = 130.0  # the orphan sleeps so long while the next run works
TRIES = 4  # people run a command again that failed
CALM = [scenario for scenario in SCENARIOS if not scenario.rules.throttled]  # a refused call is one of the last ones


class Gate:
    """Closes at call number `at`; all calls of the process wait until it is opened again.

    Args:
        is_after: whether that call has its effect before it is stopped.
        left: how many calls the process makes after it woke up, before it is really dead; None: to its end.
    """

    def __init__(self, at: int, *, is_after: bool, left: int | None = None) -> None:
        self.at, self.is_after, self.left, self.count = at, is_after, left, 0
        self.is_open, self.is_reached, self.is_dead = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.is_open.set()

    async def passed(self) -> None:
        await self.is_open.wait()
        if self.is_reached.is_set() and self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.is_dead.set()
                await asyncio.Event().wait()

    def stand_before(self, session: Session) -> None:
        """Stops the process at its call number `at` to this account, or another."""
        asked = session.client.call

        async def call(*args: Any, **options: Any) -> Any:
            is_the_one = self.counts()
            if not (is_the_one and self.is_after):
                await self.passed()
            answer = await asked(*args, **options)
            await self.is_open.wait()
            return answer

        session.client.call = call  # type: ignore[method-assign]

    def counts(self) -> bool:
        is_the_one = self.count == self.at
        self.count += 1
        if is_the_one:
            self.is_open.clear()
            self.is_reached.set()
        return is_the_one


class Beside(DirectStack):
    """A stack whose operations leave the tasks of other processes alone."""

    async def _in_process(self, work: Callable[[Any], Awaitable[T]]) -> T:
        try:
            return await work(UseCases(self.core.packages(), MODELS))
        except ComputeNestError as error:
            raise Failed(str(error)) from error


async def wakes_up(world: World, scenario: Scenario, gate: Gate, *, meanwhile: bool) -> bool:
    """Plays it; False where the run makes fewer calls."""
    news = wish_of(world, scenario.struck if scenario.struck.what == "up" else scenario.before[-1])
    for event in scenario.before:
        world.faults.rearm(at=event.at, blow=event.blow)
        await happen(world, event, wish_of(world, event))
        world.faults.rearm(at=None)
    world.want(news if scenario.struck.what == "up" else None)
    kept = {"inputs": dict(world.stack.inputs), "state": dict(world.stack.state)}
    orphan, world.stack = _stack(world, gate, **kept), _stack(world, None, **kept)
    dying = asyncio.create_task(_until_it_ends(_bring_about(orphan, scenario, news)))
    reached = asyncio.create_task(gate.is_reached.wait())
    await asyncio.wait({dying, reached}, return_when=asyncio.FIRST_COMPLETED)
    reached.cancel()
    if dying.done():
        return False
    world.drain()
    if meanwhile:
        waking = asyncio.create_task(_open(gate, world))
    if world.stack.is_deployed:
        await patiently(world.stack.refresh, TRIES)
    await patiently(lambda: _bring_about(world.stack, scenario, news), TRIES)
    if not meanwhile:
        _judge(world, scenario, news)
        gate.is_open.set()
    death = asyncio.create_task(gate.is_dead.wait())
    await asyncio.wait({dying, death}, return_when=asyncio.FIRST_COMPLETED)
    death.cancel()
    world.judge_starts()
    if meanwhile:
        await waking
    world.clock.pass_time(scenario.rules.lag_s)
    world.want(news)
    if world.stack.is_deployed:
        await patiently(world.stack.refresh, TRIES)
    await patiently(lambda: world.stack.up(news), TRIES)
    world.judge(news)
    await patiently(world.stack.destroy, TRIES)
    world.judge_empty()
    dying.cancel()
    return True


def _bring_about(stack: DirectStack, scenario: Scenario, news: dict[str, Any]) -> Coroutine[Any, Any, Any]:
    return stack.destroy() if scenario.struck.what == "destroy" else stack.up(news)


def _judge(world: World, scenario: Scenario, news: dict[str, Any]) -> None:
    if scenario.struck.what == "destroy":
        world.judge_empty()
    else:
        world.judge(news)


def _stack(world: World, gate: Gate | None, **kept: Any) -> Beside:
    stack = world.another(Beside, world.faults, interval_s=20.0, **kept)
    for session in stack.sessions.values() if gate else ():
        gate.stand_before(session)
    return stack


async def _until_it_ends(work: Coroutine[Any, Any, Any]) -> None:
    """Whatever comes of it, nobody hears of it: its engine is dead."""
    try:
        await work
    except Failed:
        return


async def _open(gate: Gate, world: World) -> None:
    await world.clock.sleep(MEANWHILE_S)
    gate.is_open.set()


def broken(scenario: Scenario, *, meanwhile: bool, left: int | None = None) -> dict[tuple[int, bool], str]:
    """What went wrong, for every call at which the first run was stopped, before and after its effect."""
    found, at, is_there = {}, 0, True
    while is_there:
        for is_after in (False, True):
            world, gate = World(scenario.rules), Gate(at, is_after=is_after, left=left)
            try:
                is_there = run(world.clock, wakes_up(world, scenario, gate, meanwhile=meanwhile))
            except (Broken, Failed) as error:
                found[(at, is_after)] = f"{type(error).__name__}: {error}"
        at += 1
    assert at > 8
    return found


@pytest.mark.parametrize("meanwhile", [False, pytest.param(True, marks=pytest.mark.long)], ids=["after", "while"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_an_orphan_that_wakes_up_spoils_nothing(scenario: Scenario, meanwhile: bool) -> None:
    assert broken(scenario, meanwhile=meanwhile) == {}


@pytest.mark.long
@pytest.mark.parametrize("left", [1, 2, 3, 5, 8])  # with one, it shares the source and cannot mark that it did
@pytest.mark.parametrize("scenario", CALM, ids=lambda scenario: scenario.name)
def test_an_orphan_that_wakes_up_and_dies_soon_spoils_nothing(scenario: Scenario, left: int) -> None:
    assert broken(scenario, meanwhile=False, left=left) == {}


def test_an_orphan_that_shares_the_source_once_more_and_dies_leaves_nothing() -> None:
    """It was stopped between tagging and sharing; meanwhile the next run has taken share and tag back."""
    assert broken(SCENARIOS[0], meanwhile=False, left=1) == {}
