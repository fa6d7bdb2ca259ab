"""What operations on packages, services and instances have in common: creating once, and what is kept in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from computenest.domain.errors import ComputeNestError, Conflict, Permanent, Transient
from computenest.domain.outcome import Outcome
from computenest.engine.operation import Operation
from computenest.engine.stopping import stop
from lifecycle.refused import refused
from lifecycle.virtual import VirtualClock, run

DEADLINE_S = 100.0


class Cloud:
    """Answers creates with the ids it is given, shows the objects that live, and counts."""

    def __init__(self, *answers: str | Exception, living: frozenset[str] = frozenset()) -> None:
        self.answers, self.living = list(answers), living
        self.ordinals: list[int] = []
        self.named = ""

    async def make(self, ordinal: int) -> str:
        self.ordinals.append(ordinal)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def is_there(self, object_id: str) -> bool | None:
        return True if object_id in self.living else None


def operation(clock: VirtualClock, **given: Any) -> Operation:
    usual = {"kind": "artifact", "name": "web", "former": {}, "deadline_s": DEADLINE_S, "object_id": ""}
    return Operation(clock=clock, **{**usual, **given})


def create(cloud: Cloud, made: Operation, clock: VirtualClock) -> None:
    async def adopt() -> None:
        made.object_id = cloud.named

    run(clock, made.create(cloud.make, is_there=cloud.is_there, adopt=adopt))


def test_a_create_answered_with_a_dead_object_is_made_anew_with_the_next_token() -> None:
    clock, cloud = VirtualClock(), Cloud("dead", "a-1", living=frozenset({"a-1"}))
    made = operation(clock)
    create(cloud, made, clock)
    assert (made.object_id, made.recorded_incarnation, made.has_acted) == ("dead", 0, True)
    create(cloud, made, clock)
    assert (made.object_id, cloud.ordinals) == ("a-1", [1, 2])
    create(cloud, made, clock)
    assert cloud.ordinals == [1, 2], "it is there: the look before was too early"


def test_an_id_that_nobody_saw_is_not_the_truth_for_the_next_run() -> None:
    clock, cloud = VirtualClock(), Cloud("a-2")
    made = operation(clock, former={"incarnation": 0}, object_id="dead")
    create(cloud, made, clock)
    assert (made.object_id, cloud.ordinals) == ("a-2", [2])


def test_one_that_was_seen_and_is_gone_is_told() -> None:
    clock = VirtualClock()
    for former in ({"incarnation": 1}, {"status": "Available"}):
        made = operation(clock, former=former, object_id="a-1")
        with pytest.raises(Conflict, match="artifact a-1 of web is gone") as told:
            create(Cloud("a-2"), made, clock)
        assert "pulumi refresh" in told.value.hint


def test_a_name_or_token_that_was_used_is_looked_up_until_a_list_shows_it() -> None:
    clock = VirtualClock()
    for code, ends in (("EntityAlreadyExist.Artifact", True), ("IdempotentParameterMismatch", False)):
        cloud = Cloud(refused(code, "used"))
        made = operation(clock, deadline_s=clock.now_s() + DEADLINE_S)
        if ends:
            with pytest.raises(Conflict, match="used"):
                create(cloud, made, clock)
        else:
            create(cloud, made, clock)
        assert not made.object_id
        cloud.answers, cloud.named = [refused(code, "used")], "a-1"
        create(cloud, made, clock)
        assert made.object_id == "a-1"


def test_it_does_not_ask_for_ever() -> None:
    clock = VirtualClock()
    made = operation(clock, deadline_s=1e9)
    cloud = Cloud(*(f"dead-{n}" for n in range(99)))
    for _ in range(16):
        create(cloud, made, clock)
    with pytest.raises(Permanent, match="16 times with a deleted artifact"):
        create(cloud, made, clock)


def ended(made: Operation, work: Callable[[], Any], look: Callable[[], Any]) -> Outcome:
    def kept(reason: str) -> Outcome:
        return Outcome(made.object_id, {"reason": reason}, (f"a sentence: {reason}",))

    async def operate() -> Outcome:
        task = asyncio.ensure_future(made.outcome_of(work(), look=look, kept=kept))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if not task.done():
            stop(task, "stopped by people")
        return await task

    return asyncio.run(operate())


async def fails() -> Any:
    raise Transient("no answer")


async def lasts() -> Any:
    await asyncio.Event().wait()


async def nothing() -> None:
    return


@pytest.mark.parametrize(
    ("work", "look", "reason"),
    [
        (fails, nothing, "no answer"),
        (fails, fails, "no answer"),
        (fails, lasts, "no answer"),
        (lasts, nothing, "stopped by people"),
    ],
)
def test_what_ends_early_keeps_the_id_and_the_reason(work: Any, look: Any, reason: str) -> None:
    """Also where the last look fails, or is stopped."""
    outcome = ended(operation(VirtualClock(), object_id="a-1"), work, look)
    assert (outcome.id, outcome.state) == ("a-1", {"reason": reason})
    assert len(outcome.reasons) == 1


@pytest.mark.parametrize("given", [{}, {"former": {"incarnation": 1}, "object_id": "a-1"}])
@pytest.mark.parametrize("work", [fails, lasts])
def test_what_changed_nothing_leaves_the_state_as_it_was(given: dict[str, Any], work: Any) -> None:
    with pytest.raises(ComputeNestError):
        ended(operation(VirtualClock(), **given), work, nothing)
