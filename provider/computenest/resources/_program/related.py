"""The packages that services name, as this process sees them: each version that it knows, and the one that is coming.

Diffs and operations tell of them, and the checks of instances ask: what a new version of a service deploys in a region
is decided by what its packages are there, and no service's state says that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import UNKNOWN

__all__ = ["Related"]


@dataclass(frozen=True, slots=True)
class Related:
    """Artifact id -> version -> what is known of it, the coming version under UNKNOWN."""

    versions: dict[str, dict[Any, Mapping[str, Any]]] = field(default_factory=dict)

    def will_be(self, former: Mapping[str, Any], promised: Mapping[str, Any]) -> None:
        """A package whose state is `former` becomes `promised`."""
        self.made(former)
        if artifact_id := former.get("artifactId"):
            self.versions.setdefault(str(artifact_id), {})[UNKNOWN] = promised

    def made(self, state: Mapping[str, Any]) -> None:
        """A package is what a state says; an incomplete one names the version before what it was to hold."""
        artifact_id = state.get("artifactId")
        if artifact_id and state.get("status") != INCOMPLETE:
            self.versions.setdefault(str(artifact_id), {})[str(state.get("version"))] = state
