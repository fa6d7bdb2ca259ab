"""What differs between types of packages in one and the same lifecycle: what a state says of what was observed.

`PackageRun` observes, plans and acts alike for all of them; images on one side, and container images, charts and files
on the other, have their own account of what was delivered, what is missing, and what drifted. A module is a policy:
`_packages.state`, `_packages.content_state`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from computenest.kernel.names import RegionId
from computenest.kernel.unknown import Known
from computenest.resources._packages.model import AnyState, ArtifactVersion, Wanted
from computenest.resources._packages.plan import Observed

__all__ = ["Policy", "S", "W"]

W = TypeVar("W", bound=Wanted[Known], contravariant=True)  # noqa: PLC0105
S = TypeVar("S", bound=AnyState[Known])


class Policy(Protocol[W, S]):
    """The states of one type of package."""

    def delivered(
        self,
        wanted: W | S,
        seen: Observed,
        version: ArtifactVersion,
        former: S | None,
        *,
        visible: Sequence[RegionId],
    ) -> S: ...

    def incomplete(
        self,
        wanted: W | S,
        seen: Observed,
        former: S | None,
        artifact_id: str,
        reasons: Mapping[RegionId, str],
        detail: str,
    ) -> S: ...

    def observed(self, known: S, seen: Observed) -> S: ...
