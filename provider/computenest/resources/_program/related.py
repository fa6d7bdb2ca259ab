"""The packages that services name, as this process sees them: each version that it knows, and the one that is coming.

Diffs and operations tell of them, and the checks of instances ask: what a new version of a service deploys in a region
is decided by what its packages are there, and no service's state says that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import UNKNOWN, Maybe
from computenest.kernel.values import Json


class Deployed(Protocol):
    """A version of a package, as a state or a preview has it."""

    @property
    def is_content(self) -> bool:
        """Whether a preview knows what it holds before anything is sent."""
        ...

    def deployed_in(self, region: str) -> Json:
        """What stands in a template for it once it is deployed in a region, and what lies there; None where it says
        nothing of that."""
        ...


class _Recorded(Deployed, Protocol):
    """The same, of a state."""

    @property
    def artifact_id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def version(self) -> str: ...


Versions = Mapping[str, Mapping[Maybe[str], Deployed]]
"""Artifact id -> version -> what is known of it; under UNKNOWN what it will be."""


@dataclass(frozen=True, slots=True)
class Related:
    """Artifact id -> version -> what is known of it, the coming version under UNKNOWN."""

    versions: dict[str, dict[Maybe[str], Deployed]] = field(default_factory=dict)

    def will_be(self, former: _Recorded, promised: Deployed) -> None:
        """A package whose state is `former` becomes `promised`."""
        self.made(former)
        if former.artifact_id:
            self.versions.setdefault(former.artifact_id, {})[UNKNOWN] = promised

    def made(self, state: _Recorded) -> None:
        """A package is what a state says; an incomplete one names the version before what it was to hold."""
        if state.artifact_id and state.status != INCOMPLETE:
            self.versions.setdefault(state.artifact_id, {})[state.version] = state
