"""What the engine asks of the outside for container images, charts and files: a place for content, and its artifact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from computenest.domain.content.model import Described, Kind, Placed, Seen
from computenest.domain.names import ArtifactId, OwnerId, Token

__all__ = ["ContentStore", "Registrations"]


class ContentStore(Protocol):
    """Where content lies: Compute Nest's registry or its buckets, reached with temporary keys that stay in here."""

    async def describe(self, *, kind: Kind, source: Mapping[str, str]) -> Described:
        """What a source holds; nothing is sent. Invalid at `source…` where it cannot be read."""
        ...

    async def push(
        self,
        *,
        kind: Kind,
        inputs: Mapping[str, Any],
        source: Mapping[str, str],
        former: Mapping[str, Any],
        may_move: Callable[[str], bool],
        show: Callable[[str], None],
    ) -> Placed:
        """Puts the content where `inputs` want it; what is there already is not sent again.

        Args:
            former: the state before, {} before the first push.
            may_move: whether a place that holds something else is ours to move; if not: Conflict.
            show: takes live status lines.
        """
        ...

    async def look(self, *, kind: Kind, known: Mapping[str, Any]) -> Seen:
        """What lies at the place that the state records."""
        ...

    async def drop(self, *, kind: Kind, known: Mapping[str, Any], places: Sequence[str]) -> None:
        """Takes content away, and a repository that is empty then; gone is success."""
        ...


class Registrations(Protocol):
    """What Compute Nest knows of artifacts beside what `Artifacts` tells: who may use them, and whose they are."""

    async def permission(self, *, artifact_id: ArtifactId) -> str:
        """GetArtifact: `Automatic` or `Public`, "" where it does not say."""
        ...

    async def publish(self, *, artifact_id: ArtifactId, token: Token) -> None:
        """UpdateArtifact with PermissionType Public; there is no way back (facts §1.1)."""
        ...

    async def of_owner(self, *, kind: Kind, owner_id: OwnerId) -> tuple[ArtifactId, ...]:
        """Artifacts of this type that carry the owner's tag, of any generation."""
        ...
