"""What to do next with a package: a pure function of what is wanted and what lies in the registries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from computenest.kernel import plan
from computenest.resources._delivery.places import Lying, Place, refusal


@dataclass(frozen=True, slots=True)
class Bring(plan.Step):
    """The package is not at a place."""

    place: Place


@dataclass(frozen=True, slots=True)
class Drop(plan.Step):
    """Something of ours lies where nothing is wanted any more."""

    place: Place
    digest: str


@dataclass(frozen=True, slots=True)
class Write(plan.Step):
    """The archive is not there, or holds something else."""

    path: str


def next_step(
    digest: str,
    wanted: Mapping[Place, Lying],
    left: Mapping[Place, str],
    recorded: Mapping[str, str],
) -> plan.Step:
    """The one next step.

    Args:
        digest: of the package.
        wanted: where it goes, and what lies there.
        left: where it was put and is not wanted any more -> its digest.
        recorded: place -> the digest of what this package put there.
    """
    for place, lying in wanted.items():
        if lying.digest == lying.marked == digest and lying.is_whole and lying.is_signed:
            continue
        reason = refusal(place, lying, digest, recorded=recorded.get(str(place)), what="this package")
        if reason:
            return plan.Failed(reason)
        return Bring(place)
    for place, former in left.items():
        return Drop(place, former)
    return plan.Done()
