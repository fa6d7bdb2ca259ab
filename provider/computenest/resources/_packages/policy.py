"""What differs between types of packages in one and the same lifecycle: what a state says of what was observed.

`PackageRun` observes, plans and acts alike for all of them; images on one side, and container images, charts and files
on the other, have their own account of what was delivered, what is missing, and what drifted. A module is a policy:
`domain.distribution.state`, `domain.content.state`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from computenest.kernel.names import RegionId
from computenest.resources._packages.model import ArtifactVersion
from computenest.resources._packages.plan import Observed

__all__ = ["Policy"]


class Policy(Protocol):
    """The states of one type of package."""

    def delivered(
        self,
        inputs: Mapping[str, Any],
        package: Any,
        seen: Observed,
        version: ArtifactVersion,
        former: Mapping[str, Any],
        *,
        visible: Sequence[RegionId],
    ) -> dict[str, Any]: ...

    def incomplete(
        self,
        inputs: Mapping[str, Any],
        package: Any,
        seen: Observed,
        former: Mapping[str, Any],
        artifact_id: str,
        reasons: Mapping[RegionId, str],
        detail: str,
    ) -> dict[str, Any]: ...

    def observed(self, known: Mapping[str, Any], package: Any, seen: Observed) -> dict[str, Any]: ...
