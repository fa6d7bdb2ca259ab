"""Container groups by the current official SDK, as tests say it."""

from __future__ import annotations

import json
from typing import Any

from alibabacloud_eci20180808 import models as eci
from alibabacloud_eci20180808.client import Client as EciClient

from emulator.harness import Cloud, call

REGION = "cn-hangzhou"


class Eci:
    """The current SDK as a customer."""

    def __init__(self, cloud: Cloud, account: str = "customer") -> None:
        self.cloud = cloud
        self.client = cloud.sdk(EciClient, account)

    def container(self, name: str = "web", image: str = "nginx:1.27", *command: str, **more: Any) -> Any:
        given = {"command": list(command)} if command else {}
        return eci.CreateContainerGroupRequestContainer(name=name, image=image, **given, **more)

    def job(self, script: str, name: str = "job", **more: Any) -> Any:
        return self.container(name, "busybox", "sh", "-c", script, **more)

    def _call(self, action: str, **fields: Any) -> Any:
        return call(self.client, action, RegionId=REGION, **fields)

    def create(self, *containers: Any, name: str = "web", **more: Any) -> str:
        made = {"container_group_name": name, "container": list(containers) or [self.container()]}
        return str(self._call("CreateContainerGroup", **made, **more).container_group_id)

    def all(self, **more: Any) -> Any:
        return self._call("DescribeContainerGroups", **more)

    def get(self, group_id: str) -> Any:
        return self.all(container_group_ids=json.dumps([group_id]), with_event=True).container_groups[0]

    def ids(self, **more: Any) -> list[str]:
        return [group.container_group_id for group in self.all(**more).container_groups]

    def update(self, group_id: str, **more: Any) -> None:
        self._call("UpdateContainerGroup", ContainerGroupId=group_id, **more)

    def delete(self, group_id: str) -> None:
        self._call("DeleteContainerGroup", ContainerGroupId=group_id)

    def log(self, group_id: str, name: str = "job", **more: Any) -> list[str]:
        found = self._call("DescribeContainerLog", ContainerGroupId=group_id, ContainerName=name, **more)
        return list(found.content.splitlines())
