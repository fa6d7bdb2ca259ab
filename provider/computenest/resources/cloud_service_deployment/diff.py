"""What separates a deployment's state from what is wanted, and what an operation will make of it. Pure."""

from __future__ import annotations

from computenest.kernel.outcome import Difference
from computenest.kernel.unknown import Known, Unknown
from computenest.resources._components.deployed import DEPLOYED, difference, promised
from computenest.resources.cloud_service_deployment.declaration import RESOURCE
from computenest.resources.cloud_service_deployment.model import Inputs, State


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """An incomplete state always has changes, so that the next run finishes what is missing. Another cluster replaces:
    one of another name whose uid is not known to be the same."""
    return difference(RESOURCE, olds, news)


def preview(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state as an operation would leave it."""
    stays = former if former is not None and not diff(former, inputs).has_changes else None
    return promised(State[Unknown], inputs, stays, found_out=("revisions",), status=DEPLOYED, drifted={})
