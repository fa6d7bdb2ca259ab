"""A package's state, made from what was wanted and what was observed.

The state holds checked inputs and, under names of their own, observations: `status`, `images`, `statuses`, `reasons`,
`version`. It never holds a credential or a template's text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from computenest.kernel import identity
from computenest.kernel.names import RegionId, VersionId
from computenest.kernel.outcome import INCOMPLETE
from computenest.resources._packages.classify import region_statuses
from computenest.resources._packages.model import (
    ArtifactVersion,
    BuiltImage,
    CodeRepo,
    CustomImage,
    MarketplaceImage,
    Package,
)
from computenest.resources._packages.plan import Observed, agrees, live_version, matches

__all__ = [
    "OUTPUTS",
    "delivered",
    "incomplete",
    "inputs_of",
    "observed",
    "observed_inputs",
    "sentences",
    "source_shown",
    "superseded_shown",
]

OUTPUTS = (
    "artifactId",
    "edition",
    "images",
    "incarnation",
    "reasons",
    "reissued",
    "risk",
    "status",
    "statuses",
    "strays",
    "version",
    "visible",
)


def inputs_of(known: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs within a state."""
    return {key: value for key, value in known.items() if key not in OUTPUTS}


def delivered(
    inputs: Mapping[str, Any],
    package: Package,
    seen: Observed,
    version: ArtifactVersion,
    former: Mapping[str, Any],
    *,
    visible: Sequence[RegionId],
) -> dict[str, Any]:
    """The state of a package that has everything it wants."""
    images = {region: version.images[region] for region in sorted(package.regions) if region in version.images}
    return {
        **inputs,
        "artifactId": seen.artifact.artifact_id if seen.artifact else "",
        "version": version.version,
        "status": "Draft" if version.is_draft else "Available",
        "edition": package.edition,
        "images": images,
        "statuses": region_statuses(version, package.regions) if images else {},
        "reasons": {},
        "visible": list(visible),
        "reissued": bool(former.get("reissued")) or _is_reissued(inputs, images, former),
    }


def _is_reissued(inputs: Mapping[str, Any], images: Mapping[RegionId, str], former: Mapping[str, Any]) -> bool:
    """Whether the cloud gave a region that stayed, with a source that stayed, another image id (facts §9.1)."""
    before, now = former.get("distribution") or {}, inputs.get("distribution") or {}
    return any(
        former["images"][region] != image
        for region, image in images.items()
        if region in (former.get("images") or {}) and before.get(region) == now.get(region)
    )


def incomplete(
    inputs: Mapping[str, Any],
    package: Package,
    seen: Observed,
    former: Mapping[str, Any],
    artifact_id: str,
    reasons: Mapping[RegionId, str],
    detail: str,
) -> dict[str, Any]:
    """The state of a package that lacks something: its id and what there is, with the reason for each gap."""
    live = live_version(seen)
    wanted = seen.draft if seen.draft is not None else live
    known = _still_good(inputs, former)
    if wanted is not None:
        known |= {str(region): str(image) for region, image in wanted.images.items()}
    images = {region: known[region] for region in sorted(package.regions) if region in known}
    missing = [region for region in package.regions if region not in images]
    return {
        **inputs,
        "artifactId": artifact_id,
        "version": live.version if live is not None else former.get("version", "draft"),
        "status": INCOMPLETE,
        "edition": former.get("edition", ""),
        "images": images,
        "statuses": region_statuses(wanted, package.regions),
        "reasons": {region: reasons.get(region) or detail for region in missing} or {"": detail},
        "visible": list(former.get("visible") or ()),
        "reissued": bool(former.get("reissued")),
    }


def _still_good(inputs: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, str]:
    """Images of the live version that the wish still asks for: the same region, from the same origin."""
    before, now = former.get("distribution") or {}, inputs.get("distribution") or {}
    kept = former.get("images") or {}
    return {region: image for region, image in kept.items() if before.get(region) == now.get(region)}


def sentences(name: str, kept: Mapping[str, Any]) -> tuple[str, ...]:
    """Why a package is incomplete, a sentence a region."""
    return tuple(
        f"{name}: {region}: {reason}" if region else f"{name}: {reason}"
        for region, reason in sorted(kept["reasons"].items())
    )


