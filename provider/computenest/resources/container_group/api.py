"""The cloud's calls about container groups: implements `ports.ContainerGroups` (facts §10.1 to §10.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product
from computenest.cloud.wire import integer, json_text, object_in, objects_in, tag_pairs, tags_in, text, texts_in
from computenest.kernel.names import RegionId, Token
from computenest.kernel.unknown import Known
from computenest.resources.container_group.model import Container, ContainerGroup, ContainerGroupId, Inputs, Port, Seen

__all__ = ["CloudContainerGroups"]

_TYPE = "containergroup"
_PAGE = {"Limit": 20}  # facts §10.6


class CloudContainerGroups:
    """The groups of one account."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, *, wanted: Inputs[Known], tags: Mapping[str, str], token: Token) -> ContainerGroupId:
        given = {
            "ContainerGroupName": wanted.name,
            "VSwitchId": wanted.v_switch_id,
            "SecurityGroupId": wanted.security_group_id,
            "ActiveDeadlineSeconds": wanted.active_deadline_s,
            "Tag": tag_pairs(tags),
            "ClientToken": token,
            **_changeable(wanted),
        }
        answer = await self._call("CreateContainerGroup", wanted.region, given)
        return ContainerGroupId(self._client.required(answer, "ContainerGroupId", action="CreateContainerGroup"))

    async def find(self, *, region: RegionId, tags: Mapping[str, str]) -> tuple[ContainerGroup, ...]:
        found = await self._listed(region, {"Tag": tag_pairs(tags)})
        return tuple(one for one in found if tags.items() <= one.tags.items())

    async def get(self, *, region: RegionId, group_id: ContainerGroupId) -> ContainerGroup | None:
        found = await self._listed(region, {"ContainerGroupIds": json_text([group_id])})
        return next((one for one in found if one.container_group_id == group_id), None)

    async def update(self, *, group_id: ContainerGroupId, wanted: Inputs[Known], token: Token) -> None:
        given = {"ContainerGroupId": group_id, "UpdateType": "RenewUpdate", "ClientToken": token}
        await self._call("UpdateContainerGroup", wanted.region, {**given, **_changeable(wanted)})

    async def delete(self, *, region: RegionId, group_id: ContainerGroupId, token: Token) -> None:
        await self._call("DeleteContainerGroup", region, {"ContainerGroupId": group_id, "ClientToken": token})

    async def log(self, *, region: RegionId, group_id: ContainerGroupId, container: str, lines: int) -> str:
        given = {"ContainerGroupId": group_id, "ContainerName": container, "Tail": lines}
        return text((await self._call("DescribeContainerLog", region, given)).get("Content"))

    async def tag(self, *, region: RegionId, group_id: ContainerGroupId, tags: Mapping[str, str]) -> None:
        given = {"ResourceType": _TYPE, "ResourceId": [group_id], "Tag": tag_pairs(tags)}
        await self._call("TagResources", region, given)

    async def untag(self, *, region: RegionId, group_id: ContainerGroupId, keys: Sequence[str]) -> None:
        given = {"ResourceType": _TYPE, "ResourceId": [group_id], "TagKey": list(keys)}
        await self._call("UntagResources", region, given)

    async def _listed(self, region: RegionId, wanted: Mapping[str, Any]) -> list[ContainerGroup]:
        asked = {"RegionId": region, **wanted}
        rows = await self._client.pages(
            Product.ECI, "DescribeContainerGroups", asked, "ContainerGroups", region=region, size=_PAGE
        )
        return [_group(row) for row in rows if text(row.get("ContainerGroupId"))]

    async def _call(self, action: str, region: RegionId, given: Mapping[str, Any]) -> dict[str, Any]:
        return await self._client.call(Product.ECI, action, {"RegionId": region, **given}, region=region)


def _changeable(wanted: Inputs[Known]) -> dict[str, Any]:
    """What both, a create and an update, take (facts §10.3)."""
    return {
        "Container": [one.request() for one in wanted.containers],
        "Cpu": wanted.cpu,
        "Memory": wanted.memory,
        "RestartPolicy": wanted.restart_policy,
    }


def _group(row: Mapping[str, Any]) -> ContainerGroup:
    return ContainerGroup(
        container_group_id=ContainerGroupId(text(row.get("ContainerGroupId"))),
        name=text(row.get("ContainerGroupName")),
        status=text(row.get("Status")),
        cpu=_number(row.get("Cpu")),
        memory=_number(row.get("Memory")),
        restart_policy=text(row.get("RestartPolicy")),
        address=text(row.get("IntranetIp")),
        containers=tuple(_seen(one) for one in objects_in(row, "Containers") if text(one.get("Name"))),
        tags=tags_in(row.get("Tags")),
    )


def _seen(row: Mapping[str, Any]) -> Seen:
    """Lists have other names in answers than in requests (SDK 2.1.0)."""
    state = object_in(row.get("CurrentState"))
    ports = tuple(
        Port(port=integer(one.get("Port")), protocol="UDP" if text(one.get("Protocol")) == "UDP" else "TCP")
        for one in objects_in(row, "Ports")
    )
    shown = {
        "name": text(row.get("Name")),
        "image": text(row.get("Image")),
        "command": texts_in(row.get("Commands")),
        "args": texts_in(row.get("Args")),
        "cpu": _number(row.get("Cpu")),
        "memory": _number(row.get("Memory")),
        "environment": {text(one.get("Key")): text(one.get("Value")) for one in objects_in(row, "EnvironmentVars")},
        "ports": ports,
        "working_dir": text(row.get("WorkingDir")),
    }
    container = Container.model_validate({name: value for name, value in shown.items() if value})
    return Seen(container, text(state.get("State")), integer(state.get("ExitCode")), text(state.get("Reason")))


def _number(value: Any) -> float:
    try:
        return float(text(value))
    except ValueError:
        return 0.0
