"""Managed builds: Compute Nest makes the image itself, in its own account, from a public image and a script.

A draft with a build definition is `Building` until the image exists (or the build failed); the image belongs to the
hub account. A draft with the definition of an earlier version takes over that version's image, unless the cloud is
switched to make everything anew (fact: nest-021).
"""

import json
from collections.abc import Mapping
from typing import Any

from computenest_cloud.catalogue import regions
from computenest_cloud.faults import Occasion
from computenest_cloud.services.ecs.seam import IMAGES, Image, images
from computenest_cloud.services.nest_artifacts.hub import Hub
from computenest_cloud.services.nest_artifacts.records import VERSIONS, Artifact, ArtifactVersion
from computenest_cloud.world import World

FINISH_BUILD = "build-finished"
QUICK_FAILURE_S = 20.0
DEFAULT_DISK_GIB = 40


def definition(build_property: Mapping[str, Any]) -> str:
    return json.dumps(build_property, sort_keys=True, ensure_ascii=False)


class Builder:
    def __init__(self, world: World, hub: Hub) -> None:
        self._world = world
        self._hub = hub
        world.timeline.on(FINISH_BUILD, self._finish)

    def prepare(self, artifact: Artifact, version: ArtifactVersion) -> None:
        """Sees to it that the draft has, or will have, the image of its definition."""
        key = definition(version.build_property)
        if version.build_key == key and self._hub.is_live(version.build_image_id):
            return
        former, version.build_image_id = version.build_image_id, ""
        version.build_key = key
        if former:
            self._hub.drop_unreferenced(artifact, [former])
        taken = self._image_of_earlier_version(version, key)
        if taken:
            version.build_image_id = taken
            version.logs = (*version.logs, (self._world.now, f"Image {taken} of an earlier version is used again."))
            return
        self._start(artifact, version)

    def _image_of_earlier_version(self, version: ArtifactVersion, key: str) -> str:
        if self._world.rules.is_on("delivery.reissues_unchanged_regions"):
            return ""
        for other in self._world.store[VERSIONS].grouped(version.artifact_id):
            same = other.build_key == key and other.deleted_at is None
            if same and other is not version and self._hub.is_live(other.build_image_id):
                return other.build_image_id
        return ""

    def _start(self, artifact: Artifact, version: ArtifactVersion) -> None:
        world = self._world
        region = str(version.build_property["RegionId"])
        owner = world.account_name(artifact.owner_uid)
        occasion = Occasion("computenest", ("CreateArtifact", "UpdateArtifact", "Build"), owner, (region,))
        effect = world.faults.take(occasion, frozenset({"fail_build"}))
        duration_s = world.rules.number("build.duration_s")
        version.planned_failure = ""
        printed: tuple[str, ...] = ()
        if effect is not None:
            version.planned_failure = f"{effect.code or 'BuildFailed'}: {effect.message or 'The build script failed.'}"
            printed = effect.log
        elif not self._is_source(artifact, version):
            source = version.build_property.get("SourceImageId", "")
            version.planned_failure = (
                f"InvalidImageId.NotFound: SourceImageId {source!r} is neither an image in {region}, "
                "nor a public image, nor a public parameter."
            )
            duration_s = min(duration_s, QUICK_FAILURE_S)
        version.status = "Building"
        version.status_detail = ""
        version.phase_at = world.now
        version.due_at = world.now + duration_s
        version.logs = (
            *version.logs,
            (world.now, f"Build started in {region}."),
            *((world.now, line) for line in printed),
        )
        world.timeline.schedule(FINISH_BUILD, version.key, version.due_at)

    def _is_source(self, artifact: Artifact, version: ArtifactVersion) -> bool:
        """fact: nest-012: an image that is seen in the region, a public image or family, or a public parameter."""
        source = str(version.build_property.get("SourceImageId", ""))
        region = str(version.build_property["RegionId"])
        if not source:
            return bool(version.build_property.get("CodeRepo")) and region in regions()
        if source.startswith("m-"):
            image = self._world.store[IMAGES].get(source)
            if image is None:
                return images.public_image(self._world, source, region) is not None
            is_there = image.region == region and image.status == "Available"
            return is_there and images.can_see(self._world, artifact.owner_uid, image)
        return source.endswith(".vhd") or source.startswith(("aliyun/services/", *images.PUBLIC_FAMILIES))

    def _finish(self, version_key: str, due_s: float) -> None:
        world = self._world
        version = world.store[VERSIONS].get(version_key)
        if version is None or version.due_at != due_s or version.status != "Building":
            return
        version.due_at = None
        version.modified_at = world.now
        if version.planned_failure:
            version.status, version.status_detail = "CreateFailed", version.planned_failure
            version.logs = (*version.logs, (world.now, f"Build failed: {version.planned_failure}"))
            return
        region = str(version.build_property["RegionId"])
        image_id = images.new_id(world, region)
        images.add(
            world,
            Image(
                image_id=image_id,
                seq=world.mint.count("order"),
                region=region,
                owner_uid=world.account("hub").uid,
                name=f"computenest-build-{image_id[2:]}",
                size_gib=int(version.build_property.get("SystemDiskSize") or DEFAULT_DISK_GIB),
                created_at=world.now,
                role="build",
                version_key=version.key,
            ),
        )
        version.build_image_id = image_id
        version.status = "Created"
        version.logs = (*version.logs, (world.now, f"Build finished: {image_id}."))