def observed(known: Mapping[str, Any], package: Package, seen: Observed) -> dict[str, Any]:
    """The state as the cloud shows it now, inputs included, so that the next preview shows what drifted."""
    live = live_version(seen)
    version = live if live is not None else seen.draft
    if version is None or seen.artifact is None:
        return {**known, "status": INCOMPLETE, "images": {}, "distribution": {}}
    images = {r: i for r, i in sorted(version.images.items()) if r not in seen.lost}
    inputs = observed_inputs(known, package, seen, version, images)
    complete = matches(package, version, seen) and (version.is_draft or set(package.regions) <= set(images))
    if identity.OWNER_TAG not in seen.artifact.tags:
        complete = False  # taken off by hand: an update puts it back, without it a delete would refuse
    reissued = bool(known.get("reissued")) or _is_reissued(inputs, images, known)
    status = ("Draft" if version.is_draft else "Available") if complete else INCOMPLETE
    if not package.release and version.is_draft and version.status == "Created":
        status = "Draft"
    return {
        **inputs,
        "incarnation": known.get("incarnation", 1),
        "artifactId": seen.artifact.artifact_id,
        "version": version.version,
        "status": status,
        "edition": package.edition if complete else str(known.get("edition", "")),
        "images": {r: i for r, i in images.items() if r in package.regions},
        "statuses": region_statuses(version, package.regions, lost=seen.lost) if images else {},
        "reasons": {} if complete else dict(known.get("reasons") or {}),
        "visible": list(known.get("visible") or ()),  # what was seen once stays seen: that is how a loss is told
        "reissued": reissued,
    }


def superseded_shown(found: Mapping[str, Any], free: Sequence[VersionId]) -> dict[str, Any]:
    """What a read found, with the superseded versions that may go now: no program asks for them, so the next
    preview shows how they go."""
    rest = {key: value for key, value in found.items() if key != "superseded"}
    return rest | ({"superseded": dict.fromkeys(sorted(free), "no service uses it any more")} if free else {})


def observed_inputs(
    known: Mapping[str, Any],
    package: Package,
    seen: Observed,
    version: ArtifactVersion,
    images: Mapping[RegionId, str],
) -> dict[str, Any]:
    """The inputs that would make what is there: where they differ from the state's, somebody else changed them."""
    inputs = inputs_of(known)
    source = _source_of(version, package)
    origin = source.origin if source is not None else "unknown"
    if source is not None and source != package.source:
        inputs["source"] = {"kind": source.kind, **source.model_dump(by_alias=True, exclude_unset=True, mode="json")}
    if version.is_draft:
        there = images if package.release else version.regions
        inputs["distribution"] = dict.fromkeys(sorted(there), origin)
    else:
        inputs["distribution"] = dict.fromkeys(
            sorted(r for r in images if r in version.regions or not version.regions), origin
        )
    artifact = seen.artifact
    if artifact is not None:
        if artifact.version == version.version and artifact.description != package.description:
            inputs["description"] = artifact.description
        if package.version_name is not None and version.version_name != package.version_name:
            inputs["versionName"] = version.version_name
        if package.tags or _lost_owner(package, artifact.tags):
            inputs["tags"] = {key: artifact.tags[key] for key in sorted(package.tags) if key in artifact.tags}
    return inputs


def _lost_owner(package: Package, tags: Mapping[str, str]) -> bool:
    return not identity.is_ours(tags, owner_id=package.owner_id, generation=package.generation)


def _source_of(version: ArtifactVersion, package: Package) -> CustomImage | MarketplaceImage | BuiltImage | None:
    """The source that a version shows; ours where it agrees on every key that we set."""
    mine = package.source
    if agrees(mine.artifact_property(), version.source_property) and agrees(
        mine.build_property() or {}, version.build_property
    ):
        return mine
    return source_shown(version)


def source_shown(version: ArtifactVersion) -> CustomImage | MarketplaceImage | BuiltImage | None:
    """The source that a version shows by itself, None where its properties are of no kind that is known."""
    seen = version.source_property
    try:
        if version.build_property:
            return _built_shown({"RegionId": seen.get("RegionId", ""), **version.build_property})
        if "CommodityCode" in seen:
            return MarketplaceImage(
                commodity_code=seen["CommodityCode"], commodity_version=str(seen.get("CommodityVersion", ""))
            )
        return CustomImage(image_id=seen["ImageId"], region=seen["RegionId"])
    except (KeyError, ValidationError):
        return None


def _built_shown(built: Mapping[str, Any]) -> BuiltImage:
    """A build as the cloud shows it: what it shows counts as given, so that an import says no more than that."""
    names = {
        "RegionId": "region",
        "SourceImageId": "source_image",
        "CommandType": "command_type",
        "CommandContent": "command",
        "SystemDiskSize": "system_disk_size_gib",
        "EnableGpu": "enable_gpu",
    }
    given = {ours: built[theirs] for theirs, ours in names.items() if built.get(theirs) not in (None, "")}
    repo = built.get("CodeRepo")
    if isinstance(repo, Mapping) and repo:
        known = {name.title().replace("_", ""): name for name in CodeRepo.model_fields}
        given["code_repo"] = {known[key]: value for key, value in repo.items() if key in known and value is not None}
    return BuiltImage.model_validate(given)
