"""Every scenario is struck at every one of its API calls, in every way, and then simply run again.

Afterwards there is one artifact, one image in each wanted region, no copy made twice, and after destroy nothing. The
last tests plant bugs to see that these ones would find them.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from computenest.kernel.errors import ComputeNestError
from computenest.kernel.names import ArtifactId, VersionId
from computenest.kernel.outcome import Outcome
from computenest.resources._packages.packages import Packages
from lifecycle.faults import Blow
from lifecycle.memory import MemoryCloud
from lifecycle.scenarios import QUICK, SCENARIOS, Broken, Case, Scenario, compare, play, reference

SEED = int(os.environ.get("COMPUTENEST_SEED", "20"))
VARIANTS = {
    "usual": QUICK,
    "names repeat, lists lag": dataclasses.replace(QUICK, names_unique=False, list_lag_s=20),
    "names unique, lists lag": dataclasses.replace(QUICK, list_lag_s=20),
    "ids are issued anew": dataclasses.replace(QUICK, reissues=True),
    "deleted objects do not answer": dataclasses.replace(QUICK, replays_deleted=False),
    "calls take their time": dataclasses.replace(QUICK, latency_s=1.3, fills_in_by_region=False),
}


def cases(scenario: Scenario, variant: str, blow: Blow) -> Iterator[tuple[Case, Any]]:
    """One case a call of the undisturbed run."""
    still = Case(scenario, VARIANTS[variant], blow, None, SEED)
    undisturbed = reference(still)
    for at in range(len(undisturbed.trace)):
        yield dataclasses.replace(still, at=at), undisturbed


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_struck_run_is_resumed_and_nothing_is_doubled(scenario: Scenario, variant: str) -> None:
    began_s, count = time.perf_counter(), 0
    for blow in Blow if variant == "usual" else (Blow.CRASH_AFTER, Blow.LOST_ANSWER):
        for case, undisturbed in cases(scenario, variant, blow):
            compare(case, play(case), undisturbed)
            count += 1
    print(f"{count} cases, seed {SEED}, {count / (time.perf_counter() - began_s):.0f} a second")  # noqa: T201 - shown with a failure, and by -rP
    assert count >= 8


class Tampered:
    """The cloud as seen through a bug; everything that is not tampered with passes through."""

    def __init__(self, cloud: MemoryCloud) -> None:
        self._cloud = cloud

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cloud, name)


class RandomTokens(Tampered):
    """A bug: each attempt has a token of its own."""

    async def create(self, **call: Any) -> Any:
        return await self._cloud.create(**{**call, "token": str(uuid4())})


class BlindFind(Tampered):
    """A bug: nobody looks for what an earlier run made."""

    async def find(self, *, name: str) -> tuple[Any, ...]:
        await self._cloud.find(name=name)
        return ()


class Forgetful(Packages[Any, Any]):
    """A bug: an operation that fails raises, and the id that it knew is lost."""

    async def create(self, inputs: Any) -> Outcome[Any]:
        outcome = await super().create(inputs)
        if not outcome.is_complete:
            raise ComputeNestError("; ".join(outcome.reasons))
        return outcome


class Hasty(Packages[Any, Any]):
    """A bug: what a delete finds busy or strange is called deleted."""

    async def delete(self, known: Any) -> None:
        try:
            await super().delete(known)
        except ComputeNestError:
            return


class Trusting(Packages[Any, Any]):
    """A bug: an id that was recorded before anybody saw its artifact is taken for the truth."""

    async def update(self, inputs: Any, former: Any) -> Outcome[Any]:
        return await super().update(inputs, former.made(former, incarnation=former.incarnation or 1))


class OneLook(Tampered):
    """A bug: a draft whose release ends between two calls is called gone, and its artifact with it."""

    async def get(self, *, artifact_id: ArtifactId, version: VersionId | None = None) -> Any:
        found = await self._cloud.get(artifact_id=artifact_id, version=version)
        return found if version is not None else None


@dataclasses.dataclass(frozen=True)
class Bug:
    name: str
    rules: str
    scenarios: tuple[str, ...]
    tamper: Callable[[MemoryCloud], Any] | None = None
    make: type[Packages] = Packages
    forgets_tokens: bool = False


BUGS = (
    Bug("random tokens", "names repeat, lists lag", ("create",), tamper=RandomTokens),
    Bug("no look before a create", "names repeat, lists lag", ("create",), tamper=BlindFind, forgets_tokens=True),
    Bug("an id that is not recorded", "usual", ("create",), make=Forgetful),
    Bug(
        "one look at what moves",
        "calls take their time",
        ("create marketplace", "remove a region", "new source", "repair"),
        tamper=OneLook,
    ),
    Bug("an id that nobody saw", "usual", ("create again",), make=Trusting),
    Bug("a failed delete called done", "usual", ("destroy",), make=Hasty),
)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Bug) -> None:
    found: list[str] = []
    rules = VARIANTS[bug.rules]
    if bug.forgets_tokens:
        rules = dataclasses.replace(rules, token_ttl_s=0, list_lag_s=0)
    for scenario in (scenario for scenario in SCENARIOS if scenario.name in bug.scenarios):
        for blow in Blow:
            still = Case(scenario, rules, blow, None, SEED)
            try:
                undisturbed = reference(still)
                for at in range(len(undisturbed.trace)):
                    case = dataclasses.replace(still, at=at)
                    compare(case, play(case, make=bug.make, tamper=bug.tamper), undisturbed)
            except Broken as broken:
                found.append(str(broken))
                break
        if found:
            break
    assert found, f"nothing finds {bug.name}"
