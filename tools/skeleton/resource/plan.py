"""What to do next with a widget: a pure function of what is wanted and what is seen."""

from __future__ import annotations

from dataclasses import dataclass

from computenest.kernel import plan
from computenest.kernel.unknown import Known
from computenest.resources.widget.model import AVAILABLE, Inputs, Widget

_MOVING = frozenset({"Creating", "Resizing", "Deleting"})
_FAILED = frozenset({"CreateFailed"})


@dataclass(frozen=True, slots=True)
class Await(plan.Await):
    """The cloud is at work on it."""

    status: str


class Resize(plan.Step):
    """It has another size than is wanted."""


def next_step(wanted: Inputs[Known], seen: Widget | None) -> plan.Step:
    """The one next step towards what is wanted."""
    if seen is None:
        return plan.Create()
    if seen.status in _MOVING:
        return Await(seen.status)
    if seen.status in _FAILED:
        return plan.Failed(f"the cloud says {seen.status}; look at it in the console, then run pulumi up again")
    if seen.status == AVAILABLE and seen.size != wanted.size:
        return Resize()
    return plan.Done()
