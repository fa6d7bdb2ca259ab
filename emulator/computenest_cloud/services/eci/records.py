"""The rows of ECI: container groups, each with its containers as they are now."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from computenest_cloud.store.records import Record
from computenest_cloud.store.tables import TableKind

GroupStatus = Literal[
    "Scheduling",
    "ScheduleFailed",
    "Pending",
    "Running",
    "Succeeded",
    "Failed",
    "Restarting",
    "Updating",
    "Terminating",
]
Phase = Literal["waiting", "pulling", "starting", "running", "back_off", "ended"]
State = Mapping[str, Any]  # Waiting, Running or Terminated, by the names of the API


class Container(BaseModel):
    """One container now. `due_at`: when its phase ends by itself. `declared`: what the request says of it.

    `lines`: what this run logs, and how long after its start. `earlier`: the run before, None where there was none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    declared: Mapping[str, Any]
    is_init: bool = False
    phase: Phase = "waiting"
    reason: str = ""
    message: str = ""
    due_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    exit_code: int | None = None
    signal: int | None = None
    restarts: int = 0
    failed_pulls: int = 0
    digest: str = ""
    present: str = ""  # the image that is on the machine
    image_command: tuple[str, ...] = ()
    image_environment: tuple[str, ...] = ()
    image_working_dir: str = ""
    layers: tuple[str, ...] = ()  # digests of those that were kept, where containers really run
    lines: tuple[tuple[float, str], ...] = ()
    script_exit_code: int = 0
    script_reason: str = ""
    earlier: State | None = None
    earlier_log: tuple[tuple[float, str], ...] = ()
    has_started: bool = False

    @property
    def name(self) -> str:
        return str(self.declared.get("Name", ""))


class ContainerGroup(Record):
    """`declared`: what the request says of the group, by the names of the API, without containers and logins."""

    group_id: str
    seq: int
    owner_uid: str
    region: str
    name: str
    declared: Mapping[str, Any]
    cpu: float
    memory_gib: float
    restart_policy: Literal["Always", "OnFailure", "Never"] = "Always"
    tags: Mapping[str, str] = {}
    resource_group_id: str = ""
    logins: tuple[Mapping[str, str], ...] = ()  # sealed: they come back in no answer
    registries: tuple[Mapping[str, Any], ...] = ()  # AcrRegistryInfo
    containers: tuple[Container, ...] = ()
    status: GroupStatus = "Scheduling"
    events: tuple[Mapping[str, Any], ...] = ()  # oldest first
    created_at: float
    changed_at: float
    due_at: float | None = None  # when the group's own status ends by itself
    started_at: float | None = None
    ended_at: float | None = None
    deleted_at: float | None = None

    @property
    def key(self) -> str:
        return self.group_id


GROUPS = TableKind("container_groups", ContainerGroup, sealed=frozenset({"logins"}))
