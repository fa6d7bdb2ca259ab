"""Every scenario is struck at every one of its API calls, in every way; the documented commands then make it whole."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import pytest

from computenest.kernel import identity
from computenest.kernel.outcome import Outcome
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from computenest.resources.ecs_image_package.direct import sites
from computenest.resources.ecs_image_package.direct.dispatch import Dispatcher
from computenest.resources.ecs_image_package.direct.packages import DirectPackages
from computenest.resources.ecs_image_package.direct.plan import Look, plan
from computenest.resources.ecs_image_package.direct.run import DirectRun
from lifecycle.driver import Killed
from lifecycle.faults import Blow
from lifecycle.virtual import run
from simulation.cases import fails, play
from simulation.cloud import cloud
from simulation.scenarios import SCENARIOS, Scenario
from simulation.world import World, wish

pytestmark = pytest.mark.timeout(900)
KINDS = (Blow.CRASH_BEFORE, Blow.CRASH_AFTER, Blow.LOST_ANSWER)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_struck_run_is_resumed(scenario: Scenario) -> None:
    calls = play(scenario.case())[-1]
    assert calls >= 8
    broken = {}
    for blow in KINDS:
        for at in range(calls):
            why = fails(scenario.case(at, blow))
            if why:
                broken[(blow.name, at)] = why
    assert not broken, broken


def test_a_create_that_goes_on_counts_up_what_it_finds_and_what_it_makes() -> None:
    """Else a delete of the state of the run that it took over from would take away what it made itself."""
    counts = set()
    for at in range(6, 30):
        world = World()
        news = wish([1, 2, 3], image=world.sources[0])
        counts |= run(world.clock, _taken_over(world, news, at))
    assert {1, 2} <= counts, "some find nothing, some find copies"


async def _taken_over(world: World, news: dict[str, Any], at: int) -> set[int]:
    world.faults.rearm(at=at, blow=Blow.CRASH_AFTER)
    with contextlib.suppress(Killed):
        await world.stack.up(news)
    world.faults.rearm(at=None)
    if world.stack.is_deployed:
        return set()
    await world.stack.up(news)
    counts = {identity.incarnation(record.tags) for record in world.copies}
    assert counts == {world.stack.state["incarnation"]}, f"struck at call {at}"
    return counts


class RandomNames(CloudCopies):
    """A bug: each process gives its copies names and tokens of its own."""

    async def copy(self, **asked: Any) -> Any:
        mark = cloud().inside.world.calls.count("DescribeRegions")
        return await super().copy(**{**asked, "name": f"{asked['name']}-{mark}", "token": f"{asked['token']}{mark}"})


class BlindRun(DirectRun):
    async def look(self) -> None:
        if self.has_looked:
            return
        await super().look()
        self.seen = Look(dict.fromkeys(self.seen.images, ()), self.seen.source, self.seen.forgotten)
        self.steps = plan(self.wanted, self.seen, self.known)
        self.work = self._work()


class Blind(DirectPackages):
    """A bug: nobody looks for what an earlier run made."""

    def _run(self, wanted: Any, former: Any) -> DirectRun:
        return BlindRun(desk=self, wanted=wanted, former=former)


class UntidyRun(DirectRun):
    async def finish(self, done: Any) -> Outcome[Any]:
        self.steps = dataclasses.replace(self.steps, surplus=())
        self.work.copied.clear()
        self.strays.clear()
        return await super().finish(done)


class Untidy(DirectPackages):
    """A bug: what was copied for the run's own purposes, or is wanted no more, stays."""

    def _run(self, wanted: Any, former: Any) -> DirectRun:
        return UntidyRun(desk=self, wanted=wanted, former=former)


class Forgetful(Dispatcher):
    """A bug: a copy whose start was not answered in time is started anew, elsewhere in time and name."""

    async def _refused(self, work: Any, region: Any, flight: Any, error: Any) -> None:  # noqa: ARG002
        work.incarnation += 1
        work.package = work.package.model_copy(update={"generation": work.package.generation + 1})
        work.flights.pop(region, None)
        self._put_back(work, region, flight)


BUGS: dict[str, tuple[str, type[Any]]] = {
    "names that are made up": ("CloudCopies", RandomNames),
    "no look before acting": ("DirectPackages", Blind),
    "nothing is cleared away": ("DirectPackages", Untidy),
    "a lost answer is no copy": ("Dispatcher", Forgetful),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, *BUGS[bug])
    for scenario in SCENARIOS:
        if fails(scenario.case()):
            return
        calls = play(scenario.case())[-1]
        if any(fails(scenario.case(at, blow)) for blow in KINDS for at in range(calls)):
            return
    pytest.fail(f"nothing finds {bug!r}")
