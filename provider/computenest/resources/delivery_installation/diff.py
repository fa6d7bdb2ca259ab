"""What separates an installation's state from what is wanted, and what an operation will make of it. Pure."""

from __future__ import annotations

from computenest.kernel.outcome import INCOMPLETE, Difference
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._components.model import ClusterAccess
from computenest.resources.delivery_installation.declaration import RESOURCE
from computenest.resources.delivery_installation.model import INSTALLED, Inputs, State

__all__ = ["diff", "preview"]


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """An incomplete state always has changes, so that the next run finishes what is missing. Another cluster replaces:
    one of another name whose uid is not known to be the same."""
    changed = RESOURCE.changed(olds, news)
    if not changed and olds.status == INCOMPLETE:
        changed = ("reasons" if olds.reasons else "status",)
    is_elsewhere = isinstance(news.cluster, ClusterAccess) and news.cluster.name != olds.cluster.name
    is_moved = is_elsewhere and (news.uid is UNKNOWN or news.uid != olds.uid)
    return Difference(changed, ("cluster",) if is_moved and "cluster" in changed else ())


def preview(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state as an operation would leave it."""
    is_same = former is not None and not diff(former, inputs).has_changes
    found = State[Unknown].made(inputs, status=INSTALLED, drifted={}, reasons={}, revisions=UNKNOWN, version=UNKNOWN)
    if former is None or not is_same:
        return found
    return State[Unknown].made(found, revisions=former.revisions, version=former.version)
