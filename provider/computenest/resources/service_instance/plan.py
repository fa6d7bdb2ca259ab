"""The one next step from what is there to what is wished: pure, so that a run that died costs nothing.

No step depends on what this process did before, but for one thing: an upgrade that was tried and changed nothing is
not tried again in the same run.
"""

from __future__ import annotations

from dataclasses import dataclass

from computenest.kernel.plan import Await, Create, Done, Failed, Step
from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import Known
from computenest.resources.service_instance.classify import (
    DELETED,
    has_failed,
    is_moving,
    is_unusable,
    is_upgrade_failed,
)
from computenest.resources.service_instance.model import Instance, Wanted
from computenest.resources.service_instance.parameters import observed_parameters
from computenest.resources.service_instance.state import failure

_UPGRADE_FAILED = "UpgradeFailed"  # a rollback that failed is made good by the upgrade (facts §7)


class Discard(Step):
    """A deployment of ours that an earlier, interrupted create left behind failed: delete it and make another."""


class Upgrade(Step):
    """Move to the wished version of the service."""


class Continue(Step):
    """Take a deployment that failed up again, with the parameters of now."""


@dataclass(frozen=True, slots=True)
class Power(Step):
    """Stop its machines, or start them."""

    is_on: bool


class Rollback(Step):
    """Go back to the version before, or undo what a failed upgrade left."""


class Change(Step):
    """Give it other parameters, by the supplier's operation."""


def next_step(
    wanted: Wanted[Known],
    seen: Instance | None,
    *,
    tried: frozenset[str] = frozenset(),
    is_found: bool,
    is_known: bool = False,
    is_changed: bool = False,
    is_other_draft: bool = False,
    has_waited: bool = False,
) -> Step:
    """The next step.

    Args:
        wanted: the desired state.
        seen: what the cloud shows, None where there is no instance.
        tried: steps that this run took already: `Upgrade`, `Rollback`, `Change`, `Power`, `Continue`.
        is_found: a create found the instance, and neither made it in this run nor knows it from the state.
        is_known: the state knows the instance.
        is_changed: parameters are wished that the last run did not: the cloud may not show them at all.
        is_other_draft: the wished version has the name of the one that runs, and another content.
        has_waited: this run saw the cloud at work on it.
    """
    if seen is None or seen.status == DELETED:
        return Create()
    if is_moving(seen.status):
        return Await()
    redactor = Redactor.over(wanted.parameters, wanted.concealed)
    if is_unusable(seen.status):
        return _of_unusable(
            wanted, seen, redactor, is_found=is_found, may_continue=is_known and "Continue" not in tried
        )
    version = wanted.service_version
    is_failed = has_failed(seen.status)
    is_again = is_upgrade_failed(seen.status)
    is_other_version = version is not None and seen.service_version != version
    if is_other_version or is_other_draft or (is_again and version is not None):
        if version is not None and not {"Upgrade", "Rollback"} & tried:
            return Rollback() if not is_other_draft and _goes_back(seen, version) else Upgrade()
        if is_other_version or is_failed:
            return Failed(_unmoved(wanted, seen, redactor))
        if seen.status_detail:
            return Failed(f"the upgrade to the version {seen.service_version} of now failed" + _because(seen, redactor))
    if wanted.operation and (is_again or is_changed or _other_parameters(wanted, seen)):
        if "Change" not in tried:
            return Change()
        if is_failed or seen.status_detail:
            return Failed("its parameters are as they were" + _because(seen, redactor))
    if (power := _power(wanted, seen)) is not None and "Power" not in tried:
        return power
    return Failed(failure(seen, redactor)) if is_failed and (has_waited or tried) else Done()


def _of_unusable(
    wanted: Wanted[Known], seen: Instance, redactor: Redactor, *, is_found: bool, may_continue: bool
) -> Step:
    if wanted.on_failure == "continue" and seen.status == "DeployedFailed" and may_continue:
        return Continue()
    return Discard() if is_found else Failed(failure(seen, redactor))


def _power(wanted: Wanted[Known], seen: Instance) -> Power | None:
    """Source of the statuses: facts §7."""
    if wanted.power == "stopped" and seen.status in {"Deployed", "StopFailed"}:
        return Power(is_on=False)
    return Power(is_on=True) if wanted.power == "running" and seen.status in {"Stopped", "StartFailed"} else None


def _goes_back(seen: Instance, version: str) -> bool:
    """Whether the wish is a version before the one that runs, or the one that runs on after an upgrade failed."""
    if seen.service_version == version:
        return seen.status == _UPGRADE_FAILED
    numbers = (version, seen.service_version)
    return all(number.isdigit() for number in numbers) and int(version) < int(seen.service_version)


def _unmoved(wanted: Wanted[Known], seen: Instance, redactor: Redactor) -> str:
    """Why an upgrade that was tried has not come true; which version a failed one shows is in no source."""
    runs = f" and version {seen.service_version} runs on" if seen.service_version != wanted.service_version else ""
    return f"the upgrade to version {wanted.service_version} failed{runs}" + _because(seen, redactor)


def _because(seen: Instance, redactor: Redactor) -> str:
    said = redactor.text(" ".join(seen.status_detail.split()))
    return f": {said}" if said else "; the cloud gives no reason"


def _other_parameters(wanted: Wanted[Known], seen: Instance) -> bool:
    """Whether the cloud shows another value for one of them; what it hides or leaves out counts as equal."""
    return observed_parameters(wanted.parameters, seen.parameters) != dict(wanted.parameters)
