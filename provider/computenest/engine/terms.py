"""What differs between types of packages in one and the same lifecycle: how inputs and observations are read.

`Packages` observes, plans and acts alike for all of them; images, container images, charts and files have their own
words for what is wanted, what was delivered, and what drifted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from computenest.domain.distribution import state
from computenest.domain.distribution.check import package_of
from computenest.domain.distribution.model import ArtifactVersion, Wanted
from computenest.domain.distribution.plan import Observed
from computenest.domain.names import RegionId

__all__ = ["ImageTerms", "Terms"]


class Terms(Protocol):
    """What one type of package makes of inputs and observations; `domain.distribution` for images."""

    def package_of(self, inputs: Mapping[str, Any]) -> Wanted: ...

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

    def sentences(self, package: Any, kept: Mapping[str, Any]) -> tuple[str, ...]: ...


class ImageTerms:
    """The terms of images."""

    package_of = staticmethod(package_of)
    delivered = staticmethod(state.delivered)
    incomplete = staticmethod(state.incomplete)
    observed = staticmethod(state.observed)
    sentences = staticmethod(state.sentences)
