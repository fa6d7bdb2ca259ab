"""Properties that every type made of releases has in the same words."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from computenest.kernel.arguments import Count, Seconds
from computenest.kernel.fields import Given
from computenest.kernel.unknown import Maybe
from computenest.resources._components.policy import Conflicts, Crds, Downgrade, DriftPolicy

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

OfDefinitions: TypeAlias = Annotated[
    Maybe[Crds] | None,
    Given(
        "Of the CRDs in a chart's `crds/`, which helm installs with a first install and never touches again:"
        " `leave` (the default) says where they differ, `apply` brings them before it. None is taken away.",
        is_compared=False,
    ),
]

Adopt: TypeAlias = Annotated[
    Maybe[bool] | None,
    Given("Whether releases of these names that nobody of ours made are taken over.", is_compared=False),
]

Concealed: TypeAlias = Annotated[
    tuple[str, ...] | None,
    Given(
        "Paths of values that are never shown, `web.auth.password`; programs in Python add outputs by themselves.",
        is_compared=False,
    ),
]

ConcealedOfOne: TypeAlias = Annotated[
    tuple[str, ...] | None,
    Given(
        "Paths of values that are never shown, `auth.password`; programs in Python add outputs by themselves.",
        is_compared=False,
    ),
]

Longest: TypeAlias = Annotated[
    Maybe[Seconds] | None,
    Given("The longest that one release may take, in seconds (default 1800).", is_compared=False),
]

LongestOfOne: TypeAlias = Annotated[
    Maybe[Seconds] | None,
    Given("The longest that it may take, in seconds (default 1800).", is_compared=False),
]
