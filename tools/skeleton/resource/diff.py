"""What separates a widget's state from what is wanted, and what an operation will make of it. Pure."""

from __future__ import annotations

from computenest.kernel.outcome import INCOMPLETE, Difference
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources.widget.declaration import RESOURCE
from computenest.resources.widget.model import AVAILABLE, Inputs, State


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """An incomplete state always has changes, so that the next run finishes what is missing."""
    changed = RESOURCE.changed(olds, news)
    replaces = tuple(key for key in RESOURCE.replaces if key in changed)
    if not changed and olds.status == INCOMPLETE:
        changed = ("reasons" if olds.reasons else "status",)
    return Difference(changed, replaces)


def preview(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state as an operation would leave it."""
    known = former.widget_id if former is not None else UNKNOWN
    return State[Unknown].made(inputs, widget_id=known, status=AVAILABLE, reasons={})
