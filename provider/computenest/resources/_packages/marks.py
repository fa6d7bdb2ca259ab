"""Finds artifacts by their owners' marks, and takes away those that no state knows, with the content that they name.

What runs or is published (service instances, services) is only listed: ending it is a decision, not tidying.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from computenest.kernel import identity
from computenest.kernel.errors import ComputeNestError
from computenest.kernel.names import ArtifactId, OwnerId
from computenest.kernel.ports import Progress
from computenest.kernel.unknown import Known
from computenest.reconcile.retry import Retry, retrying
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.claims import Claims
from computenest.resources._packages.content_model import places_in
from computenest.resources._packages.content_package import ContentState
from computenest.resources._packages.content_ports import ContentStore
from computenest.resources._packages.model import ArtifactVersion
from computenest.resources._packages.places import Places
from computenest.resources._program.orphans import Marked
from computenest.resources._program.session import Session


@dataclass(frozen=True, slots=True)
class ArtifactMarks:
    """Of one type of package.

    Args:
        type_name: the resource's.
        artifact_type: the API's word for such artifacts.
        store_of: where an account's content of this type lies, None where Compute Nest alone keeps it.
        state: what is recorded of such content.
    """

    type_name: str
    artifact_type: str
    store_of: Callable[[Session], ContentStore] | None = None
    state: type[ContentState[Known]] | None = None
    what: str = "artifacts"

    async def listed(self, session: Session) -> list[Marked]:
        """ListArtifacts of this type."""
        found = await session.port(CloudArtifacts).of_type(self.artifact_type)
        return [
            Marked("artifact", self.type_name, one.artifact_id, (one.name,), one.tags, one.status)
            for one in found
            if one.artifact_type == self.artifact_type
        ]

    def places(self, session: Session, progress: Progress) -> Places | None:
        """Where its content lies, asked without hurry."""
        if self.store_of is None or self.state is None:
            return None
        clock, retry, kind = session.clock, Retry(), self.state.kind
        artifacts = retrying(session.port(CloudArtifacts), retry, clock)
        store: ContentStore = retrying(self.store_of(session), retry, clock)
        return Places(self.state, store, Claims(kind, artifacts, clock), progress)


@dataclass(frozen=True, slots=True)
class OrphanedArtifacts:
    """Of one account.

    Args:
        artifacts: of any type.
        places: type name -> where the content of such packages lies, of those that have any.
    """

    artifacts: CloudArtifacts
    places: Mapping[str, Places]

    async def content(self, marked: Marked) -> tuple[str, ...]:
        """The places that the artifact's versions name."""
        places, versions = self.places.get(marked.type_name), await self._versions(marked)
        return () if places is None else tuple(sorted(places_in(places.state.kind, versions)))

    async def remove(self, marked: Marked) -> str:
        """Why it stays, "" where it is gone."""
        artifact_id, places = ArtifactId(marked.id), self.places.get(marked.type_name)
        try:
            versions = await self._versions(marked)
            known = None if places is None else await self._known(marked, places.state)
            token = identity.token(OwnerId(marked.owner), int(marked.generation), "orphan", artifact_id)
            await self.artifacts.delete(artifact_id=artifact_id, version=None, token=token)
            if await self.artifacts.get(artifact_id=artifact_id) is not None:
                return "it is still at work on it; run this again"
            if places is not None and known is not None:
                named = places_in(places.state.kind, versions)
                await places.clear(known, named, artifact_id=artifact_id, versions=versions)
        except ComputeNestError as error:
            return str(error)
        return ""

    async def _versions(self, marked: Marked) -> tuple[ArtifactVersion, ...]:
        return await self.artifacts.versions(artifact_id=ArtifactId(marked.id))

    async def _known(self, marked: Marked, state: type[ContentState[Known]]) -> ContentState[Known]:
        """As much of a state as tells whose content is whose."""
        artifact = await self.artifacts.get(artifact_id=ArtifactId(marked.id))
        return state(
            owner_id=OwnerId(marked.owner),
            generation=int(marked.generation),
            name=marked.names[0],
            artifact_name=marked.names[0],
            description=artifact.description if artifact is not None else "",
            fingerprints={},
        )
