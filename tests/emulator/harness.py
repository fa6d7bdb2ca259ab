"""A server of the embedded cloud, and the unmodified official SDKs pointed at it.

The server is a process, as for users. Time is virtual: `advance` moves it, nothing sleeps.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_computenest20210601.client import Client as UserClient
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_computenestsupplier20210521.client import Client as NestClient
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_market20151101.client import Client as MarketClient
from alibabacloud_ros20190910.client import Client as RosClient
from alibabacloud_tea_openapi.models import Config

from computenest_cloud.rules import all_facts

GOLDEN = "m-bp1gold0000000000001"
GOLDEN_2 = "m-bp1gold0000000000002"
REGIONS = ("cn-hangzhou", "cn-beijing", "cn-shanghai")
COPY_S = 40 * 6 * 1.1  # the longest a copy of 40 GiB takes
START_TIMEOUT_S = 20


POSITIONS = {fact.switch.key: fact.switch.positions for fact in all_facts() if fact.switch}


def both(key: str) -> pytest.MarkDecorator:
    """The switch in each of its positions."""
    return pytest.mark.parametrize("position", POSITIONS[key], ids=str)


def environment(source: Path | None = None) -> dict[str, str]:
    """Without proxies: the SDKs would send even 127.0.0.1 through them. `source`: a folder with another emulator."""
    found = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return found if source is None else {**found, "PYTHONPATH": str(source)}


class Cloud:
    def __init__(self, folder: Path, *options: str, source: Path | None = None) -> None:
        self.handle_path = folder / "handle.json"
        command = [sys.executable, "-m", "computenest_cloud", "serve", "--state", str(folder / "state.db")]
        self.log_path = folder / "server.log"
        with self.log_path.open("w") as log:  # a pipe that nobody reads would stop the server when it is full
            self.process = subprocess.Popen(
                [*command, "--handle", str(self.handle_path), *options], env=environment(source), stderr=log
            )
        self.handle: dict[str, Any] = {}
        self._clients: dict[tuple[type, str], Any] = {}

    def wait_until_answering(self) -> Cloud:
        for _ in range(START_TIMEOUT_S * 50):
            if self.handle_path.exists():
                self.handle = json.loads(self.handle_path.read_text())
                if self.handle["pid"] == self.process.pid:
                    return self
            try:
                self.process.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                continue
            break
        self.process.kill()
        raise AssertionError(f"the server did not start: {self.log_path.read_text()}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=60)

    # --- the control plane

    @property
    def token(self) -> dict[str, str]:
        return {"x-cloud-control": self.handle["control_token"]}

    def raw(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(self.handle["host"], self.handle["port"], timeout=100)
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, self.token if headers is None else headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content)

    def control(self, method: str, path: str, body: object = None) -> Any:
        status, answer = self.raw(method, f"/_cloud/{path}", body)
        assert status == 200, answer
        return answer

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance_s": seconds})

    def switch(self, key: str, position: object) -> None:
        self.control("PUT", "facts", {key: position})

    def fault(self, effect: dict[str, Any], *, match: dict[str, str] | None = None, **rule: Any) -> None:
        self.control("PUT", "faults", [{"match": match or {}, "effect": effect, **rule}])

    def ledger(self) -> Any:
        return self.control("GET", "ledger")

    # --- the SDKs

    def config(self, account: str) -> Config:
        keys = self.handle["accounts"][account]
        return Config(
            access_key_id=keys["access_key_id"],
            access_key_secret=keys["access_key_secret"],
            endpoint=self.handle["endpoint"],
            protocol="http",
            region_id="cn-hangzhou",
        )

    def _client(self, kind: type, account: str) -> Any:
        key = (kind, account)
        if key not in self._clients:
            self._clients[key] = kind(self.config(account))
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

    def uid(self, account: str) -> str:
        return str(self.handle["accounts"][account]["uid"])

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
