"""What is struck down in the crash simulation, and how a run goes on afterwards until everything is as wished."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from computenest.reconcile.retry import Retry
from computenest.resources._packages.opened import packages_of
from computenest.resources._packages.packages import Packages
from computenest.resources._program.core import Core
from computenest.resources._program.session import DEFAULT_ACCOUNT
from lifecycle.driver import HOME, Failed, Killed, custom, wish
from lifecycle.faults import Blow
from lifecycle.lives import AnyLife
from lifecycle.world import MARKET, World

QUICK = {"build.duration_s": 6.0, "scan.duration_s": 6.0, "ecs.copy_s_per_gib": 0.1}
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
    """One moment of one scenario.

    Args:
        variant: what is unusual about its world.
    """

    scenario: Scenario
    variant: Mapping[str, Any]
    blow: Blow = Blow.CRASH_BEFORE
    at: int | None = None
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.scenario.name}, call {self.at}: {self.blow.value} (seed {self.seed})"


@dataclass
class Played:
    """What came of a case."""

    struck: str
    trace: tuple[str, ...] = ()
    copies: int = 0
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


Bug = Callable[[Packages[Any, Any]], Packages[Any, Any]]


class Struck(World):
    """A world whose calls are struck, and whose provider may have a bug."""

    tick_s = TICK_S

    def __init__(self, case: Case, bug: Bug | None) -> None:
        more = {"switches": {}, **case.variant}
        super().__init__(transport="dynamic", **{**more, "switches": {**QUICK, **more["switches"]}})
        self.bug, self.retry = bug, Retry(attempts=2, base_s=1.0)

    def core(self) -> Core:
        core = super().core()
        if self.bug is not None:
            account = core._accounts[DEFAULT_ACCOUNT]
            account.shared.packages = self.bug(packages_of(account))
        return core


def prepare(world: World, scenario: Scenario) -> None:
    for step in scenario.before:
        if not isinstance(step, str):
            try:
                world.life.up(step)
            except Failed:
                assert "fail" in scenario.before
        elif step == "destroy":
            world.life.destroy()
        elif step == "forget":
            world.life.forget()
        elif step == "lose":
            world.lose(BEIJING)
        elif step == "refresh":
            world.life.refresh()
        elif step == "fail":
            world.fail_copy(BEIJING, "QuotaExceed.Image")


def once(life: AnyLife, goal: Wish | None) -> bool:
    """One run towards the goal; whether it got there."""
    try:
        if goal is None:
            life.destroy()
        else:
            life.up(goal)
    except Killed:
        return False
    except Failed as failure:
        if "pulumi refresh" in str(failure):
            life.refresh()
        return False
    return True


def play(case: Case, *, bug: Bug | None = None) -> Played:
    """Plays one case on a world of its own.

    Raises:
        Broken: a promise is not kept.
    """
    world = Struck(case, bug)
    chance = random.Random(f"{case.seed}/{case}")
    life, goal, faults = world.life, case.scenario.goal, world.faults
    prepare(world, case.scenario)
    faults.rearm(at=case.at, blow=case.blow)
    is_done = once(life, goal)
    played = Played(struck=faults.struck, trace=tuple(faults.trace))
    _check_record(world, case, played)
    faults.rearm(at=None)
    for _ in range(RUNS - 1):
        if is_done:
            break
        pause_s = chance.choice((0.0, chance.uniform(0, 2 * TICK_S), chance.uniform(0, TICK_S), 3600.0))
        world.clock.pass_time(pause_s)
        is_done = once(life, goal)
    if not is_done:
        raise Broken(f"{case}: not done after {RUNS} runs")
    if goal is not None:
        _check_world(world, case, played)
        if life.up(goal) != "same":
            raise Broken(f"{case}: a run without a change does something")
        life.destroy()
    if left := world.leftovers():
        raise Broken(f"{case}: left after destroy: {left}")
    return played


def _check_record(world: World, case: Case, played: Played) -> None:
    """An id known is an id returned: only a crash may forget it."""
    is_alive = played.trace and case.blow in {Blow.LOST_ANSWER, Blow.LOST_REQUEST}
    names = {"CreateArtifact", "ListArtifacts", "TagResources"}
    if is_alive and played.struck not in names and world.things() and not world.life.state:
        raise Broken(f"{case}: the id of an artifact was known and is not in the state")


def _check_world(world: World, case: Case, played: Played) -> None:
    """One artifact of ours, and in each wanted region the one image that the state names."""
    state, goal = world.life.state, case.scenario.goal or {}
    if world.things() != [state["artifactId"]]:
        raise Broken(f"{case}: artifacts {world.things()}, state {state['artifactId']}")
    versions = world.artifacts.versions(artifact_id=state["artifactId"])
    live, book = versions[0], world.cloud.ledger()["accounts"]["hub"]
    copies = [*book["images_outstanding"], *book["build_images_outstanding"]]
    if goal.get("release", True):
        if live.version != state["version"] or live.images != state["images"]:
            raise Broken(f"{case}: the cloud delivers {live.version} {live.images}, the state says {state['images']}")
        if sorted(live.images) != sorted(goal["regions"]):
            raise Broken(f"{case}: wanted {goal['regions']}, delivered {sorted(live.images)}")
        there = {row["image_id"]: row["region"] for row in copies}
        is_copied = goal["source"]["kind"] != "marketplace"
        if is_copied and any(there.get(image) != region for region, image in live.images.items()):
            raise Broken(f"{case}: an image is not where the delivery says")
    played.copies, played.images = world.copies(), len(copies)
    played.versions = tuple(version.version for version in versions)


def compare(case: Case, played: Played, undisturbed: Played) -> None:
    """A struck run costs no copy and no version more than an undisturbed one.

    Raises:
        Broken: something was made twice.
    """
    if played.copies != undisturbed.copies:
        raise Broken(f"{case}: copies {played.copies}, undisturbed {undisturbed.copies}")
    if (played.versions, played.images) != (undisturbed.versions, undisturbed.images):
        raise Broken(f"{case}: versions {played.versions}, images {played.images}; undisturbed {undisturbed}")
