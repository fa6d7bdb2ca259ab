"""Takes away artifacts that no state knows, with the content that they name; nothing else is touched.

What runs or is published (service instances, services) is only listed: ending it is a decision, not tidying.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from computenest.kernel import identity
from computenest.kernel.errors import ComputeNestError
from computenest.kernel.names import ArtifactId, OwnerId
from computenest.resources._packages import content_state as state
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.model import ArtifactVersion
from computenest.resources._packages.places import Places
from computenest.resources._packages.ports import Artifacts
from computenest.resources._program.orphans import Marked

__all__ = ["OrphanedArtifacts"]


@dataclass(frozen=True, slots=True)
class OrphanedArtifacts:
    """Of one account.

    Args:
        artifacts: of any type.
        places: of each kind of content.
    """

    artifacts: Artifacts
    places: Mapping[Kind, Places]

    async def content(self, marked: Marked) -> tuple[str, ...]:
        """The places that the artifact's versions name."""
        kind, versions = _kind(marked), await self.artifacts.versions(artifact_id=ArtifactId(marked.id))
        return () if kind is None else tuple(sorted(state.places_in(kind, versions)))

    async def remove(self, marked: Marked) -> str:
        """Why it stays, "" where it is gone."""
        artifact_id, kind = ArtifactId(marked.id), _kind(marked)
        try:
            versions = await self.artifacts.versions(artifact_id=artifact_id)
            known = await self._known(marked)
            token = identity.token(OwnerId(marked.owner), int(marked.generation), "orphan", artifact_id)
            await self.artifacts.delete(artifact_id=artifact_id, version=None, token=token)
            if await self.artifacts.get(artifact_id=artifact_id) is not None:
                return "it is still at work on it; run this again"
            if kind is not None:
                await self._clear(kind, known, artifact_id, versions)
        except ComputeNestError as error:
            return str(error)
        return ""

    async def _clear(
        self, kind: Kind, known: Mapping[str, Any], artifact_id: ArtifactId, versions: tuple[ArtifactVersion, ...]
    ) -> None:
        named = state.places_in(kind, versions)
        await self.places[kind].clear(known, named, artifact_id=artifact_id, versions=versions)

    async def _known(self, marked: Marked) -> dict[str, Any]:
        """As much of a state as tells whose content is whose."""
        artifact = await self.artifacts.get(artifact_id=ArtifactId(marked.id))
        return {
            "ownerId": marked.owner,
            "generation": int(marked.generation),
            "name": marked.names[0],
            "artifactName": marked.names[0],
            "description": artifact.description if artifact is not None else "",
            "fileName": "",
            "fingerprints": {},
        }


def _kind(marked: Marked) -> Kind | None:
    return next((kind for kind in Kind if kind.type_name == marked.type_name), None)
