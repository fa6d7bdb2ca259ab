"""The one loop, driven by a toy of a resource: creating once, one step at a time, and what is kept in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from computenest.kernel import identity
from computenest.kernel.errors import ComputeNestError, Conflict, Permanent, Transient
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Outcome
from computenest.kernel.plan import Await, Create, Done, Failed
from computenest.reconcile.objects import ObjectRun
from computenest.reconcile.stopping import stop
from lifecycle.driver import Screen, _no_lease
from lifecycle.refused import refused
from lifecycle.virtual import VirtualClock, run

DEADLINE_S = 100.0
OWNER = OwnerId("o-1")
MINE = identity.owner_tags(OWNER, 1)


@dataclass
class Cloud:
    """Answers creates with the ids it is given, shows the objects that live, and counts."""

    answers: list[str | Exception] = field(default_factory=list)
    living: dict[str, dict[str, str]] = field(default_factory=dict)
    named: str = ""
    ordinals: list[int] = field(default_factory=list)
    steps: list[Any] = field(default_factory=list)
    """What the plan says at each look at a living object; the last one for ever."""
    blows: list[Exception] = field(default_factory=list)
    """What the next changes come to."""
    deeds: list[str] = field(default_factory=list)
    at_look: Callable[[int], Any] = lambda _: None
    looks: int = 0


@dataclass(frozen=True)
class Wanted:
    owner_id: OwnerId = OWNER
    generation: int = 1
    tags: Mapping[str, str] = field(default_factory=dict)
    timeout_s: int = int(DEADLINE_S)


class Grow:
    """The toy's own step."""


class Stuck(Failed):
    """The plan of the toy knows no way on."""


@dataclass(kw_only=True)
class Toy(ObjectRun[Any]):
    kind: ClassVar[str] = "artifact"
    cloud: Cloud

    name = "web"  # type: ignore[assignment]

    @property
    def seen_tags(self) -> Mapping[str, str] | None:
        return self.cloud.living.get(self.object_id)

    async def observe(self) -> None:
        self.cloud.looks += 1
        found = self.cloud.at_look(self.cloud.looks)
        if isinstance(found, Exception):
            raise found
        if found is not None:
            await found

    def next_step(self) -> object:
        if self.seen_tags is None:
            return Create()
        return self.cloud.steps.pop(0) if len(self.cloud.steps) > 1 else self.cloud.steps[0]

    async def find(self) -> tuple[str, Mapping[str, str]] | None:
        return (self.cloud.named, self.cloud.living[self.cloud.named]) if self.cloud.named else None

    async def make(self, ordinal: int) -> str:
        self.cloud.ordinals.append(ordinal)
        answer = self.cloud.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def is_there(self) -> bool | None:
        return True if self.seen_tags is not None else None

    async def act(self, step: Any) -> None:
        self.acting(type(step).__name__)
        if self.cloud.blows:
            raise self.cloud.blows.pop(0)
        self.cloud.deeds.append(type(step).__name__)

    async def wait(self, step: Any) -> None:
        del step
        await self.pause(self.timed_out("it moves"))

    async def finish(self, done: Any) -> Outcome:
        del done
        await self.settle_tags()
        return Outcome(self.object_id, {"incarnation": self.incarnation})

    def kept(self, reason: str) -> Outcome:
        kept = {"reason": reason, "incarnation": self.recorded_incarnation}
        return Outcome(self.object_id, kept, (f"a sentence: {reason}",))

    async def tag(self, tags: Mapping[str, str]) -> None:
        self.cloud.living[self.object_id].update(tags)

    async def untag(self, keys: list[str]) -> None:
        for key in keys:
            del self.cloud.living[self.object_id][key]

    async def remove(self, attempt: int) -> None:
        self.cloud.deeds.append(f"remove {attempt}")
        if self.cloud.blows:
            raise self.cloud.blows.pop(0)
        del self.cloud.living[self.object_id]


def toy(cloud: Cloud, **given: Any) -> Toy:
    desk: Any = SimpleNamespace(clock=VirtualClock(), progress=Screen(), lease=_no_lease)
    if former := given.pop("former", None):
        given["former"] = SimpleNamespace(incarnation=former.get("incarnation"), tags=former.get("tags", {}))
    return Toy(**{"desk": desk, "wanted": Wanted(), "cloud": cloud, **given})


def clock_of(made: Toy) -> VirtualClock:
    clock: Any = made.desk.clock
    assert isinstance(clock, VirtualClock)
    return clock


def converge(made: Toy) -> Outcome:
    return run(clock_of(made), made.converge())


def living(*ids: str, **tags: str) -> dict[str, dict[str, str]]:
    return {object_id: {**MINE, **tags} for object_id in ids}


# creating ------------------------------------------------------------------------------------------------------


