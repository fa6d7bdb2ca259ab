"""A package's state, made from what was wanted and what was observed.

The state holds checked inputs and, under names of their own, observations: `status`, `images`, `statuses`, `reasons`,
`version`. It never holds a credential or a template's text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from computenest.kernel.names import ImageId, RegionId
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
from computenest.resources._packages.plan import Observed, agrees, live_version
from computenest.resources._packages.states import States


@dataclass(frozen=True, slots=True)
class ImageStates(States[Package[Known], State[Known]]):
    """The states of packages of ECS images."""

    def _delivered(
        self, made: State[Known], version: ArtifactVersion, former: State[Known] | None, visible: Sequence[RegionId]
    ) -> State[Known]:
        images = {region: version.images[region] for region in made.regions if region in version.images}
        return made.made(
            made,
            images=images,
            statuses=region_statuses(version, made.regions) if images else {},
            visible=tuple(visible),
            reissued=_is_reissued(made, images, former),
        )

    def _incomplete(self, made: State[Known], seen: Observed, former: State[Known] | None, detail: str) -> State[Known]:
        """With the reason for each gap."""
        shown = seen.draft if seen.draft is not None else live_version(seen)
        known = {**_still_good(made, former), **(shown.images if shown is not None else {})}
        images = {region: known[region] for region in made.regions if region in known}
        missing = [region for region in made.regions if region not in images]
        return made.made(
            made,
            images=images,
            statuses=region_statuses(shown, made.regions),
            reasons={region: made.reasons.get(region) or detail for region in missing} or {"": detail},
            visible=former.visible if former is not None else (),
            reissued=bool(former.reissued) if former is not None else False,
        )

    def _observed(
        self, found: State[Known], known: State[Known], version: ArtifactVersion, seen: Observed
    ) -> State[Known]:
        """With the inputs that would make what is there: where they differ, somebody else changed them."""
        source, images = _source_of(version, known), _there(version, seen)
        there = [region for region in images if region in version.regions or not version.regions]
        if version.is_draft:
            there = list(images if known.release else version.regions)
        found = found.made(
            found,
            source=known.source if source is None else source,
            distribution=dict.fromkeys(sorted(there), "unknown" if source is None else source.origin),
        )
        if not known.release and version.is_draft and version.status == "Created":
            found = found.made(found, status="Draft")
        return found.made(  # what was seen once stays `visible`: that is how a loss is told
            found,
            images={r: i for r, i in images.items() if r in known.regions},
            statuses=region_statuses(version, known.regions, lost=seen.lost) if images else {},
            reissued=_is_reissued(found, images, known),
        )

    def _gone(self, known: State[Known]) -> State[Known]:
        return known.made(known, images={}, distribution={})

    def _is_whole(self, known: State[Known], version: ArtifactVersion, seen: Observed) -> bool:
        return version.is_draft or set(known.regions) <= set(_there(version, seen))


IMAGES = ImageStates(State[Known])


def _there(version: ArtifactVersion, seen: Observed) -> dict[RegionId, ImageId]:
    return {r: i for r, i in sorted(version.images.items()) if r not in seen.lost}


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


def _still_good(wanted: Package[Known], former: State[Known] | None) -> Mapping[RegionId, ImageId]:
    """Images of the live version that the desired state still asks for: the same region, from the same origin."""
    if former is None:
        return {}
    before, now = former.distribution, wanted.distribution
    return {region: image for region, image in former.images.items() if before.get(region) == now.get(region)}


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


BUILT_FIELDS = {
    "RegionId": "region",
    "SourceImageId": "source_image",
    "CommandType": "command_type",
    "CommandContent": "command",
    "SystemDiskSize": "system_disk_size_gib",
    "EnableGpu": "enable_gpu",
}
"""Key of ArtifactBuildProperty -> what the source calls it."""
REPO_FIELDS = {name.title().replace("_", ""): name for name in CodeRepo.model_fields}
"""The same of its CodeRepo."""


def _built_shown(built: Mapping[str, Json]) -> BuiltImage:
    """A build as the cloud shows it: what it shows counts as given, so that an import says no more than that."""
    given: dict[str, Json] = {
        ours: built[theirs] for theirs, ours in BUILT_FIELDS.items() if built.get(theirs) not in (None, "")
    }
    repo = built.get("CodeRepo")
    if isinstance(repo, Mapping) and repo:
        given["code_repo"] = {
            REPO_FIELDS[key]: value for key, value in repo.items() if key in REPO_FIELDS and value is not None
        }
    return BuiltImage.model_validate(given)
