"""Service instances, and the stacks that they are, as their customer's account sees them. Source of each action: facts
§7 (ComputeNest 2021-06-01), ROS 2019-09-10 and ECS 2014-05-26.

Compute Nest's user API names an instance's stack, ROS names the stack's resources, ECS says which image each instance
really runs (facts §7). What comes back is read tolerantly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from computenest.cloud.calls import RegionalCalls
from computenest.cloud.client import MAX_PAGE, Client
from computenest.cloud.endpoints import Product
from computenest.cloud.failures import Entity, unless_absent
from computenest.cloud.tagging import Tagging
from computenest.cloud.wire import (
    json_text,
    object_in,
    objects_in,
    percent,
    tag_pairs,
    tags_in,
    text,
    texts_in,
    texts_named,
)
from computenest.kernel.logs import LogLine, in_order
from computenest.kernel.names import RegionId, Token
from computenest.kernel.unknown import Known
from computenest.kernel.values import Json
from computenest.resources.service_instance.classify import DELETED
from computenest.resources.service_instance.model import (
    Instance,
    InstanceId,
    InstanceResource,
    Summary,
    Wanted,
    given_to,
)
from computenest.templates.table import ROS_CARRIERS

_ECS_PAGE = 100  # facts §4
_EVENT_PAGE = 50  # ROS, ListStackEvents: at most 50 a page
_EVENT_PAGES = 4
_MAX_DEPTH = 5  # ROS nests stacks five deep at most
_UPGRADABLE = "UpgradableServiceVersions"
_NESTED = "ALIYUN::ROS::Stack"


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of ListStackResources: `own_id` within its stack, `logical_id` from the outermost one."""

    stack_id: str
    own_id: str
    logical_id: str
    resource_type: str
    physical_id: str
    status: str
    region: RegionId


