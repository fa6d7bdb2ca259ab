"""A server of the embedded cloud, and the unmodified official SDKs pointed at it.

The server is a process, as for users. Time is virtual: `advance` moves it, nothing sleeps.
"""

from __future__ import annotations

import copy
import functools
from importlib import import_module
from typing import Any, Self

import pytest
from alibabacloud_computenest20210601.client import Client as UserClient
from alibabacloud_computenestsupplier20210521.client import Client as NestClient
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_market20151101.client import Client as MarketClient
from alibabacloud_ros20190910.client import Client as RosClient
from pydantic.alias_generators import to_snake

from computenest.cloud.settings import parse_settings
from computenest.resources._program.session import Session, open_session
from computenest_cloud.rules import all_facts
from served import Served, environment

__all__ = ["COPY_S", "GOLDEN", "GOLDEN_2", "POSITIONS", "REGIONS", "Cloud", "both", "call", "environment"]

GOLDEN = "m-bp1gold0000000000001"
GOLDEN_2 = "m-bp1gold0000000000002"
REGIONS = ("cn-hangzhou", "cn-beijing", "cn-shanghai")
COPY_S = 40 * 6 * 1.1  # the longest a copy of 40 GiB takes


POSITIONS = {fact.switch.key: fact.switch.positions for fact in all_facts() if fact.switch}


def both(key: str) -> pytest.MarkDecorator:
    """The switch in each of its positions."""
    return pytest.mark.parametrize("position", POSITIONS[key], ids=str)


def call(client: Any, action: str, **fields: Any) -> Any:
    """The body of an SDK's answer. Fields as the API names them, or as the SDK does, which have the last word."""
    models = import_module(f"{type(client).__module__.partition('.')[0]}.models")
    request = getattr(models, f"{action}Request")()
    request.from_map({name: value for name, value in fields.items() if name[0].isupper()})
    for name, value in fields.items():
        if not name[0].isupper():
            assert hasattr(request, name), name
            setattr(request, name, value)
    return getattr(client, to_snake(action))(request).body


class Cloud(Served):
    supplier = "supplier"
    """Whose calls are made where a test names no account."""

    def of(self, account: str) -> Self:
        """The same cloud, as another supplier sees it."""
        other = copy.copy(self)
        other.supplier = account
        return other

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

    def nest(self, account: str = "") -> NestClient:
        return self._client(NestClient, account or self.supplier)

    def ecs(self, account: str = "") -> EcsClient:
        return self._client(EcsClient, account or self.supplier)

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
        source_property = {"RegionId": region, "ImageId": source}
        return self._drafted(name, regions, ArtifactProperty=source_property, **more)

    def build(
        self, name: str = "built", *, source: str = "centos_7", regions: tuple[str, ...] = REGIONS, **more: Any
    ) -> Any:
        """CreateArtifact of an image artifact that Compute Nest builds in cn-hangzhou."""
        here = {"RegionId": "cn-hangzhou"}
        command = {"SourceImageId": source, "CommandType": "RunShellScript", "CommandContent": "echo hello", **here}
        built = {"ArtifactBuildType": "EcsImage", "ArtifactBuildProperty": command}
        return self._drafted(name, regions, ArtifactProperty=here, **built, **more)

    def _drafted(self, name: str, regions: tuple[str, ...], **more: Any) -> Any:
        made = {"ArtifactType": "EcsImage", "Name": name, "VersionName": "one", "SupportRegionIds": list(regions)}
        return call(self.nest(), "CreateArtifact", **made, **more)

    def release(self, artifact_id: str) -> None:
        call(self.nest(), "ReleaseArtifact", ArtifactId=artifact_id)

    def released(self, name: str = "web", **more: Any) -> str:
        """An artifact whose draft has been delivered."""
        artifact_id: str = self.draft(name, **more).artifact_id
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
        found: list[Any] = call(self.nest(), "ListArtifactVersions", ArtifactId=artifact_id).artifacts
        return found

    def get(self, artifact_id: str, version: str | None = None) -> Any:
        return call(self.nest(), "GetArtifact", ArtifactId=artifact_id, ArtifactVersion=version)

    def delete(self, artifact_id: str, version: str | None = None) -> None:
        call(self.nest(), "DeleteArtifact", ArtifactId=artifact_id, ArtifactVersion=version)

    def images(self, region: str, account: str = "", **more: Any) -> dict[str, Any]:
        """Image id -> image, in every status, without community images and those of the cloud."""
        found = call(self.ecs(account), "DescribeImages", RegionId=region, Status="ALL", PageSize=100, **more)
        return {one.image_id: one for one in found.images.image if one.image_owner_alias in {"self", "others"}}

    def copy(self, image_id: str = GOLDEN, to: str = "cn-beijing", account: str = "", **more: Any) -> str:
        asked = {"RegionId": "cn-hangzhou", "ImageId": image_id, "DestinationRegionId": to}
        return str(call(self.ecs(account), "CopyImage", **asked, **more).image_id)

    def share(self, image_id: str, *uids: str, region: str = "cn-hangzhou", account: str = "") -> None:
        asked = {"RegionId": region, "ImageId": image_id, "AddAccount": list(uids)}
        call(self.ecs(account), "ModifyImageSharePermission", **asked)
