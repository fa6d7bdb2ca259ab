"""The cloud's calls about container groups: implements `ports.ContainerGroups` (facts §10.1 to §10.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from computenest.cloud.calls import Calls
from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product
from computenest.cloud.wire import json_text, object_in, objects_in, tag_pairs, text
from computenest.kernel.logs import LogLine
from computenest.kernel.names import RegionId, Token
from computenest.kernel.unknown import Known
from computenest.kernel.values import Json, as_written
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.repositories import CloudRepositories
from computenest.resources.container_group.answers import group_of, number_in
from computenest.resources.container_group.model import ContainerGroup, ContainerGroupId, Inputs
from computenest.resources.container_group.plan import UpdatePart
from computenest.resources.container_group.ports import Price, PullKey, Usage
from computenest.resources.container_group.surroundings import RegistryLogin

_TYPE = "containergroup"
_PAGE = {"Limit": 20}  # facts §10.6
_MOST_LINES = 2000  # facts §10.6
_OF_NETWORK = {"v_switch_id", "security_group_id", "auto_create_eip", "eip_bandwidth", "eip_instance_id"}
_SENT_ONCE = {"instance_type", "cpu_architecture", *_OF_NETWORK}
"""What only a create takes, by our names."""


class CloudContainerGroups(Calls):
    """The groups of one account."""

    @property
    def region(self) -> RegionId:
        """The control region."""
        return RegionId(self._client.region)

    async def create(
        self, *, wanted: Inputs[Known], logins: Sequence[RegistryLogin], tags: Mapping[str, str], token: Token
    ) -> ContainerGroupId:
        given: dict[str, Json] = {
            "ContainerGroupName": wanted.name,
            **as_written(wanted.model_dump(include=_SENT_ONCE, by_alias=True)),
            "ActiveDeadlineSeconds": wanted.active_deadline_s,
            "Tag": tag_pairs(tags),
            "ClientToken": token,
        }
        for part in get_args(UpdatePart):
            given |= _request_of(part, wanted, logins)
        answer = await self._call("CreateContainerGroup", wanted.region, given)
        return ContainerGroupId(self._client.required(answer, "ContainerGroupId", action="CreateContainerGroup"))

    async def find(self, *, region: RegionId, tags: Mapping[str, str]) -> tuple[ContainerGroup, ...]:
        found = await self._listed(region, {"Tag": tag_pairs(tags)})
        return tuple(one for one in found if tags.items() <= one.tags.items())

    async def get(self, *, region: RegionId, group_id: ContainerGroupId) -> ContainerGroup | None:
        found = await self._listed(region, {"ContainerGroupIds": json_text([group_id])})
        return next((one for one in found if one.container_group_id == group_id), None)

    async def update(
        self,
        *,
        group_id: ContainerGroupId,
        wanted: Inputs[Known],
        parts: frozenset[UpdatePart],
        logins: Sequence[RegistryLogin],
        token: Token,
    ) -> None:
        given: dict[str, Json] = {"ContainerGroupId": group_id, "UpdateType": "RenewUpdate", "ClientToken": token}
        for part in sorted(parts):
            given |= _request_of(part, wanted, logins)
        await self._call("UpdateContainerGroup", wanted.region, given)

    async def delete(self, *, region: RegionId, group_id: ContainerGroupId, token: Token) -> None:
        await self._call("DeleteContainerGroup", region, {"ContainerGroupId": group_id, "ClientToken": token})

    async def log(self, *, region: RegionId, group_id: ContainerGroupId, container: str, lines: int) -> str:
        given: dict[str, Json] = {"ContainerGroupId": group_id, "ContainerName": container, "Tail": lines}
        return text((await self._call("DescribeContainerLog", region, given)).get("Content"))

    async def printed(
        self, *, region: RegionId, group_id: ContainerGroupId, container: str, is_earlier: bool
    ) -> tuple[LogLine, ...]:
        """DescribeContainerLog, as much as it gives (facts §10.6); `is_earlier`: of the run before, with LastTime."""
        given: dict[str, Json] = {
            "ContainerGroupId": group_id,
            "ContainerName": container,
            "Tail": _MOST_LINES,
            "Timestamps": True,
        }
        asked = {**given, "LastTime": True} if is_earlier else given
        content = text((await self._call("DescribeContainerLog", region, asked)).get("Content"))
        lines = (line.partition(" ") for line in content.splitlines() if line.strip())
        return tuple(
            LogLine(moment, said, subject=container, status="earlier" if is_earlier else "", source="container")
            for moment, _, said in lines
        )

    async def events(self, *, region: RegionId, group_id: ContainerGroupId) -> tuple[LogLine, ...]:
        """What happened to the group: the last 50 events of DescribeContainerGroups (facts §10.6)."""
        rows = await self._rows(region, {"ContainerGroupIds": json_text([group_id]), "WithEvent": True})
        return tuple(
            LogLine(
                text(event.get("LastTimestamp")),
                text(event.get("Message")),
                status=text(event.get("Reason")),
                source="eci",
            )
            for row in rows
            for event in objects_in(row, "Events")
        )

    async def tag(self, *, region: RegionId, group_id: ContainerGroupId, tags: Mapping[str, str]) -> None:
        given: dict[str, Json] = {"ResourceType": _TYPE, "ResourceId": [group_id], "Tag": tag_pairs(tags)}
        await self._call("TagResources", region, given)

    async def untag(self, *, region: RegionId, group_id: ContainerGroupId, keys: Sequence[str]) -> None:
        given: dict[str, Json] = {"ResourceType": _TYPE, "ResourceId": [group_id], "TagKey": list(keys)}
        await self._call("UntagResources", region, given)

    async def _listed(self, region: RegionId, wanted: Mapping[str, Json]) -> list[ContainerGroup]:
        return [group_of(row) for row in await self._rows(region, wanted) if text(row.get("ContainerGroupId"))]

    async def _rows(self, region: RegionId, wanted: Mapping[str, Json]) -> list[dict[str, Json]]:
        """Groups as DescribeContainerGroups shows them, of all pages."""
        asked: dict[str, Json] = {"RegionId": region, **wanted}
        return await self._client.pages(
            Product.ECI, "DescribeContainerGroups", asked, "ContainerGroups", region=region, size=_PAGE
        )

    async def _call(self, action: str, region: RegionId, given: Mapping[str, Json]) -> dict[str, Json]:
        return await self._client.call(Product.ECI, action, {"RegionId": region, **given}, region=region)


class CloudOffers(Calls):
    """What the product has for one account."""

    async def regions(self) -> frozenset[RegionId]:
        answer = await self._client.call(Product.ECI, "DescribeRegions", {})
        return frozenset(RegionId(text(one.get("RegionId"))) for one in objects_in(answer, "Regions"))

    async def price(self, *, region: RegionId, cpu: float, memory: float) -> Price | None:
        asked: dict[str, Json] = {"RegionId": region, "Cpu": cpu, "Memory": memory}
        answer = await self._client.call(Product.ECI, "DescribeContainerGroupPrice", asked, region=region)
        priced = object_in(object_in(answer.get("PriceInfo")).get("Price"))
        amount, currency = number_in(priced.get("TradePrice")), text(priced.get("Currency"))
        return Price(amount, currency) if amount and currency else None

    async def usage(self, *, region: RegionId) -> Usage:
        answer = await self._client.call(Product.ECI, "ListUsage", {"RegionId": region}, region=region)
        told = object_in(answer.get("Attributes"))
        return Usage(number_in(told.get("UsedCpu")), number_in(told.get("MaxCpu")))


class CloudPullKeys:
    """The keys of one account's part of Compute Nest's registry. No other key is documented than the one that also
    pushes (facts §1.5)."""

    def __init__(self, client: Client) -> None:
        self._repositories = CloudRepositories(client)

    async def pull_key(self) -> PullKey:
        key = await self._repositories.temporary_key(kind=Kind.IMAGE)
        login = key.login
        given = RegistryLogin(
            server=key.resources[0].name,
            user_name=login.username if login is not None else "",
            password=login.password.reveal() if login is not None else "",
        )
        return PullKey(given, key.expires_ms)


def _request_of(part: UpdatePart, wanted: Inputs[Known], logins: Sequence[RegistryLogin]) -> dict[str, Json]:
    """One of the parts that both take, a create and an update (facts §10.3)."""
    match part:
        case "containers":
            return {"Container": [one.request() for one in wanted.containers]}
        case "init_containers":
            return {"InitContainer": [one.request(is_init=True) for one in wanted.init_containers]}
        case "volumes":
            return {"Volume": [one.request() for one in wanted.volumes]}
        case "dns_config":
            return {"DnsConfig": wanted.dns_config.request() if wanted.dns_config is not None else None}
        case "size":
            return {"Cpu": wanted.cpu, "Memory": wanted.memory}
        case "restart_policy":
            return {"RestartPolicy": wanted.restart_policy}
        case "registry_logins":
            return {"ImageRegistryCredential": [one.request() for one in logins]}
        case "acr_registry_info":
            return {"AcrRegistryInfo": [one.request() for one in wanted.acr_registry_info]}
