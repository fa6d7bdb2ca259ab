"""Properties that every type made of releases has in the same words."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from computenest.kernel.arguments import Count
from computenest.kernel.fields import Given
from computenest.kernel.unknown import Maybe
from computenest.resources._components.policy import Conflicts, Downgrade, DriftPolicy

__all__ = ["Drift", "History", "OfOthers", "WayBack"]

OfOthers: TypeAlias = Annotated[
    Maybe[Conflicts] | None,
    Given(
        "Of a field that a chart sets and somebody else owns: `fail` (the default) in the preview, or `force`.",
        is_compared=False,
    ),
]
WayBack: TypeAlias = Annotated[
    Maybe[Downgrade] | None,
    Given("Back to what an earlier revision was by `upgrade` (the default) or helm's `rollback`.", is_compared=False),
]
Drift: TypeAlias = Annotated[
    Maybe[DriftPolicy] | None,
    Given("Of objects that others changed: `warn` (the default), `repair` or `ignore`.", is_compared=False),
]
History: TypeAlias = Annotated[
    Maybe[Count] | None,
    Given(
        "How many revisions helm keeps (default 10; 3 where a value is secret, for each has all values in clear).",
        is_compared=False,
    ),
]
