"""What separates a component's state from what is wanted, and what an operation will make of it. Pure."""

from __future__ import annotations

from computenest.kernel.outcome import INCOMPLETE, Difference, unfinished
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._components.model import ClusterAccess
from computenest.resources.cluster_component.declaration import RESOURCE
from computenest.resources.cluster_component.model import Inputs, State

__all__ = ["DEPLOYED", "diff", "preview"]

DEPLOYED = "Deployed"


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """An incomplete state always has changes. Another cluster replaces: one of another name whose uid is not known
    to be the same."""
    changed = RESOURCE.changed(olds, news)
    if not changed and olds.status == INCOMPLETE:
        changed = (unfinished(olds.reasons),)
    is_elsewhere = isinstance(news.cluster, ClusterAccess) and news.cluster.name != olds.cluster.name
    is_moved = is_elsewhere and (news.uid is UNKNOWN or news.uid != olds.uid)
    moved = ("cluster",) if is_moved and "cluster" in changed else ()
    return Difference(changed, (*moved, *(key for key in RESOURCE.replaces if key in changed)))


def preview(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state as an operation would leave it."""
    is_same = former is not None and not diff(former, inputs).has_changes
    found = State[Unknown].made(inputs, status=DEPLOYED, drifted="", reasons={}, revision=UNKNOWN, version=UNKNOWN)
    if former is None or not is_same:
        return found
    return State[Unknown].made(found, revision=former.revision, version=former.version)
