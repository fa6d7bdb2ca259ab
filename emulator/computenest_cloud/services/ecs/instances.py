"""The instances that stacks made: described with their images, stopped and started, made an image of. fact: ecs-040"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from computenest_cloud.clock import format_time
from computenest_cloud.services.ecs import images
from computenest_cloud.services.ecs.errors import error
from computenest_cloud.services.ecs.parsing import NewImageRequest
from computenest_cloud.store.service_records import StackResource
from computenest_cloud.world import Answer, Call, Handler


def _is_stopped(entry: StackResource, instance_id: str) -> bool:
    return entry.is_stopped or instance_id in entry.stopped_members


def _view(entry: StackResource, instance_id: str) -> dict[str, Any]:
    return {
        "InstanceId": instance_id,
        "InstanceName": entry.logical_id,
        "ImageId": entry.running_image_id,
        "RegionId": entry.region,
        "ZoneId": f"{entry.region}-b",
        "Status": "Stopped" if _is_stopped(entry, instance_id) else "Running",
        "CreationTime": format_time(entry.created_at),
        "Tags": {"Tag": [{"TagKey": "acs:ros:stackId", "TagValue": entry.stack_id}]},
    }


def describe_instances(call: Call) -> Answer:
    region = call.params.required("RegionId")
    wanted = set(call.params.json_list("InstanceIds"))
    image_id = call.params.text("ImageId")
    number = call.params.number("PageNumber", default=1, low=1, high=10**6)
    size = call.params.number(
        "PageSize", default=call.params.number("MaxResults", default=10, low=1, high=100), low=1, high=100
    )
    found = [
        _view(entry, instance_id)
        for entry in call.world.store.resources
        if (entry.owner_uid, entry.region) == (call.account.uid, region) and image_id in {"", entry.running_image_id}
        for instance_id in entry.members
        if not wanted or instance_id in wanted
    ]
    shown = found[(number - 1) * size : number * size]
    body = {"TotalCount": len(found), "PageNumber": number, "PageSize": size}
    return Answer({**body, "Instances": {"Instance": shown}})


def _find(call: Call, instance_id: str, region: str = "") -> StackResource:
    """Of this account, anywhere unless a region is given."""
    for entry in call.world.store.resources:
        if instance_id in entry.members and entry.owner_uid == call.account.uid and region in {"", entry.region}:
            return entry
    raise error("InvalidInstanceId.NotFound", f"({instance_id!r})")


def image_request(call: Call, request: NewImageRequest) -> NewImageRequest:
    """CreateImage of an instance: its system disk, and the product code of what it runs. fact: ecs-021, ecs-045"""
    entry = _find(call, request.instance_id, request.region)
    running = entry.running_image_id
    image = call.world.store.images.get(running) or images.public_image(running, request.region)
    if image is None:
        return request
    return replace(request, size_gib=image.size_gib, product_code=image.product_code)


def stop_instance(call: Call) -> Answer:
    """At once. fact: ecs-040"""
    instance_id = call.params.required("InstanceId")
    entry = _find(call, instance_id)
    if _is_stopped(entry, instance_id):
        raise error("IncorrectInstanceStatus", f"({instance_id!r} is Stopped)")
    if call.params.flag("DryRun"):
        raise error("DryRunOperation")
    entry.stopped_members = (*entry.stopped_members, instance_id)
    return Answer({})


def start_instance(call: Call) -> Answer:
    instance_id = call.params.required("InstanceId")
    entry = _find(call, instance_id)
    if not _is_stopped(entry, instance_id):
        raise error("IncorrectInstanceStatus", f"({instance_id!r} is Running)")
    if call.params.flag("DryRun"):
        raise error("DryRunOperation")
    stopped = entry.members if entry.is_stopped else entry.stopped_members
    entry.is_stopped, entry.stopped_members = False, tuple(name for name in stopped if name != instance_id)
    return Answer({})


ACTIONS: Mapping[str, Handler] = {
    "DescribeInstances": describe_instances,
    "StartInstance": start_instance,
    "StopInstance": stop_instance,
}