class CloudInstances(RegionalCalls):
    """The service instances of one account."""

    product = Product.COMPUTE_NEST_USER

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._tags = Tagging(client, self.product, "serviceinstance")

    async def create(self, *, wanted: Wanted[Known], tags: Mapping[str, str], token: Token) -> InstanceId:
        """CreateServiceInstance. The deployment region is the parameter `RegionId`."""
        answer = await self._call(
            "CreateServiceInstance",
            {
                "Name": wanted.name,
                "ServiceId": wanted.service_id,
                "ServiceVersion": wanted.service_version,
                "TemplateName": wanted.template_name,
                "Parameters": json_text(given_to(wanted)),
                "Tag": tag_pairs(tags),
                "ResourceGroupId": wanted.resource_group_id,
                "ClientToken": token,
            },
        )
        return InstanceId(self._client.required(answer, "ServiceInstanceId", action="CreateServiceInstance"))

    async def is_offered(self, *, service_id: str, service_version: str | None) -> bool:
        """GetService: whether the account may see that service, in that version where one is named."""
        with unless_absent(Entity.SERVICE, Entity.SERVICE_VERSION):
            answer = await self._call("GetService", {"ServiceId": service_id, "ServiceVersion": service_version})
            return bool(text(answer.get("ServiceId")))
        return False

    async def find(self, *, tags: Mapping[str, str]) -> tuple[Summary, ...]:
        """ListServiceInstances: those that carry all of these tags, of every status but Deleted; oldest id first."""
        found = await self._listed({"Tag": tag_pairs(tags)})
        ours = (one for one in found if all(one.tags.get(key) == value for key, value in tags.items()))
        return tuple(sorted(ours, key=lambda one: one.instance_id))

    async def list_by_id(self, ids: Sequence[InstanceId]) -> Mapping[InstanceId, Summary]:
        """One ListServiceInstances call for at most 100 ids; those that are gone are missing from the answer."""
        wanted = sorted(set(ids))
        if len(wanted) > MAX_PAGE:
            raise ValueError(f"at most {MAX_PAGE} ids in one call, not {len(wanted)}")
        if not wanted:
            return {}
        given = {"Filter": [{"Name": "ServiceInstanceId", "Value": wanted}]}
        found = {one.instance_id: one for one in await self._listed(given)}
        return {instance_id: found[instance_id] for instance_id in wanted if instance_id in found}

    async def get(self, *, instance_id: InstanceId) -> Instance | None:
        """GetServiceInstance; None where it does not exist. One that was deleted may be shown with that status."""
        with unless_absent(Entity.SERVICE_INSTANCE):
            return _instance(await self._call("GetServiceInstance", {"ServiceInstanceId": instance_id}))
        return None

    async def upgrade(
        self, *, instance_id: InstanceId, service_version: str, parameters: Mapping[str, Json], token: Token
    ) -> None:
        """UpgradeServiceInstance: UpdateStack with the version's template."""
        given = {
            "ServiceInstanceId": instance_id,
            "ServiceVersion": service_version,
            "Parameters": json_text(parameters),
            "ClientToken": token,
        }
        await self._call("UpgradeServiceInstance", given)

    async def go_on(self, *, instance_id: InstanceId, parameters: Mapping[str, Json], token: Token) -> None:
        """ContinueDeployServiceInstance: of a deployment that failed."""
        given = {"ServiceInstanceId": instance_id, "Parameters": json_text(parameters), "ClientToken": token}
        await self._call("ContinueDeployServiceInstance", given)

    async def power(self, *, instance_id: InstanceId, is_on: bool, token: Token) -> None:
        """StartServiceInstance or StopServiceInstance."""
        action = "StartServiceInstance" if is_on else "StopServiceInstance"
        await self._call(action, {"ServiceInstanceId": instance_id, "ClientToken": token})

    async def rollback(self, *, instance_id: InstanceId, token: Token) -> None:
        """RollbackServiceInstance: to the version before; after a failed upgrade to the one that runs."""
        await self._call("RollbackServiceInstance", {"ServiceInstanceId": instance_id, "ClientToken": token})

    async def change(
        self, *, instance_id: InstanceId, operation: str, parameters: Mapping[str, Json], token: Token
    ) -> None:
        """UpdateServiceInstanceSpec: the supplier's operation that changes parameters."""
        given = {
            "ServiceInstanceId": instance_id,
            "OperationName": operation,
            "Parameters": json_text(parameters),
            "ClientToken": token,
        }
        await self._call("UpdateServiceInstanceSpec", given)

    async def logs(self, *, instance_id: InstanceId) -> tuple[LogLine, ...]:
        """ListServiceInstanceLogs, all pages: what Compute Nest and the deployment wrote down, the oldest first."""
        rows: list[dict[str, Json]] = []
        with unless_absent(Entity.SERVICE_INSTANCE):
            asked = {"ServiceInstanceId": instance_id}
            rows = await self._pages("ListServiceInstanceLogs", asked, "ServiceInstancesLogs")
        found = [
            LogLine(
                moment=text(row.get("Timestamp")),
                text=text(row.get("Content")),
                subject="" if (about := text(row.get("ResourceId"))) == instance_id else about,
                status=text(row.get("Status")),
                source=text(row.get("Source")),
            )
            for row in reversed(rows)
        ]
        return in_order(found)

    async def events(self, *, region: RegionId, stack_id: str) -> tuple[LogLine, ...]:
        """ListStackEvents, the newest 200 of a stack, the oldest first; () where it is gone."""
        with unless_absent(Entity.STACK):
            return in_order((await self._events(region, stack_id))[::-1])
        return ()

    async def _events(self, region: RegionId, stack_id: str) -> list[LogLine]:
        """The newest first."""
        found: list[LogLine] = []
        for page in range(1, _EVENT_PAGES + 1):
            given: dict[str, Json] = {"StackId": stack_id, "PageNumber": page, "PageSize": _EVENT_PAGE}
            rows = objects_in(await self._ros("ListStackEvents", region, given), "Events")
            found += [
                LogLine(
                    moment=text(row.get("CreateTime")),
                    text=text(row.get("StatusReason")),
                    subject=f"{text(row.get('LogicalResourceId'))} ({text(row.get('ResourceType'))})",
                    status=text(row.get("Status")),
                    source="ros",
                )
                for row in rows
            ]
            if len(rows) < _EVENT_PAGE:
                break
        return found

    async def delete(self, *, instance_id: InstanceId, token: Token) -> None:
        """DeleteServiceInstances, of one; asynchronous. Already gone is success, at work is a Conflict."""
        with unless_absent(Entity.SERVICE_INSTANCE):
            await self._call("DeleteServiceInstances", {"ServiceInstanceId": [instance_id], "ClientToken": token})

    async def tag(self, *, instance_id: InstanceId, tags: Mapping[str, str]) -> None:
        """TagResources."""
        await self._tags.tag(instance_id, tags)

    async def untag(self, *, instance_id: InstanceId, keys: Sequence[str]) -> None:
        """UnTagResources."""
        await self._tags.untag(instance_id, keys)

    async def parts(self, *, region: RegionId, stack_id: str) -> tuple[InstanceResource, ...] | None:
        """The resources of a stack and of those in it, each with the ECS image that it runs; None where the account
        sees no such stack (a managed service's lives in the supplier's)."""
        rows = None
        with unless_absent(Entity.STACK):
            rows = await self._rows(region, stack_id, prefix="", depth=0)
        if rows is None:
            return None
        images = await self._running(region, [one for row in rows for one in _instances_in(row.physical_id)])
        return tuple([await self._part(row, images) for row in sorted(rows, key=lambda row: row.logical_id)])

    async def _rows(self, region: RegionId, stack_id: str, *, prefix: str, depth: int) -> list[_Row]:
        """The resources of a stack and, under `Outer.Inner`, of the stacks in it."""
        answer = await self._ros("ListStackResources", region, {"StackId": stack_id})
        found: list[_Row] = []
        for row in objects_in(answer, "Resources"):
            name, kind = text(row.get("LogicalResourceId")), text(row.get("ResourceType"))
            physical_id = text(row.get("PhysicalResourceId"))
            if not name:
                continue
            found.append(
                _Row(
                    stack_id=stack_id,
                    own_id=name,
                    logical_id=prefix + name,
                    resource_type=kind,
                    physical_id=physical_id,
                    status=text(row.get("Status")),
                    region=region,
                )
            )
            if kind == _NESTED and physical_id and depth < _MAX_DEPTH:
                with unless_absent(Entity.STACK):  # a deployment that failed before it came to this one
                    found += await self._rows(region, physical_id, prefix=f"{prefix}{name}.", depth=depth + 1)
        return found

    async def _part(self, row: _Row, running: Mapping[str, str]) -> InstanceResource:
        images = sorted({running[one] for one in _instances_in(row.physical_id) if one in running})
        if not images and row.resource_type in ROS_CARRIERS:
            images = await self._declared(row)
        return InstanceResource(
            logical_id=row.logical_id,
            type=row.resource_type,
            physical_id=row.physical_id,
            status=row.status,
            region=row.region,
            image_id=", ".join(images) or None,
        )

    async def _running(self, region: RegionId, ids: Sequence[str]) -> dict[str, str]:
        """DescribeInstances: instance -> the image it runs."""
        found: dict[str, str] = {}
        for start in range(0, len(ids), _ECS_PAGE):
            page = list(ids[start : start + _ECS_PAGE])
            given = {"RegionId": region, "InstanceIds": json_text(page), "PageSize": _ECS_PAGE}
            answer = await self._client.call(Product.ECS, "DescribeInstances", given, region=region)
            for row in objects_in(answer.get("Instances"), "Instance"):
                found[text(row.get("InstanceId"))] = text(row.get("ImageId"))
        return {instance: image for instance, image in found.items() if instance and image}

    async def _declared(self, row: _Row) -> list[str]:
        """The image of what is no instance itself (a launch template, a scaling configuration), as ROS shows it."""
        given: dict[str, Json] = {
            "StackId": row.stack_id,
            "LogicalResourceId": row.own_id,
            "ShowResourceAttributes": True,
        }
        answer = await self._ros("GetStackResource", row.region, given)
        found = (
            text(entry.get("ResourceAttributeValue"))
            for entry in objects_in(answer, "ResourceAttributes")
            if text(entry.get("ResourceAttributeKey")) == "ImageId"
        )
        return sorted({image for value in found for image in value.split(",") if image})

    async def _ros(self, action: str, region: RegionId, parameters: Mapping[str, Json]) -> dict[str, Json]:
        return await self._client.call(Product.ROS, action, {"RegionId": region, **parameters}, region=region)

    async def _listed(self, parameters: Mapping[str, Json]) -> list[Summary]:
        rows = await self._pages("ListServiceInstances", parameters, "ServiceInstances")
        return [summary for row in rows if (summary := _summary(row)) is not None]


