"""The instances that stacks made: described with their images, stopped and started, made an image of. fact: ecs-040"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from computenest_cloud.clock import format_time
from computenest_cloud.services.ecs import images
from computenest_cloud.services.ecs.errors import error
from computenest_cloud.services.ecs.parsing import NewImageRequest
from computenest_cloud.services.ecs.records import IMAGES
from computenest_cloud.world import Answer, Call, Handler


class Machine(Protocol):
    """A declared instance, or a group of them: whoever makes machines has such rows."""

    stack_id: str
    logical_id: str
    region: str
    owner_uid: str
    members: tuple[str, ...]
    is_stopped: bool
    stopped_members: tuple[str, ...]
    running_image_id: str
    created_at: float


def _is_stopped(entry: Machine, instance_id: str) -> bool:
    return entry.is_stopped or instance_id in entry.stopped_members


def _view(entry: Machine, instance_id: str) -> dict[str, Any]:
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


class Machines:
    """`on_asked` names who knows the machines that there are."""

    def __init__(self) -> None:
        self._all: Callable[[], Iterable[Machine]] = tuple

    def on_asked(self, machines: Callable[[], Iterable[Machine]]) -> None:
        self._all = machines

    def actions(self) -> Mapping[str, Handler]:
        return {
            "DescribeInstances": self.describe_instances,
            "StartInstance": self.start_instance,
            "StopInstance": self.stop_instance,
        }

    def describe_instances(self, call: Call) -> Answer:
        region = call.params.required("RegionId")
        wanted = set(call.params.json_list("InstanceIds"))
        image_id = call.params.text("ImageId")
        number = call.params.number("PageNumber", default=1, low=1, high=10**6)
        size = call.params.number(
            "PageSize", default=call.params.number("MaxResults", default=10, low=1, high=100), low=1, high=100
        )
        found = [
            _view(entry, instance_id)
            for entry in self._all()
            if (entry.owner_uid, entry.region) == (call.account.uid, region)
            and image_id in {"", entry.running_image_id}
            for instance_id in entry.members
            if not wanted or instance_id in wanted
        ]
        shown = found[(number - 1) * size : number * size]
        body = {"TotalCount": len(found), "PageNumber": number, "PageSize": size}
        return Answer({**body, "Instances": {"Instance": shown}})

    def _find(self, call: Call, instance_id: str, region: str = "") -> Machine:
        """Of this account, anywhere unless a region is given."""
        for entry in self._all():
            if instance_id in entry.members and entry.owner_uid == call.account.uid and region in {"", entry.region}:
                return entry
        raise error("InvalidInstanceId.NotFound", f"({instance_id!r})")

    def image_request(self, call: Call, request: NewImageRequest) -> NewImageRequest:
        """CreateImage of an instance: its system disk, and the product code of what it runs. fact: ecs-021, ecs-045"""
        entry = self._find(call, request.instance_id, request.region)
        running = entry.running_image_id
        image = call.world.store[IMAGES].get(running) or images.public_image(call.world, running, request.region)
        if image is None:
            return request
        return replace(request, size_gib=image.size_gib, product_code=image.product_code)

    def stop_instance(self, call: Call) -> Answer:
        """At once. fact: ecs-040"""
        instance_id = call.params.required("InstanceId")
        entry = self._find(call, instance_id)
        if _is_stopped(entry, instance_id):
            raise error("IncorrectInstanceStatus", f"({instance_id!r} is Stopped)")
        if call.params.flag("DryRun"):
            raise error("DryRunOperation")
        entry.stopped_members = (*entry.stopped_members, instance_id)
        return Answer({})

    def start_instance(self, call: Call) -> Answer:
        instance_id = call.params.required("InstanceId")
        entry = self._find(call, instance_id)
        if not _is_stopped(entry, instance_id):
            raise error("IncorrectInstanceStatus", f"({instance_id!r} is Running)")
        if call.params.flag("DryRun"):
            raise error("DryRunOperation")
        stopped = entry.members if entry.is_stopped else entry.stopped_members
        entry.is_stopped, entry.stopped_members = False, tuple(name for name in stopped if name != instance_id)
        return Answer({})