def test_a_create_answered_with_a_dead_object_is_made_anew_with_the_next_token() -> None:
    made = toy(cloud := Cloud(["dead", "a-1"], living("a-1"), steps=[Done()]))
    outcome = converge(made)
    assert (outcome, cloud.ordinals) == (Outcome("a-1", {"incarnation": 1}), [1, 2])


def test_an_id_that_nobody_saw_is_not_the_truth_for_the_next_run() -> None:
    unseen = toy(Cloud(["dead", Transient("no answer")]))
    outcome = converge(unseen)
    assert (outcome.id, outcome.state["incarnation"]) == ("dead", 0)
    made = toy(cloud := Cloud(["a-2"], living("a-2"), steps=[Done()]), former={"incarnation": 0}, object_id="dead")
    assert (converge(made).id, cloud.ordinals) == ("a-2", [2])


def test_one_that_was_seen_and_is_gone_is_told() -> None:
    for former in ({"incarnation": 1}, {"status": "Available"}):
        made = toy(Cloud(["a-2"]), former=former, object_id="a-1")
        with pytest.raises(Conflict, match="artifact a-1 of web is gone") as told:
            converge(made)
        assert "pulumi refresh" in told.value.hint


def test_a_name_or_token_that_was_used_is_looked_up_until_a_list_shows_it() -> None:
    for code, ends in (("EntityAlreadyExist.Artifact", "used"), ("IdempotentParameterMismatch", "16 times")):
        cloud = Cloud([refused(code, "used")] * 16, steps=[Done()])
        with pytest.raises(ComputeNestError, match=ends):
            converge(toy(cloud, wanted=Wanted(timeout_s=10**6)))
        cloud = Cloud([refused(code, "used")], living("a-1"), steps=[Done()])
        made = toy(cloud)

        async def show(made: Toy = made, cloud: Cloud = cloud) -> Outcome:
            task = asyncio.ensure_future(made.converge())
            await made.desk.clock.sleep(12.0)
            cloud.named = "a-1"
            return await task

        assert run(clock_of(made), show()) == Outcome("a-1", {"incarnation": 2})


def test_it_does_not_ask_for_ever() -> None:
    made = toy(Cloud([f"dead-{n}" for n in range(99)]), wanted=Wanted(timeout_s=10**9))
    assert "16 times with a deleted artifact" in converge(made).reasons[0]


# steps ---------------------------------------------------------------------------------------------------------


def test_steps_are_taken_one_at_a_time_with_a_look_before_each() -> None:
    cloud = Cloud(["a-1"], living("a-1"), steps=[Grow(), Await(), Grow(), Done()])
    assert converge(toy(cloud)).is_complete
    assert (cloud.deeds, cloud.looks) == (["Grow", "Grow"], 5)


def test_what_the_plan_calls_a_failure_keeps_the_state() -> None:
    outcome = converge(toy(Cloud(["a-1"], living("a-1"), steps=[Stuck("no way")])))
    assert (outcome.id, outcome.reasons) == ("a-1", ("a sentence: no way",))


def test_a_refusal_that_passes_is_looked_at_again_and_no_other_is() -> None:
    busy, other = refused("OperationDenied", "busy"), refused("EntityAlreadyExist.X", "other")
    cloud = Cloud(["a-1"], living("a-1"), steps=[Grow(), Grow(), Done()], blows=[busy])
    assert converge(toy(cloud)).is_complete
    cloud = Cloud(["a-1"], living("a-1"), steps=[Grow()], blows=[other])
    assert "other" in converge(toy(cloud)).reasons[0]
    cloud = Cloud(["a-1"], living("a-1"), steps=[Grow()], blows=[busy] * 99)
    assert "busy" in converge(toy(cloud, wanted=Wanted(timeout_s=10**6))).reasons[0]
    assert len(cloud.blows) == 99 - 21, "a cloud that refuses for ever is not asked for ever, whatever the deadline"


def test_more_steps_than_any_story_needs_are_a_fault_of_ours() -> None:
    outcome = converge(toy(Cloud(["a-1"], living("a-1"), steps=[Grow()])))
    assert "more than 40 steps" in outcome.reasons[0]


def test_a_wait_ends_at_the_deadline_and_says_what_was_waited_for() -> None:
    outcome = converge(toy(Cloud(["a-1"], living("a-1"), steps=[Await()])))
    (reason,) = outcome.reasons
    assert "web: timed out after 100 s while it moves" in reason
    assert "run pulumi up again" in reason


@pytest.mark.parametrize("former", [{}, {"incarnation": 1}])
def test_nothing_foreign_is_changed(former: dict[str, Any]) -> None:
    strange = {"a-1": dict(identity.owner_tags(OwnerId("o-2"), 1))}
    cloud = Cloud(["a-1"], strange, steps=[Grow()])
    made = toy(cloud, former=former, object_id="a-1" if former else "")
    if former:
        with pytest.raises(Conflict, match="belongs to o-2; it is left untouched"):
            converge(made)
    else:
        assert "belongs to o-2" in converge(made).reasons[0]
    assert cloud.deeds == []


