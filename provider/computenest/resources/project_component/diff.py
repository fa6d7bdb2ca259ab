"""What separates a component's state from what is wanted, and what an operation will make of it. Pure."""

from __future__ import annotations

from computenest.kernel.outcome import INCOMPLETE, Difference
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._components.model import ClusterAccess
from computenest.resources.project_component.declaration import RESOURCE
from computenest.resources.project_component.model import Inputs, State

__all__ = ["DEPLOYED", "diff", "preview"]

DEPLOYED = "Deployed"


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """An incomplete state always has changes, so that the next run finishes what is missing. Another cluster replaces:
    one of another name whose uid is not known to be the same."""
    changed = RESOURCE.changed(olds, news)
    if not changed and olds.status == INCOMPLETE:
        changed = ("reasons" if olds.reasons else "status",)
    replaces = [key for key in RESOURCE.replaces if key in changed]
    is_elsewhere = isinstance(news.cluster, ClusterAccess) and news.cluster.name != olds.cluster.name
    is_known_same = news.uid is not UNKNOWN and bool(news.uid) and news.uid == olds.uid
    if is_elsewhere and not is_known_same and "cluster" in changed:
        replaces.append("cluster")
    return Difference(changed, tuple(replaces))


def preview(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state as an operation would leave it."""
    is_same = former is not None and not diff(former, inputs).has_changes
    found = State[Unknown].made(inputs, status=DEPLOYED, drifted="", reasons={}, revision=UNKNOWN)
    return State[Unknown].made(found, revision=former.revision) if former is not None and is_same else found
