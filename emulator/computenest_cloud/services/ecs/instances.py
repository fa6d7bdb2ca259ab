"""DescribeInstances: the instances that stacks made, each with its image. fact: ecs-040"""

from typing import Any

from computenest_cloud.clock import format_time
from computenest_cloud.store.service_records import StackResource
from computenest_cloud.world import Answer, Call


def _view(entry: StackResource, instance_id: str) -> dict[str, Any]:
    return {
        "InstanceId": instance_id,
        "InstanceName": entry.logical_id,
        "ImageId": entry.running_image_id,
        "RegionId": entry.region,
        "ZoneId": f"{entry.region}-b",
        "Status": "Stopped" if entry.is_stopped else "Running",
        "CreationTime": format_time(entry.created_at),
        "Tags": {"Tag": [{"TagKey": "acs:ros:stackId", "TagValue": entry.stack_id}]},
    }


def describe_instances(call: Call) -> Answer:
    region = call.params.required("RegionId")
    wanted = set(call.params.json_value("InstanceIds") or ())
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
