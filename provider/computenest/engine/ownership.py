"""Whose an artifact is: nothing that is not ours is changed or deleted, and the message says whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from computenest.domain import identity
from computenest.domain.distribution.model import Artifact, Wanted
from computenest.domain.errors import Conflict
from computenest.domain.names import ArtifactId, OwnerId

__all__ = ["refuse_stranger", "stranger", "tag_changes"]


class _Tagged(Protocol):
    """Whatever carries the user's tags and ours."""

    @property
    def owner_id(self) -> OwnerId: ...
    @property
    def generation(self) -> int: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


def tag_changes(
    wanted: _Tagged, seen: Mapping[str, str], former: Mapping[str, Any]
) -> tuple[dict[str, str], list[str]]:
    """Tags to set, and keys of tags to take off: those of the state before, and nobody else's.

    Args:
        wanted: what is wanted, and whose it is.
        seen: the tags that the object carries.
        former: the state before.
    """
    tags = {**wanted.tags, **identity.owner_tags(wanted.owner_id, wanted.generation)}
    changed = {key: value for key, value in tags.items() if seen.get(key) != value}
    return changed, sorted(key for key in former.get("tags") or {} if key not in tags and key in seen)


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
