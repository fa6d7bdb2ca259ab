"""What separates an association's state from its wish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel.outcome import Difference
from computenest.resources.service_image_association.declaration import ASSOCIATION

__all__ = ["diff"]


def diff(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
    """The top-level inputs that differ; nothing ever forces a replacement, there is no object in the cloud."""
    return Difference(changes=tuple(key for key in ASSOCIATION.compared if olds.get(key) != news.get(key)))
