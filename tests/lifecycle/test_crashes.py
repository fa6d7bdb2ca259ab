"""Every scenario is struck at every one of its API calls, in every way, and then simply run again.

Afterwards there is one artifact, one image in each wanted region, no copy made twice, and after destroy nothing. The
last tests plant bugs to see that these ones would find them.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from computenest.kernel.errors import ComputeNestError
from computenest.kernel.names import ArtifactId, VersionId
from computenest.kernel.outcome import Outcome
from computenest.resources._packages.packages import Packages
from lifecycle.faults import Blow
from lifecycle.scenarios import SCENARIOS, Broken, Bug, Case, Scenario, compare, play

SEED = int(os.environ.get("COMPUTENEST_SEED", "20"))
REPEATED, LATE = {"artifact.names_unique": False}, 20.0
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "usual": {},
    "names repeat, lists lag": {"switches": REPEATED, "lag_s": LATE},
    "names unique, lists lag": {"lag_s": LATE},
    "ids are issued anew": {"switches": {"delivery.reissues_unchanged_regions": True}},
    "deleted objects do not answer": {"switches": {"client_token.replays_deleted": False}},
    "calls take their time": {"switches": {"delivery.fills_in_by_region": False}, "latency_s": 1.3},
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_struck_run_is_resumed_and_nothing_is_doubled(scenario: Scenario, variant: str) -> None:
    """One case a call of the undisturbed run, and blow."""
    began_s, count = time.perf_counter(), 0
    still = Case(scenario, VARIANTS[variant], seed=SEED)
    undisturbed = play(still)
    for blow in Blow if variant == "usual" else (Blow.CRASH_AFTER, Blow.LOST_ANSWER):
        for at in range(len(undisturbed.trace)):
            case = dataclasses.replace(still, at=at, blow=blow)
            compare(case, play(case), undisturbed)
            count += 1
    print(f"{count} cases, seed {SEED}, {count / (time.perf_counter() - began_s):.0f} a second")  # noqa: T201 - shown with a failure, and by -rP
    assert count >= 8


class Tampered:
    """The cloud as seen through a bug; everything that is not tampered with passes through."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


class RandomTokens(Tampered):
    """A bug: each attempt has a token of its own."""

    async def create(self, **call: Any) -> Any:
        return await self._port.create(**{**call, "token": str(uuid4())})


class BlindFind(Tampered):
    """A bug: nobody looks for what an earlier run made."""

    async def find(self, *, name: str) -> tuple[Any, ...]:
        await self._port.find(name=name)
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
        found = await self._port.get(artifact_id=artifact_id, version=version)
        return found if version is not None else None


def tampered(kind: type[Tampered]) -> Bug:
    def with_bug(packages: Packages[Any, Any]) -> Packages[Any, Any]:
        port: Any = kind(packages.artifacts)
        return dataclasses.replace(packages, artifacts=port)

    return with_bug


def made(kind: type[Packages[Any, Any]]) -> Bug:
    def with_bug(packages: Packages[Any, Any]) -> Packages[Any, Any]:
        return kind(*(getattr(packages, field.name) for field in dataclasses.fields(packages)))

    return with_bug


@dataclasses.dataclass(frozen=True)
class Planted:
    name: str
    bug: Bug
    variant: Mapping[str, Any]
    scenarios: tuple[str, ...]


USUAL, SLOW = VARIANTS["usual"], VARIANTS["calls take their time"]
BUGS = (
    Planted("random tokens", tampered(RandomTokens), VARIANTS["names repeat, lists lag"], ("create",)),
    Planted(
        "no look before a create",
        tampered(BlindFind),
        {"switches": {**REPEATED, "client_token.ttl_s": 0.0}},
        ("create",),
    ),
    Planted("an id that is not recorded", made(Forgetful), USUAL, ("create",)),
    Planted(
        "one look at what moves",
        tampered(OneLook),
        SLOW,
        ("create marketplace", "remove a region", "new source", "repair"),
    ),
    Planted("an id that nobody saw", made(Trusting), USUAL, ("create again",)),
    Planted("a failed delete called done", made(Hasty), USUAL, ("destroy",)),
)


@pytest.mark.parametrize("planted", BUGS, ids=lambda planted: planted.name)
def test_a_planted_bug_is_found(planted: Planted) -> None:
    found: list[str] = []
    for scenario in (scenario for scenario in SCENARIOS if scenario.name in planted.scenarios):
        still = Case(scenario, planted.variant, seed=SEED)
        undisturbed = play(still)
        for blow in Blow:
            try:
                for at in range(len(undisturbed.trace)):
                    case = dataclasses.replace(still, at=at, blow=blow)
                    compare(case, play(case, bug=planted.bug), undisturbed)
            except Broken as broken:
                found.append(str(broken))
                break
        if found:
            break
    assert found, f"nothing finds {planted.name}"
