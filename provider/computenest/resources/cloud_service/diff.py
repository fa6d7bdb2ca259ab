"""What separates a service's state from what is wanted, and what an operation will make of it. Pure."""

from __future__ import annotations

from computenest.kernel.outcome import Difference
from computenest.kernel.unknown import Known, Unknown
from computenest.resources.cloud_service.check import definition_of
from computenest.resources.cloud_service.declaration import RESOURCE
from computenest.resources.cloud_service.model import Inputs, State


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """Nothing of it is anywhere, so nothing replaces."""
    return Difference(RESOURCE.changed(olds, news))


def preview(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state as an operation would leave it."""
    del former
    return State[Unknown].made(inputs, definition=definition_of(inputs))
