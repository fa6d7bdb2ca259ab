"""What happened to a stack, as ListStackEvents tells it. fact: ros-031"""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.services.ros.records import RESOURCES, Stack
from computenest_cloud.world import World

REMEMBERED_EVENTS = 1000


def note_stack(world: World, stack: Stack) -> None:
    """The stack's own status, now."""
    event = _event(
        world, stack.name, stack.stack_id, kind="ALIYUN::ROS::Stack", status=stack.status, reason=stack.status_reason
    )
    _note(stack, event)


def note_resources(world: World, stack: Stack) -> None:
    """Each resource as it is after a change."""
    for entry in world.store[RESOURCES].grouped(stack.stack_id):
        if entry.updated_at == world.now:
            _note(
                stack,
                _event(
                    world,
                    entry.logical_id,
                    ",".join(entry.members) or entry.physical_id,
                    kind=entry.resource_type,
                    status=entry.status,
                    reason="state changed",
                ),
            )


def note_failed(world: World, stack: Stack, logical_id: str, kind: str, status: str, reason: str) -> None:
    """The resource that made a change fail."""
    _note(stack, _event(world, logical_id, "", kind=kind, status=status, reason=reason))


def _event(
    world: World, logical_id: str, physical_id: str, *, kind: str, status: str, reason: str
) -> Mapping[str, Any]:
    return {
        "EventId": world.mint.hex_id("event"),
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": physical_id,
        "ResourceType": kind,
        "Status": status,
        "StatusReason": reason,
        "at": world.now,
    }


def _note(stack: Stack, event: Mapping[str, Any]) -> None:
    stack.events = (*stack.events, event)[-REMEMBERED_EVENTS:]
