"""A package's state from what the cloud shows alone: for an import by id, where no state was recorded before.

The inputs are the ones that would make what is there, so that a program which says the same finds nothing to change.
"""

from __future__ import annotations

from computenest.kernel import identity
from computenest.kernel.errors import Invalid
from computenest.kernel.names import AccountName, ArtifactId, OwnerId, RegionId
from computenest.kernel.outcome import Outcome
from computenest.kernel.unknown import Known
from computenest.resources._packages.image_package import Package, State
from computenest.resources._packages.model import MarketplaceImage, Source
from computenest.resources._packages.packages import Packages
from computenest.resources._packages.plan import live_version
from computenest.resources._packages.state import IMAGES, source_shown


async def adopted(
    packages: Packages[Package[Known], State[Known]],
    artifact_id: ArtifactId,
    *,
    owner_id: OwnerId,
    account: AccountName,
) -> Outcome[State[Known]] | None:
    """The state of an artifact of an account, None where there is no such artifact.

    Args:
        packages: the account's.
        artifact_id: which.
        owner_id: whose it becomes if no tag says whose it is; a tag of ours is kept, wherever it came from.
        account: where it lives, "" for the default account.

    Raises:
        Invalid: it is no package of ECS images.
    """
    seen = await packages.observe(artifact_id, seen=frozenset())
    live = live_version(seen)
    artifact = seen.artifact
    version = live or seen.draft
    if artifact is None or version is None:
        return None
    if artifact.artifact_type and artifact.artifact_type != "EcsImage":
        raise Invalid(f"artifact {artifact.artifact_id} is of type {artifact.artifact_type}, not EcsImage", path="id")
    source = source_shown(version)
    if source is None:
        raise Invalid(f"artifact {artifact.artifact_id} shows no source that this provider knows", path="id")
    # A draft that names no region (computenest-cli allows it) stands for the region that its image is in.
    regions = sorted(version.regions or version.images or _home(source))
    tags = {key: value for key, value in sorted(artifact.tags.items()) if not key.startswith(identity.TAG_PREFIX)}
    generation = artifact.tags.get(identity.GENERATION_TAG, "1")
    package = Package[Known].made(
        name=artifact.name,
        source=source,
        distribution=dict.fromkeys(regions, source.origin),
        regions=regions,  # as programs list them: who imports it is shown that
        owner_id=artifact.tags.get(identity.OWNER_TAG) or owner_id,
        generation=int(generation) if generation.isdigit() else 1,
        artifact_name=artifact.name,
        account=account or None,
        tags=tags or None,
        release=False if version.is_draft else None,
        description=(artifact.description if artifact.version == version.version else "") or None,
    )
    if version.version_name not in ("", package.draft().version_name):
        package = package.made(package, version_name=version.version_name)
    visible = () if live is None else await packages.visible(live)
    made = IMAGES.delivered(package, seen, version, None, visible=visible)
    return Outcome(artifact_id, made.made(made, incarnation=identity.incarnation(artifact.tags)))


def _home(source: Source) -> tuple[RegionId, ...]:
    return () if isinstance(source, MarketplaceImage) else (RegionId(str(source.region)),)