def _instances_in(physical_id: str) -> tuple[str, ...]:
    """ECS instances in a PhysicalResourceId: one, or several with commas or as a JSON list (unverified for groups)."""
    parts = physical_id.translate(str.maketrans('[]"', "   ")).split(",")
    return tuple(part.strip() for part in parts if part.strip().startswith("i-"))


def _summary(row: Mapping[str, Json]) -> Summary | None:
    """One row; None where it names no instance or says that it is deleted."""
    instance_id, status = text(row.get("ServiceInstanceId")), text(row.get("Status"))
    if not instance_id or status == DELETED:
        return None
    tags = MappingProxyType(tags_in(row.get("Tags")))
    return Summary(InstanceId(instance_id), text(row.get("Name")), status, tags)


def _instance(answer: Mapping[str, Json]) -> Instance | None:
    """What GetServiceInstance shows; None where it names no instance."""
    instance_id = text(answer.get("ServiceInstanceId"))
    if not instance_id:
        return None
    service = object_in(answer.get("Service"))
    stacks = objects_in(answer.get("Resources"))
    stack = next(
        ((text(s.get("StackId")), RegionId(text(s.get("RegionId")))) for s in stacks if s.get("StackId")), None
    )
    return Instance(
        instance_id=InstanceId(instance_id),
        **texts_named(answer, "name", "status", "status_detail", "template_name", "resource_group_id"),
        progress_percent=percent(answer.get("Progress")),
        service_id=text(service.get("ServiceId")),
        service_version=text(service.get("Version")),
        parameters=MappingProxyType(object_in(answer.get("Parameters"))),
        outputs=MappingProxyType(object_in(answer.get("Outputs"))),
        stack=stack,
        tags=MappingProxyType(tags_in(answer.get("Tags"))),
        modified=text(answer.get("UpdateTime")),
        upgradable=tuple(texts_in(service[_UPGRADABLE])) if service.get(_UPGRADABLE) is not None else None,
    )
