"""What is struck down in the crash simulation, and how a run goes on afterwards until everything is as wished."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from computenest.reconcile.retry import Retry
from computenest.resources._packages.packages import Packages
from lifecycle.driver import HOME, Failed, Killed, Stack, custom, wish
from lifecycle.faults import Blow
from lifecycle.memory import Rules
from lifecycle.virtual import run
from lifecycle.world import MARKET, MemoryWorld

QUICK = Rules(build_s=6.0, scan_s=6.0, copy_s=6.0)
"""Each phase ends within one tick: the calls of a run are few, and each of them matters."""
TICK_S = 10.0
RUNS = 2  # the struck one, and the one that follows: nobody should have to run it a third time
BEIJING, SHANGHAI = "cn-beijing", "cn-shanghai"
BUILT = {"kind": "built", "region": HOME, "sourceImage": "aliyun_3_x64_20G_alibase_20240528.vhd", "command": "true"}
Wish = Mapping[str, Any]


class Broken(AssertionError):
    """A promise that a case found broken."""


@dataclass(frozen=True)
class Scenario:
    """One row: what happens before, and the wish (None: destroy) whose run is struck."""

    name: str
    before: tuple[Wish | str, ...]
    goal: Wish | None
    reason: str


@dataclass(frozen=True)
class Case:
    """One moment of one scenario."""

    scenario: Scenario
    rules: Rules
    blow: Blow
    at: int | None
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.scenario.name}, call {self.at}: {self.blow.value} (seed {self.seed})"


@dataclass
class Played:
    """What came of a case."""

    struck: str
    trace: tuple[str, ...] = ()
    copies: Counter[Any] = field(default_factory=Counter)
    versions: tuple[str, ...] = ()
    images: int = 0


W1, W2 = wish(HOME, BEIJING), wish(HOME, BEIJING, SHANGHAI)
W3 = wish(HOME, BEIJING, source=custom(2))
SCENARIOS = (
    Scenario("create", (), W1, "the first create: nothing is in any state yet"),
    Scenario("create built", (), wish(HOME, BEIJING, source=BUILT), "a build runs before the release"),
    Scenario("create marketplace", (), wish(HOME, source=MARKET), "nothing is copied"),
    Scenario("create draft", (), wish(HOME, release=False), "a draft is done when it is there"),
    Scenario("create again", (W1, "destroy"), W1, "tokens of the first life answer with what was deleted"),
    Scenario("create another", (W1, "destroy"), wish(HOME, source=custom(2)), "…or mismatch"),
    Scenario("adopt", (W1, "forget"), W1, "a state that was lost"),
    Scenario("release a draft", (wish(HOME, release=False),), wish(HOME), "a draft of an earlier run"),
    Scenario("add a region", (W1,), W2, "a new version; one copy"),
    Scenario("remove a region", (W2,), W1, "a new version; no copy"),
    Scenario("new source", (W1,), W3, "a new version; every copy"),
    Scenario("retire", (W1, W2), wish(HOME, source=custom(2), retainVersions=0), "superseded versions are deleted"),
    Scenario("tags", (wish(HOME, tags={"a": "1", "b": "2"}),), wish(HOME, tags={"a": "3"}), "in place"),
    Scenario("repair", (W1, "lose", "refresh"), W1, "a copy was lost"),
    Scenario("resume a failed region", ("fail", W1), W1, "the draft failed in one region"),
    Scenario("take a failed wish back", (W1, "fail", W3), W1, "what the draft had delivered goes with it"),
    Scenario("replace", (W1,), wish(HOME, BEIJING, name="shop"), "another artifact first, then the old one goes"),
    Scenario("replace in place", (W1,), wish(HOME, BEIJING, resourceGroupId="rg-2"), "the name carries a generation"),
    Scenario("destroy", (W1,), None, "nothing is left, however often it is struck"),
    Scenario("destroy two versions", (W1, W2), None, "all versions go at once"),
)


def world_of(case: Case, make: type[Packages], tamper: Any) -> MemoryWorld:
    world = MemoryWorld(case.rules, interval_s=TICK_S)
    world.stack.make = make
    world.stack.retry = Retry(attempts=2, base_s=1.0) if case.blow in {Blow.LOST_ANSWER, Blow.LOST_REQUEST} else None
    if tamper is not None:
        world.stack.artifacts = tamper(world.cloud)
    return world


async def prepare(world: MemoryWorld, scenario: Scenario) -> None:
    for step in scenario.before:
        if not isinstance(step, str):
            try:
                await world.stack.up(step)
            except Failed:
                assert "fail" in scenario.before
        elif step == "destroy":
            await world.stack.destroy()
        elif step == "forget":
            world.stack.inputs, world.stack.state = {}, {}
        elif step == "lose":
            world.lose(BEIJING)
        elif step == "refresh":
            await world.stack.refresh()
        elif step == "fail":
            world.fail_copy(BEIJING, "QuotaExceed.Image")


async def once(stack: Stack, goal: Wish | None) -> bool:
    """One run towards the goal; whether it got there."""
    try:
        if goal is None:
            await stack.destroy()
        else:
            await stack.up(goal)
    except Killed:
        return False
    except Failed as failure:
        if "pulumi refresh" in str(failure):
            await stack.refresh()
        return False
    return True


async def _play(world: MemoryWorld, case: Case) -> Played:
    chance = random.Random(f"{case.seed}/{case}")
    stack, goal, faults = world.stack, case.scenario.goal, world.faults
    await prepare(world, case.scenario)
    faults.rearm(at=case.at, blow=case.blow)
    is_done = await once(stack, goal)
    played = Played(struck=faults.struck, trace=tuple(faults.trace))
    _check_record(world, case, played)
    faults.rearm(at=None)
    for _ in range(RUNS - 1):
        if is_done:
            break
        await world.clock.sleep(chance.choice((0.0, chance.uniform(0, 2 * TICK_S), chance.uniform(0, TICK_S), 3600.0)))
        is_done = await once(stack, goal)
    if not is_done:
        raise Broken(f"{case}: not done after {RUNS} runs")
    if goal is not None:
        _check_world(world, case)
        played.copies, played.images = world.cloud.started, len(world.cloud.images)
        played.versions = tuple(v.version for v in world.cloud.living[0].newest_first())
        if await stack.up(goal) != "same":
            raise Broken(f"{case}: a run without a change does something")
        await stack.destroy()
    if world.leftovers():
        raise Broken(f"{case}: left after destroy: {world.leftovers()}")
    return played


def _check_record(world: MemoryWorld, case: Case, played: Played) -> None:
    """An id known is an id returned: only a crash may forget it."""
    is_alive = played.trace and case.blow in {Blow.LOST_ANSWER, Blow.LOST_REQUEST}
    names = {"create", "find", "tag"}
    if is_alive and played.struck not in names and world.cloud.living and not world.stack.is_deployed:
        raise Broken(f"{case}: the id of an artifact was known and is not in the state")


def _check_world(world: MemoryWorld, case: Case) -> None:
    """One artifact of ours, and in each wanted region the one image that the state names."""
    cloud, state = world.cloud, world.stack.state
    if [record.artifact_id for record in cloud.living] != [state["artifactId"]]:
        raise Broken(f"{case}: artifacts {[r.name for r in cloud.living]}, state {state['artifactId']}")
    goal = case.scenario.goal or {}
    if goal.get("release", True):
        live = cloud.living[0].newest_first()[0]
        if live.version != state["version"] or live.images != state["images"]:
            raise Broken(f"{case}: the cloud delivers {live.version} {live.images}, the state says {state['images']}")
        if sorted(live.images) != sorted(goal["regions"]):
            raise Broken(f"{case}: wanted {goal['regions']}, delivered {sorted(live.images)}")
        if any(cloud.images.get(image) != region for region, image in live.images.items()):
            raise Broken(f"{case}: an image is not where the delivery says")


def play(case: Case, *, make: type[Packages] = Packages, tamper: Any = None) -> Played:
    """Plays one case on a world of its own, and compares it with the same case undisturbed.

    Raises:
        Broken: a promise is not kept.
    """
    world = world_of(case, make, tamper)
    return run(world.clock, _play(world, case))


def reference(case: Case) -> Played:
    """The same case, undisturbed."""
    return play(replace(case, at=None))


def compare(case: Case, played: Played, undisturbed: Played) -> None:
    """A struck run costs no copy and no version more than an undisturbed one.

    Raises:
        Broken: something was made twice.
    """
    if played.copies != undisturbed.copies:
        raise Broken(f"{case}: copies {dict(played.copies)}, undisturbed {dict(undisturbed.copies)}")
    if (played.versions, played.images) != (undisturbed.versions, undisturbed.images):
        raise Broken(f"{case}: versions {played.versions}, images {played.images}; undisturbed {undisturbed}")