def test_what_lost_our_tag_is_restored_by_an_update_and_never_deleted() -> None:
    cloud = Cloud([], {"a-1": {"old": "x"}}, steps=[Done()])
    former = {"incarnation": 1, "tags": {"old": "x"}}
    assert converge(toy(cloud, former=former, object_id="a-1", wanted=Wanted(tags={"new": "y"}))).is_complete
    assert cloud.living["a-1"] == {**MINE, "new": "y"}
    del cloud.living["a-1"][identity.OWNER_TAG]
    made = toy(cloud, former=former, object_id="a-1")
    with pytest.raises(Conflict, match="was not made by this stack"):
        run(clock_of(made), made.delete(incarnation=1))


# deleting ------------------------------------------------------------------------------------------------------


def deleted(cloud: Cloud, **given: Any) -> Toy:
    made = toy(cloud, former={"incarnation": 1}, object_id="a-1", **given)
    run(clock_of(made), made.delete(incarnation=1))
    return made


def test_a_delete_waits_for_what_moves_and_verifies() -> None:
    cloud = Cloud([], living("a-1"), steps=[Await(), Await(), Done()])
    deleted(cloud)
    assert (cloud.deeds, cloud.looks) == (["remove 1"], 4)


def test_a_delete_leaves_what_a_replacement_has_adopted() -> None:
    cloud = Cloud([], living("a-1", **{identity.INCARNATION_TAG: "2"}), steps=[Done()])
    made = deleted(cloud)
    screen: Any = made.desk.progress
    assert (cloud.deeds, screen.warnings) == ([], ["web: a-1 stays, its replacement has adopted it"])


def test_a_delete_that_is_refused_tells_the_reason_in_the_end() -> None:
    """What passes is looked at again a few times; what does not, is told at once."""
    cloud = Cloud([], living("a-1"), steps=[Done()], blows=[refused("OperationDenied.InstanceStatus", "just now")])
    deleted(cloud)
    for code, times in (("OperationDenied.InstanceStatus", 4), ("OperationDenied.ArtifactAssociated", 1)):
        cloud = Cloud([], living("a-1"), steps=[Done()], blows=[refused(code, "by s-1") for _ in range(99)])
        with pytest.raises(Conflict, match="by s-1"):
            deleted(cloud)
        assert len(cloud.deeds) == times


def test_a_delete_ends_at_the_deadline() -> None:
    with pytest.raises(Permanent, match="timed out after 100 s while it moves") as told:
        deleted(Cloud([], living("a-1"), steps=[Await()]))
    assert told.value.hint == "run pulumi destroy again, or raise timeout_s"


# ending early --------------------------------------------------------------------------------------------------


def ended(made: Toy) -> Outcome:
    async def operate() -> Outcome:
        task = asyncio.ensure_future(made.converge())
        for _ in range(5):
            await asyncio.sleep(0)
        while not task.done():
            stop(task, "stopped by people")
            for _ in range(5):
                await asyncio.sleep(0)
        return await task

    return asyncio.run(operate())


async def lasts() -> Any:
    await asyncio.Event().wait()


FAILS, FAILS_TWICE = {2: Transient("no answer")}, {2: Transient("no answer"), 3: Transient("nothing")}


@pytest.mark.parametrize(
    ("looks", "reason", "incarnation"),
    [
        (FAILS, "no answer", 1),
        (FAILS_TWICE, "no answer", 0),
        ({2: Transient("no answer"), 3: lasts}, "no answer", 0),
        ({2: lasts}, "stopped by people", 0),
    ],
    ids=["an error", "an error, and no last look", "an error, and a stop in the last look", "a stop"],
)
def test_what_ends_early_keeps_the_id_and_the_reason(looks: Mapping[int, Any], reason: str, incarnation: int) -> None:
    """An incarnation of 0 says that nobody has seen it yet."""

    def at_look(number: int) -> Any:
        found = looks.get(number)
        return found() if callable(found) else found

    outcome = ended(toy(Cloud(["a-1"], living("a-1"), steps=[Grow()], at_look=at_look)))
    assert (outcome.id, outcome.state) == ("a-1", {"reason": reason, "incarnation": incarnation})
    assert len(outcome.reasons) == 1


@pytest.mark.parametrize("given", [{}, {"former": {"incarnation": 1}, "object_id": "a-1"}])
@pytest.mark.parametrize("look", [Transient("no answer"), lasts])
def test_what_changed_nothing_leaves_the_state_as_it_was(given: dict[str, Any], look: Any) -> None:
    def at_look(_: int) -> Any:
        return look() if callable(look) else look

    with pytest.raises(ComputeNestError):
        ended(toy(Cloud([], living("a-1"), steps=[Done()], at_look=at_look), **given))
