"""What people do to a service beside the stack: by the official SDK, and by the control plane."""

from __future__ import annotations

import json
from typing import Any

from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_computenestsupplier20210521.client import Client

from stack.cloud import Cloud

__all__ = ["Supplier"]

CONTROL_REGION = "cn-hangzhou"


class Supplier:
    """The supplier's own hands."""

    def __init__(self, cloud: Cloud, account: str = "supplier") -> None:
        self._cloud = cloud
        self.client = cloud.sdk(Client, account)

    def service(self, service_id: str, version: str | None = None) -> Any:
        request = nest.GetServiceRequest(region_id=CONTROL_REGION, service_id=service_id, service_version=version)
        return self.client.get_service(request).body

    def metadata(self, service_id: str, version: str | None = None) -> dict[str, Any]:
        return dict(json.loads(self.service(service_id, version).deploy_metadata))

    def package_versions(self, artifact_id: str) -> list[str]:
        """The versions of a package that are not deleted."""
        request = nest.ListArtifactVersionsRequest(artifact_id=artifact_id)
        found = self.client.list_artifact_versions(request).body.artifacts
        return sorted(version.artifact_version for version in found if version.status != "Deleted")

    def edit(self, service_id: str, version: str, document: dict[str, Any]) -> None:
        """In the console, without asking any rule."""
        body = {"service_id": service_id, "version": version, "set": {"DeployMetadata": json.dumps(document)}}
        self._cloud.control("POST", "services/edit", body)
