"""The rows of ROS: stacks, and what they declare."""

from collections.abc import Mapping
from typing import Any, Literal

from computenest_cloud.store.records import Record
from computenest_cloud.store.tables import TableKind

SEALED = frozenset({"parameters", "next_parameters", "outputs", "status_reason", "events"})
"""Which parameters are secret only the template tells (NoEcho); it can put them into outputs, and what fails for one of
them quotes it."""


class Stack(Record):
    stack_id: str
    seq: int
    owner_uid: str
    region: str
    name: str
    template: str
    parameters: Mapping[str, Any] = {}
    is_rollback_disabled: bool = False
    status: str = "CREATE_IN_PROGRESS"
    status_reason: str = ""
    outputs: Mapping[str, Any] = {}
    parent_id: str = ""
    created_at: float
    updated_at: float | None = None
    due_at: float | None = None
    next_template: str = ""
    next_parameters: Mapping[str, Any] = {}
    planned_failure: str = ""
    planned_log: tuple[str, ...] = ()
    deleted_at: float | None = None
    timeout_minutes: int = 60
    deletion_protection: Literal["Enabled", "Disabled"] = "Disabled"
    tags: Mapping[str, str] = {}
    policy: Mapping[str, Any] | None = None
    notification_urls: tuple[str, ...] = ()
    ram_role: str = ""
    resource_group_id: str = ""
    template_url: str = ""
    events: tuple[Mapping[str, Any], ...] = ()  # oldest first

    @property
    def key(self) -> str:
        return self.stack_id


class StackResource(Record):
    stack_id: str
    logical_id: str
    resource_type: str
    physical_id: str
    region: str
    owner_uid: str
    members: tuple[str, ...] = ()  # the instances of a group, or the one instance
    image_id: str = ""  # what it was told to run
    is_stopped: bool = False
    stopped_members: tuple[str, ...] = ()  # of a group that runs
    generation: int = 1  # grows whenever its instances are made anew
    running_image_id: str = ""  # the image that was found for it (a fuzzy name stands for one)
    status: str = "CREATE_COMPLETE"
    created_at: float
    updated_at: float

    @property
    def key(self) -> str:
        return f"{self.stack_id}/{self.logical_id}"


STACKS = TableKind("stacks", Stack, sealed=SEALED)
RESOURCES = TableKind("resources", StackResource, group=lambda resource: resource.stack_id)
