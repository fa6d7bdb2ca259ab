"""Answers about service instances, as the SDK's models read them: several of their fields are JSON text."""

import json
from collections.abc import Mapping
from typing import Any

from computenest_cloud.clock import format_time
from computenest_cloud.services.nest_instances.operating import takes_upgrades_from
from computenest_cloud.services.nest_instances.records import ServiceInstance
from computenest_cloud.services.nest_services.seam import SERVICE_VERSIONS, SERVICES, tags, versions_of
from computenest_cloud.services.ros.seam import RESOURCES, STACKS, StackResource
from computenest_cloud.world import World

PROGRESS = {"Created": 0, "Deploying": 50, "Upgrading": 50, "UpgradeRollbacking": 50, "Deleting": 50}
PRODUCTS = {"ECS": "ecs", "VPC": "vpc", "ESS": "ess", "ROS": "ros"}


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _service(world: World, instance: ServiceInstance) -> dict[str, Any]:
    version = world.store[SERVICE_VERSIONS].get(instance.version_key)
    service = world.store[SERVICES].get(instance.service_id)
    body: dict[str, Any] = {"ServiceId": instance.service_id, "Version": instance.version}
    if version is None or service is None:
        return body
    body |= {
        "Version": version.version,
        "VersionName": version.text("VersionName"),
        "Status": "Deleted" if version.deleted_at is not None else version.status,
        "ServiceType": version.text("ServiceType"),
        "DeployType": version.text("DeployType"),
        "DeployMetadata": version.text("DeployMetadata"),
        "OperationMetadata": version.text("OperationMetadata"),
        "UpgradeMetadata": version.text("UpgradeMetadata"),
        "ServiceInfos": [dict(info) for info in version.infos],
    }
    newer = [
        other.version
        for other in reversed(versions_of(world, instance.service_id))
        if other.status == "Online" and other.seq > version.seq and takes_upgrades_from(world, other, version.version)
    ]
    body["UpgradableServiceVersions"] = newer
    return body


def listed(world: World, instance: ServiceInstance) -> dict[str, Any]:
    version = world.store[SERVICE_VERSIONS].get(instance.version_key)
    return {
        "ServiceInstanceId": instance.instance_id,
        "Name": instance.name,
        "Status": instance.status,
        "StatusDetail": instance.status_detail,
        "BizStatus": "Normal",
        "Progress": PROGRESS.get(instance.status, 100),
        "TemplateName": instance.template_name,
        "Parameters": _dump(instance.parameters),
        "Service": _service(world, instance),
        "ServiceType": version.text("ServiceType") if version is not None else "",
        "UserId": int(instance.owner_uid),
        "ResourceGroupId": instance.resource_group_id,
        "Tags": tags(instance),
        "CreateTime": format_time(instance.created_at),
        "UpdateTime": format_time(instance.updated_at),
    }


def got(world: World, instance: ServiceInstance) -> dict[str, Any]:
    """fact: inst-015: `Resources` names the stack."""
    stack = world.store[STACKS].get(instance.stack_id)
    return {
        **listed(world, instance),
        "SupplierUid": int(instance.supplier_uid),
        "Outputs": _dump({} if stack is None else stack.outputs),
        "Resources": _dump([] if stack is None else [{"StackId": stack.stack_id, "RegionId": stack.region}]),
    }


def _arn(entry: StackResource, physical_id: str) -> dict[str, Any]:
    parts = entry.resource_type.split("::")
    product = PRODUCTS.get(parts[1], parts[1].lower()) if len(parts) > 2 else "ros"
    kind = "instance" if entry.members else parts[-1].lower()
    return {
        "ResourceARN": f"acs:{product}:{entry.region}:{entry.owner_uid}:{kind}/{physical_id}",
        "ProductCode": product,
        "ProductType": product,
        "Status": ("Stopped" if entry.is_stopped else "Running") if entry.members else "Available",
        "PayType": "PostPaid",
        "CreateTime": format_time(entry.created_at),
    }


def resources(world: World, instance: ServiceInstance) -> list[dict[str, Any]]:
    """Instances one by one, of the stack and of those in it; fact: inst-016."""
    found: list[dict[str, Any]] = []
    waiting = [instance.stack_id]
    while waiting:
        for entry in world.store[RESOURCES].grouped(waiting.pop(0)):
            if entry.resource_type == "ALIYUN::ROS::Stack":
                waiting.append(entry.physical_id)
            found += [_arn(entry, physical_id) for physical_id in entry.members or (entry.physical_id,)]
    return found


def upgraded(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One upgrade or rollback. fact: inst-021"""
    body = {
        "UpgradeHistoryId": entry["id"],
        "Type": entry["type"],
        "Status": entry["status"],
        "FromVersion": entry["from"],
        "ToVersion": entry["to"],
        "StartTime": format_time(entry["began_at"]),
    }
    return body | ({"EndTime": format_time(entry["ended_at"])} if entry["ended_at"] is not None else {})


def logged(instance: ServiceInstance, entry: tuple[float, str, str]) -> dict[str, Any]:
    moment, status, content = entry
    return {
        "Timestamp": format_time(moment),
        "Status": status,
        "Content": content,
        "LogType": "ApplicationStream",
        "ResourceId": instance.instance_id,
        "ResourceType": "ALIYUN::ComputeNest::ServiceInstance",
        "Source": "computenest",
    }
