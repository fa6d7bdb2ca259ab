"""A server of the embedded cloud, and the unmodified official SDKs pointed at it.

The server is a process, as for users. Time is virtual: `advance` moves it, nothing sleeps.
"""

from __future__ import annotations

import functools
from typing import Any

import pytest
from alibabacloud_computenest20210601.client import Client as UserClient
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_computenestsupplier20210521.client import Client as NestClient
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_market20151101.client import Client as MarketClient
from alibabacloud_ros20190910.client import Client as RosClient

from computenest.cloud.settings import parse_settings
from computenest.resources._program.session import Session, open_session
from computenest_cloud.rules import all_facts
from served import Served, environment

__all__ = ["COPY_S", "GOLDEN", "GOLDEN_2", "POSITIONS", "REGIONS", "Cloud", "both", "environment"]

GOLDEN = "m-bp1gold0000000000001"
GOLDEN_2 = "m-bp1gold0000000000002"
REGIONS = ("cn-hangzhou", "cn-beijing", "cn-shanghai")
COPY_S = 40 * 6 * 1.1  # the longest a copy of 40 GiB takes


POSITIONS = {fact.switch.key: fact.switch.positions for fact in all_facts() if fact.switch}


def both(key: str) -> pytest.MarkDecorator:
    """The switch in each of its positions."""
    return pytest.mark.parametrize("position", POSITIONS[key], ids=str)


class Cloud(Served):
    @functools.cached_property
    def _clients(self) -> dict[tuple[type, str], Any]:
        return {}

    # --- the control plane

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance_s": seconds})

    @property
    def now_s(self) -> float:
        return float(self.control("GET", "status")["now"])

    def switch(self, key: str, position: object) -> None:
        self.control("PUT", "facts", {key: position})

    def fault(self, effect: dict[str, Any], *, match: dict[str, str] | None = None, **rule: Any) -> None:
        self.faults({"match": match or {}, "effect": effect, **rule})

    def faults(self, *rules: Any) -> None:
        self.control("PUT", "faults", list(rules))

    def calls(self) -> Any:
        return self.control("GET", "calls")

    # --- the SDKs

    def _client(self, kind: type, account: str) -> Any:
        key = (kind, account)
        if key not in self._clients:
            self._clients[key] = self.sdk(kind, account)
        return self._clients[key]

    def nest(self, account: str = "supplier") -> NestClient:
        return self._client(NestClient, account)

    def ecs(self, account: str = "supplier") -> EcsClient:
        return self._client(EcsClient, account)

    def user(self, account: str = "customer") -> UserClient:
        return self._client(UserClient, account)

    def ros(self, account: str = "customer") -> RosClient:
        return self._client(RosClient, account)

    def market(self) -> MarketClient:
        return self._client(MarketClient, "supplier")

    # --- the provider

    def session(self, account: str = "supplier") -> Session:
        """What a provider's process of an account opens."""
        return open_session(parse_settings({"computenest:region": REGIONS[0]}, environ=self.environ(account)))

    # --- what tests say often

    def draft(
        self,
        name: str = "web",
        *,
        source: str = GOLDEN,
        region: str = "cn-hangzhou",
        regions: tuple[str, ...] = REGIONS,
        **more: Any,
    ) -> Any:
        """CreateArtifact of an image artifact from an image of the supplier's."""
        request = nest.CreateArtifactRequest(
            artifact_type="EcsImage",
            name=name,
            version_name="one",
            support_region_ids=list(regions),
            artifact_property=nest.CreateArtifactRequestArtifactProperty(region_id=region, image_id=source),
            **more,
        )
        return self.nest().create_artifact(request).body

    def build(
        self, name: str = "built", *, source: str = "centos_7", regions: tuple[str, ...] = REGIONS, **more: Any
    ) -> Any:
        """CreateArtifact of an image artifact that Compute Nest builds in cn-hangzhou."""
        request = nest.CreateArtifactRequest(
            artifact_type="EcsImage",
            name=name,
            version_name="one",
            support_region_ids=list(regions),
            artifact_build_type="EcsImage",
            artifact_property=nest.CreateArtifactRequestArtifactProperty(region_id="cn-hangzhou"),
            artifact_build_property=nest.CreateArtifactRequestArtifactBuildProperty(
                region_id="cn-hangzhou",
                source_image_id=source,
                command_type="RunShellScript",
                command_content="echo hello",
            ),
            **more,
        )
        return self.nest().create_artifact(request).body

    def release(self, artifact_id: str) -> None:
        self.nest().release_artifact(nest.ReleaseArtifactRequest(artifact_id=artifact_id))

    def released(self, name: str = "web", **more: Any) -> str:
        """An artifact whose draft has been delivered."""
        artifact_id = self.draft(name, **more).artifact_id
        self.release(artifact_id)
        self.advance(3600)
        return artifact_id

    def next_version(self, artifact_id: str, **more: Any) -> Any:
        """One more version, delivered; returned as it is listed."""
        self.draft(artifact_id=artifact_id, **more)
        self.release(artifact_id)
        self.advance(3600)
        return self.versions(artifact_id)[0]

    def versions(self, artifact_id: str) -> list[Any]:
        request = nest.ListArtifactVersionsRequest(artifact_id=artifact_id)
        return self.nest().list_artifact_versions(request).body.artifacts

    def get(self, artifact_id: str, version: str | None = None) -> Any:
        request = nest.GetArtifactRequest(artifact_id=artifact_id, artifact_version=version)
        return self.nest().get_artifact(request).body

    def delete(self, artifact_id: str, version: str | None = None) -> None:
        self.nest().delete_artifact(nest.DeleteArtifactRequest(artifact_id=artifact_id, artifact_version=version))

    def images(self, region: str, account: str = "supplier", **more: Any) -> dict[str, Any]:
        """Image id -> image, in every status, without community images and those of the cloud."""
        request = ecs.DescribeImagesRequest(region_id=region, status="ALL", page_size=100, **more)
        found = self.ecs(account).describe_images(request).body.images.image
        return {image.image_id: image for image in found if image.image_owner_alias in {"self", "others"}}

    def copy(self, image_id: str = GOLDEN, to: str = "cn-beijing", account: str = "supplier", **more: Any) -> str:
        fields = {"region_id": "cn-hangzhou", **more}
        request = ecs.CopyImageRequest(image_id=image_id, destination_region_id=to, **fields)
        return self.ecs(account).copy_image(request).body.image_id

    def share(self, image_id: str, *uids: str, region: str = "cn-hangzhou", account: str = "supplier") -> None:
        request = ecs.ModifyImageSharePermissionRequest(region_id=region, image_id=image_id, add_account=list(uids))
        self.ecs(account).modify_image_share_permission(request)
