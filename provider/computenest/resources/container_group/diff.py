"""What separates a group's state from what is wanted, and what an operation will make of it. Pure."""

from __future__ import annotations

from computenest.kernel.outcome import INCOMPLETE, Difference
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources.container_group.declaration import RESOURCE
from computenest.resources.container_group.model import DEAD, ENDED, Inputs, State

__all__ = ["diff", "preview"]

_NOT_IN_THE_CLOUD = frozenset({"timeoutS"})


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """An incomplete state always has changes, so that the next run finishes what is missing. A group that has ended
    takes no update (facts §10.3), and one that failed is made anew: both are replaced."""
    changed = RESOURCE.changed(olds, news)
    replaces = [key for key in RESOURCE.replaces if key in changed]
    if not changed and olds.status == INCOMPLETE:
        changed = ("reasons" if olds.reasons else "status",)
        replaces = list(changed) if olds.phase in DEAD else []
    elif olds.phase in ENDED and set(changed) - _NOT_IN_THE_CLOUD:
        replaces = sorted(set(changed) - _NOT_IN_THE_CLOUD)
    return Difference(changed, tuple(replaces))


def preview(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state as an operation would leave it."""
    known = former.container_group_id if former is not None else UNKNOWN
    address = former.address if former is not None and former.address else UNKNOWN
    status = UNKNOWN if inputs.wait_for in ("none", UNKNOWN) else inputs.wait_for
    return State[Unknown].made(inputs, container_group_id=known, status=status, address=address, reasons={})
