"""What separates an association's state from what is wanted."""

from __future__ import annotations

from computenest.kernel.outcome import Difference
from computenest.kernel.unknown import Known, Unknown
from computenest.resources.service_image_association.declaration import RESOURCE
from computenest.resources.service_image_association.model import Inputs, State


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """The top-level inputs that differ; nothing ever forces a replacement, there is no object in the cloud."""
    return Difference(RESOURCE.changed(olds, news))
