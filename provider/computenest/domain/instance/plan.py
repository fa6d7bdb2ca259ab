"""The one next step from what is there to what is wished: pure, so that a run that died costs nothing.

No step depends on what this process did before, but for one thing: an upgrade that was tried and changed nothing is
not tried again in the same run.
"""

from __future__ import annotations

from dataclasses import dataclass

from computenest.domain.instance.classify import Phase, classify
from computenest.domain.instance.conceal import Veil
from computenest.domain.instance.model import Instance, Wanted
from computenest.domain.instance.parameters import observed_parameters
from computenest.domain.instance.state import failure

__all__ = ["Await", "Change", "Create", "Discard", "Done", "Fail", "Step", "Upgrade", "next_step"]


@dataclass(frozen=True, slots=True)
class Create:
    """Nothing is there: make it."""


@dataclass(frozen=True, slots=True)
class Discard:
    """A deployment of ours that an earlier, interrupted create left behind failed: delete it and make another."""


@dataclass(frozen=True, slots=True)
class Await:
    """The cloud is at work."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Move to the wished version of the service."""


@dataclass(frozen=True, slots=True)
class Change:
    """Give it other parameters, by the supplier's operation."""


@dataclass(frozen=True, slots=True)
class Done:
    """It is as wished."""


@dataclass(frozen=True, slots=True)
class Fail:
    """It will not become as wished in this run."""

    reason: str


Step = Create | Discard | Await | Upgrade | Change | Done | Fail


def next_step(
    wanted: Wanted,
    seen: Instance | None,
    *,
    tried: frozenset[str] = frozenset(),
    is_found: bool,
    is_other_draft: bool = False,
) -> Step:
    """The next step.

    Args:
        wanted: the wish.
        seen: what the cloud shows, None where there is no instance.
        tried: steps that this run took already: `Upgrade`, `Change`.
        is_found: a create found the instance, and neither made it in this run nor knows it from the state.
        is_other_draft: the wished version has the name of the one that runs, and another content.
    """
    phase = Phase.GONE if seen is None else classify(seen.status)
    if seen is None or phase is Phase.GONE:
        return Create()
    if phase is Phase.PENDING:
        return Await()
    veil = Veil.over(wanted.parameters, wanted.concealed)
    if phase is Phase.FAILED:
        return Discard() if is_found else Fail(failure(seen, veil))
    if wanted.service_version is not None and seen.service_version != wanted.service_version:
        if "Upgrade" not in tried:
            return Upgrade()
        return Fail(
            f"the upgrade to version {wanted.service_version} failed and version {seen.service_version} runs on"
            + _because(seen, veil)
        )
    if is_other_draft and "Upgrade" not in tried:
        return Upgrade()
    if is_other_draft and seen.status_detail:
        return Fail(f"the upgrade to the version {seen.service_version} of now failed" + _because(seen, veil))
    if wanted.operation and _other_parameters(wanted, seen):
        if "Change" not in tried:
            return Change()
        if seen.status_detail:
            return Fail("its parameters are as they were" + _because(seen, veil))
    return Done()


def _because(seen: Instance, veil: Veil) -> str:
    said = veil.text(" ".join(seen.status_detail.split()))
    return f": {said}" if said else "; the cloud gives no reason"


def _other_parameters(wanted: Wanted, seen: Instance) -> bool:
    """Whether the cloud shows another value for one of them; what it hides or leaves out counts as equal."""
    return observed_parameters(wanted.parameters, seen.parameters) != dict(wanted.parameters)
