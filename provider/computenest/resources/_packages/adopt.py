"""A package's state from what the cloud shows alone: for an import by id, where no state was recorded before.

The inputs are the ones that would make what is there, so that a program which says the same finds nothing to change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from computenest.kernel import identity
from computenest.kernel.errors import Invalid
from computenest.kernel.names import AccountName, OwnerId, RegionId
from computenest.resources._packages import state
from computenest.resources._packages.check import package_of
from computenest.resources._packages.model import ArtifactVersion, MarketplaceImage, Package, Source
from computenest.resources._packages.plan import Observed, live_version

__all__ = ["adopt"]


def adopt(
    seen: Observed, *, owner_id: OwnerId, account: AccountName, visible: Sequence[RegionId] = ()
) -> dict[str, Any] | None:
    """The state of an artifact that is there, None where there is nothing.

    Args:
        seen: what the cloud shows.
        owner_id: whose it becomes if no tag says whose it is; a tag of ours is kept, wherever it came from.
        account: where it lives, "" for the default account.
        visible: regions whose image the account sees.

    Raises:
        Invalid: it is no package of ECS images.
    """
    artifact = seen.artifact
    version = live_version(seen) or seen.draft
    if artifact is None or version is None:
        return None
    if artifact.artifact_type and artifact.artifact_type != "EcsImage":
        raise Invalid(f"artifact {artifact.artifact_id} is of type {artifact.artifact_type}, not EcsImage", path="id")
    source = state.source_shown(version)
    if source is None:
        raise Invalid(f"artifact {artifact.artifact_id} shows no source that this provider knows", path="id")
    # A draft that names no region (computenest-cli allows it) stands for the region that its image is in.
    regions = sorted(version.regions or version.images or _home(source))
    tags = {key: value for key, value in sorted(artifact.tags.items()) if not key.startswith(identity.TAG_PREFIX)}
    generation = artifact.tags.get(identity.GENERATION_TAG, "1")
    inputs: dict[str, Any] = {
        "name": artifact.name,
        "source": {"kind": source.kind, **source.model_dump(by_alias=True, exclude_unset=True, mode="json")},
        "regions": regions,
        "distribution": dict.fromkeys(regions, source.origin),
        "ownerId": artifact.tags.get(identity.OWNER_TAG) or owner_id,
        "generation": int(generation) if generation.isdigit() else 1,
        "artifactName": artifact.name,
        **({"account": account} if account else {}),
        **({"tags": tags} if tags else {}),
        **({"release": False} if version.is_draft else {}),
    }
    if artifact.version == version.version and artifact.description:
        inputs["description"] = artifact.description
    if version.version_name and not _is_derived(version, package_of(inputs)):
        inputs["versionName"] = version.version_name
    package = package_of(inputs)
    made = state.delivered(inputs, package, seen, version, {}, visible=visible)
    return {**made, "incarnation": identity.incarnation(artifact.tags)}


def _home(source: Source) -> tuple[RegionId, ...]:
    return () if isinstance(source, MarketplaceImage) else (source.region,)


def _is_derived(version: ArtifactVersion, package: Package) -> bool:
    return version.version_name == package.draft().version_name
