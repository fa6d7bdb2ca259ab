"""A package's state, made from what was wanted and what was observed.

The state holds checked inputs and, under names of their own, observations: `status`, `images`, `statuses`, `reasons`,
`version`. It never holds a credential or a template's text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from computenest.kernel import identity
from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import Known
from computenest.kernel.values import Json
from computenest.resources._packages.classify import region_statuses
from computenest.resources._packages.image_package import Package, State
from computenest.resources._packages.model import (
    ArtifactVersion,
    BuiltImage,
    CodeRepo,
    CustomImage,
    MarketplaceImage,
    Source,
)
from computenest.resources._packages.plan import Observed, agrees, live_version, matches

__all__ = ["delivered", "incomplete", "observed", "observed_inputs", "source_shown"]


def delivered(
    wanted: Package[Known],
    seen: Observed,
    version: ArtifactVersion,
    former: State[Known] | None,
    *,
    visible: Sequence[RegionId],
) -> State[Known]:
    """The state of a package that has everything it wants."""
    images = {region: version.images[region] for region in wanted.regions if region in version.images}
    return State[Known].made(
        wanted,
        artifact_id=seen.artifact.artifact_id if seen.artifact else "",
        version=version.version,
        status="Draft" if version.is_draft else "Available",
        edition=wanted.wanted_edition,
        images=images,
        statuses=region_statuses(version, wanted.regions) if images else {},
        reasons={},
        visible=tuple(visible),
        reissued=_is_reissued(wanted, images, former),
    )


def _is_reissued(wanted: Package[Known], images: Mapping[RegionId, str], former: State[Known] | None) -> bool:
    """Whether the cloud gave a region that stayed, with a source that stayed, another image id (facts §9.1), once."""
    if former is None:
        return False
    before, now = former.distribution, wanted.distribution
    return bool(former.reissued) or any(
        former.images[region] != image
        for region, image in images.items()
        if region in former.images and before.get(region) == now.get(region)
    )


def incomplete(
    wanted: Package[Known],
    seen: Observed,
    former: State[Known] | None,
    artifact_id: str,
    reasons: Mapping[RegionId, str],
    detail: str,
) -> State[Known]:
    """The state of a package that lacks something: its id and what there is, with the reason for each gap."""
    live = live_version(seen)
    shown = seen.draft if seen.draft is not None else live
    known = {**_still_good(wanted, former), **(shown.images if shown is not None else {})}
    images = {region: known[region] for region in wanted.regions if region in known}
    missing = [region for region in wanted.regions if region not in images]
    return State[Known].made(
        wanted,
        artifact_id=artifact_id,
        version=live.version if live is not None else former.version if former is not None else "draft",
        status=INCOMPLETE,
        edition=former.edition if former is not None else "",
        images=images,
        statuses=region_statuses(shown, wanted.regions),
        reasons={region: reasons.get(region) or detail for region in missing} or {"": detail},
        visible=former.visible if former is not None else (),
        reissued=bool(former.reissued) if former is not None else False,
    )


def _still_good(wanted: Package[Known], former: State[Known] | None) -> Mapping[RegionId, ImageId]:
    """Images of the live version that the desired state still asks for: the same region, from the same origin."""
    if former is None:
        return {}
    before, now = former.distribution, wanted.distribution
    return {region: image for region, image in former.images.items() if before.get(region) == now.get(region)}


def observed(known: State[Known], seen: Observed) -> State[Known]:
    """The state as the cloud shows it now, inputs included, so that the next preview shows what drifted."""
    live = live_version(seen)
    version = live if live is not None else seen.draft
    if version is None or seen.artifact is None:
        return State[Known].made(known, status=INCOMPLETE, images={}, distribution={})
    images = {r: i for r, i in sorted(version.images.items()) if r not in seen.lost}
    complete = matches(known, version, seen) and (version.is_draft or set(known.regions) <= set(images))
    if identity.OWNER_TAG not in seen.artifact.tags:
        complete = False  # taken off by hand: an update puts it back, without it a delete would refuse
    inputs = observed_inputs(known, seen, version, images)
    status = ("Draft" if version.is_draft else "Available") if complete else INCOMPLETE
    if not known.release and version.is_draft and version.status == "Created":
        status = "Draft"
    return State[Known].made(
        inputs,
        artifact_id=seen.artifact.artifact_id,
        version=version.version,
        status=status,
        edition=known.wanted_edition if complete else known.edition,
        images={r: i for r, i in images.items() if r in known.regions},
        statuses=region_statuses(version, known.regions, lost=seen.lost) if images else {},
        reasons={} if complete else known.reasons,
        visible=known.visible,  # what was seen once stays seen: that is how a loss is told
        reissued=_is_reissued(inputs, images, known),
    )


def observed_inputs(
    known: Package[Known], seen: Observed, version: ArtifactVersion, images: Mapping[RegionId, str]
) -> Package[Known]:
    """The inputs that would make what is there: where they differ from the state's, somebody else changed them."""
    source, artifact = _source_of(version, known), seen.artifact
    there = [region for region in images if region in version.regions or not version.regions]
    if version.is_draft:
        there = list(images if known.release else version.regions)
    found = Package[Known].made(
        known,
        source=known.source if source is None else source,
        distribution=dict.fromkeys(sorted(there), "unknown" if source is None else source.origin),
    )
    if artifact is None:
        return found
    if artifact.version == version.version and artifact.description != known.description:
        found = found.made(found, description=artifact.description)
    if known.version_name is not None and version.version_name != known.version_name:
        found = found.made(found, version_name=version.version_name)
    if known.tags or _lost_owner(known, artifact.tags):
        kept = {key: artifact.tags[key] for key in sorted(known.tags) if key in artifact.tags}
        found = found.made(found, tags=kept)
    return found


