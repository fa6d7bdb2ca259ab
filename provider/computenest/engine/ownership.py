"""Whose an artifact is: nothing that is not ours is changed or deleted, and the message says whose it is."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.domain import identity
from computenest.domain.distribution.model import Artifact, Wanted
from computenest.domain.errors import Conflict
from computenest.domain.names import ArtifactId

__all__ = ["refuse_stranger", "stranger"]


def refuse_stranger(package: Wanted, artifact: Artifact, *, may_restore: bool = False) -> None:
    """An artifact that lost our tag is restored by an update (its id is in our state), never deleted."""
    if identity.is_ours(artifact.tags, owner_id=package.owner_id, generation=package.generation):
        return
    if may_restore and identity.OWNER_TAG not in artifact.tags:
        return
    raise stranger(package, artifact.artifact_id, artifact.tags)


def stranger(package: Wanted, artifact_id: ArtifactId, tags: Mapping[str, str]) -> Conflict:
    """Why an artifact is left alone: it carries no tag of ours, or another owner's."""
    owner = tags.get(identity.OWNER_TAG)
    whose = "was not made by this stack" if owner is None else f"belongs to {owner}"
    if owner == package.owner_id:
        whose = f"is generation {tags.get(identity.GENERATION_TAG)} of this very resource"
    return Conflict(
        f"artifact {artifact_id} named {package.artifact_name!r} {whose}; it is left untouched",
        hint="choose another name for the package, or delete that artifact yourself",
    )
