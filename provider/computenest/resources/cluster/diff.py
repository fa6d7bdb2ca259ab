"""What separates a cluster's state from what is wanted, and what an operation will make of it. Pure."""

from __future__ import annotations

from computenest.kernel.outcome import Difference
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources.cluster.check import access_of
from computenest.resources.cluster.declaration import RESOURCE
from computenest.resources.cluster.model import Inputs, State


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """Another name is another cluster; the uid is the check's to look at."""
    changed = RESOURCE.changed(olds, news)
    return Difference(changed, tuple(key for key in RESOURCE.replaces if key in changed))


def preview(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state as an operation would leave it."""
    version = former.version if former is not None else UNKNOWN
    uid = inputs.uid or UNKNOWN
    return State[Unknown].made(inputs, access=access_of(inputs), version=version, uid=uid)