def _lost_owner(package: Package[Known], tags: Mapping[str, str]) -> bool:
    return not identity.is_ours(tags, owner_id=package.owner_id, generation=package.generation)


def _source_of(version: ArtifactVersion, package: Package[Known]) -> Source | None:
    """The source that a version shows; ours where it agrees on every key that we set."""
    mine = package.source
    if agrees(mine.artifact_property(), version.source_property) and agrees(
        mine.build_property() or {}, version.build_property
    ):
        return mine
    return source_shown(version)


def source_shown(version: ArtifactVersion) -> Source | None:
    """The source that a version shows by itself, None where its properties are of no kind that is known."""
    seen = version.source_property
    try:
        if version.build_property:
            return _built_shown({"RegionId": seen.get("RegionId", ""), **version.build_property})
        if "CommodityCode" in seen:
            return MarketplaceImage(
                commodity_code=str(seen["CommodityCode"]), commodity_version=str(seen.get("CommodityVersion", ""))
            )
        return CustomImage(image_id=ImageId(str(seen["ImageId"])), region=RegionId(str(seen["RegionId"])))
    except (KeyError, ValidationError):
        return None


def _built_shown(built: Mapping[str, Json]) -> BuiltImage:
    """A build as the cloud shows it: what it shows counts as given, so that an import says no more than that."""
    names = {
        "RegionId": "region",
        "SourceImageId": "source_image",
        "CommandType": "command_type",
        "CommandContent": "command",
        "SystemDiskSize": "system_disk_size_gib",
        "EnableGpu": "enable_gpu",
    }
    given: dict[str, Json] = {
        ours: built[theirs] for theirs, ours in names.items() if built.get(theirs) not in (None, "")
    }
    repo = built.get("CodeRepo")
    if isinstance(repo, Mapping) and repo:
        known = {name.title().replace("_", ""): name for name in CodeRepo.model_fields}
        given["code_repo"] = {known[key]: value for key, value in repo.items() if key in known and value is not None}
    return BuiltImage.model_validate(given)
