"""What the console shows of packages: each version by region. Nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from computenest_cloud.services.ecs.seam import IMAGES, SHARES, images
from computenest_cloud.services.nest_artifacts import artifacts
from computenest_cloud.services.nest_artifacts.delivery import target_regions
from computenest_cloud.services.nest_artifacts.records import ARTIFACTS, ArtifactVersion
from computenest_cloud.world import World


@dataclass(frozen=True)
class PackageRow:
    name: str
    artifact_id: str
    kind: str
    version: str
    region: str
    status: str
    percent: int | None  # of a copy that is under way
    detail: str
    image_id: str
    visibility: str


@dataclass(frozen=True)
class _Delivered:
    status: str
    image_id: str = ""
    percent: int | None = None
    detail: str = ""


def _delivered(world: World, version: ArtifactVersion, region: str) -> _Delivered:
    """One region of a version."""
    if region in version.delivery:
        image_id = version.delivery[region]
        is_lost = image_id.startswith("m-") and not version.artifact_property.get("CommodityCode")
        return _Delivered("Lost" if is_lost and image_id not in world.store[IMAGES] else "Available", image_id)
    if region in version.failures:
        return _Delivered("Failed", detail=version.failures[region])
    image = world.store[IMAGES].get(version.pending.get(region, ""))
    if image is not None and image.role == "copy":
        return _Delivered(image.status, image.image_id, images.progress_percent(world, image))
    return _Delivered(version.status, detail=version.status_detail)


def _visibility(world: World, image_id: str) -> str:
    image = world.store[IMAGES].get(image_id)
    if image is None:
        return ""
    if image.is_public:
        return "public"
    shared = sum(share.made_by == "whitelist" for share in world.store[SHARES].grouped(image_id))
    return f"private, {shared} accounts" if shared else "private"


def packages(world: World) -> Iterator[PackageRow]:
    for artifact in sorted(world.store[ARTIFACTS], key=lambda artifact: artifact.seq):
        for version in artifacts.versions_of(world, artifact.artifact_id):
            wanted = target_regions(version) or tuple(version.delivery)
            for region in sorted(wanted) or [""]:
                found = _delivered(world, version, region)
                yield PackageRow(
                    name=artifact.name,
                    artifact_id=artifact.artifact_id,
                    kind=artifact.artifact_type,
                    version=version.version,
                    region=region,
                    status=found.status,
                    percent=found.percent,
                    detail=found.detail,
                    image_id=found.image_id,
                    visibility=_visibility(world, found.image_id),
                )


def by_version(world: World) -> list[list[PackageRow]]:
    """The rows of each version together."""
    return [list(group) for _, group in groupby(packages(world), lambda row: (row.artifact_id, row.version))]
