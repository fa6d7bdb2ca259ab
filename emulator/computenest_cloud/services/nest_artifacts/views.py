"""Compute Nest's answers, as the SDK's models read them (fact: nest-014).

`SupportRegionIds` and the property objects are JSON *strings*; `ImageDelivery` is in ListArtifactVersions only.
"""

import json
from typing import Any

from computenest_cloud.clock import format_time
from computenest_cloud.services.ecs.seam import IMAGES
from computenest_cloud.services.nest_artifacts.artifacts import max_version, versions_of
from computenest_cloud.services.nest_artifacts.delivery import Delivery
from computenest_cloud.services.nest_artifacts.records import Artifact, ArtifactVersion
from computenest_cloud.world import World


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Views:
    def __init__(self, world: World, delivery: Delivery) -> None:
        self._world = world
        self._delivery = delivery

    def status(self, version: ArtifactVersion) -> str:
        """Two names are not published: see the switches."""
        if version.status == "Building":
            return str(self._world.rules.position("build.running_status"))
        if version.status == "DeliverFailed":
            return str(self._world.rules.position("delivery.failed_status"))
        return version.status

    def _version(self, artifact: Artifact, version: ArtifactVersion) -> dict[str, Any]:
        body = {
            "ArtifactId": artifact.artifact_id,
            "ArtifactType": artifact.artifact_type,
            "ArtifactVersion": version.version,
            "VersionName": version.version_name,
            "Status": self.status(version),
            "StatusDetail": version.status_detail,
            "SupportRegionIds": _dump(list(version.regions)),
            "ArtifactProperty": _dump(version.artifact_property),
            "GmtModified": format_time(version.modified_at),
        }
        if artifact.build_type or version.build_property:
            body["ArtifactBuildType"] = artifact.build_type
            body["ArtifactBuildProperty"] = _dump(version.build_property)
        return body

    def _listed_max_version(self, artifact: Artifact) -> str:
        """fact: nest-051"""
        number = max_version(self._world, artifact)
        return str(number) if number else str(self._world.rules.position("list.max_version_of_drafts"))

    def created(self, artifact: Artifact, version: ArtifactVersion) -> dict[str, Any]:
        return {
            **self.updated(artifact, version),
            "Name": artifact.name,
            "MaxVersion": max_version(self._world, artifact),
        }

    def updated(self, artifact: Artifact, version: ArtifactVersion) -> dict[str, Any]:
        return {**self._version(artifact, version), "Description": version.description}

    def released(self, artifact: Artifact, version: ArtifactVersion) -> dict[str, Any]:
        """fact: nest-015: neither the regions nor a number."""
        kept = (
            "ArtifactId",
            "ArtifactType",
            "ArtifactVersion",
            "VersionName",
            "Status",
            "ArtifactProperty",
            "GmtModified",
        )
        body = self._version(artifact, version)
        return {**{key: body[key] for key in kept}, "Description": version.description}

    def got(self, artifact: Artifact, version: ArtifactVersion) -> dict[str, Any]:
        return {
            **self.created(artifact, version),
            "Progress": str(self._delivery.progress_percent(version)),
            "PermissionType": artifact.permission_type,
            "ResourceGroupId": artifact.resource_group_id,
            "Tags": self.tags(artifact),
        }

    def listed(self, artifact: Artifact) -> dict[str, Any]:
        """Status and description are the newest version's."""
        if self._world.now < artifact.stale_until:
            return dict(artifact.stale_view)
        newest = next(iter(versions_of(self._world, artifact.artifact_id)), None)
        body = {
            "ArtifactId": artifact.artifact_id,
            "Name": artifact.name,
            "ArtifactType": artifact.artifact_type,
            "Status": "Deleted" if newest is None else self.status(newest),
            "MaxVersion": self._listed_max_version(artifact),
            "Description": "" if newest is None else newest.description,
            "PermissionType": artifact.permission_type,
            "ResourceGroupId": artifact.resource_group_id,
            "Tags": self.tags(artifact),
            "GmtModified": format_time(
                artifact.deleted_at or artifact.created_at if newest is None else newest.modified_at
            ),
        }
        if newest is not None and newest.build_property:
            body["ArtifactBuildProperty"] = _dump(newest.build_property)
        return body

    def listed_version(self, artifact: Artifact, version: ArtifactVersion) -> dict[str, Any]:
        body = {
            **self._version(artifact, version),
            "Progress": str(self._delivery.progress_percent(version)),
            "ImageDelivery": self._image_delivery(version),
            "SecurityAuditResult": version.audit,
            "GmtCreate": format_time(version.created_at),
        }
        if version.audit == "AtRisk":
            body["ResultFile"] = f"https://example.invalid/{artifact.artifact_id}/{version.version}/scan.html"
        return body

    def _image_delivery(self, version: ArtifactVersion) -> dict[str, str]:
        rules = self._world.rules
        if version.status == "Deleted" or any("/" in found for found in version.delivery.values()):
            return {}  # where files lie is nowhere shown
        if version.status in {"Scanning", "Delivering"} and not rules.is_on("delivery.fills_in_by_region"):
            return {}
        drops_lost = rules.position("delivery.lost_copy_shows_in") == "delivery" and not version.artifact_property.get(
            "CommodityCode"
        )
        return {
            region: image_id
            for region, image_id in sorted(version.delivery.items())
            if not drops_lost or image_id in self._world.store[IMAGES]
        }

    @staticmethod
    def tags(artifact: Artifact) -> list[dict[str, str]]:
        return [{"Key": key, "Value": artifact.tags[key]} for key in sorted(artifact.tags)]
