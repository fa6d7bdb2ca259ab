"""What an operation that did not finish leaves: a state that claims no more than what is there, so that the next diff
shows exactly the gap. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from computenest.kernel.outcome import INCOMPLETE, Difference
from computenest.serve.plugin.detail import Change, detail

if TYPE_CHECKING:
    from computenest.serve.served import Served


def is_incomplete(known: Mapping[str, Any]) -> bool:
    """Whether the operation that left this state did not finish."""
    return known.get("status") == INCOMPLETE


def partial(known: Mapping[str, Any]) -> Mapping[str, Any]:
    """An incomplete state that claims no more than what is there."""
    distribution, images = known.get("distribution"), known.get("images")
    if not isinstance(distribution, Mapping) or not isinstance(images, Mapping):
        return known
    return {**known, "distribution": {region: origin for region, origin in distribution.items() if region in images}}


def difference_of(
    lifecycle: Served, olds: Mapping[str, Any], news: Mapping[str, Any]
) -> tuple[Difference, dict[str, Change]]:
    """What separates the state from what is desired, and which paths of it differ how."""
    before = partial(olds) if is_incomplete(olds) else olds
    difference = lifecycle.diff(before, news)
    return difference, detail(difference, before, news)
