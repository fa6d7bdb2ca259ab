"""The rows of service instances."""

from collections.abc import Mapping
from typing import Any, Literal

from computenest_cloud.store.records import Record
from computenest_cloud.store.tables import TableKind

SEALED = frozenset({"parameters", "next_parameters", "status_detail", "upgrade_detail", "history", "logs"})
"""Which parameters are secret only the template tells (NoEcho); what fails for one of them quotes it."""
InstanceStatus = Literal[
    "Created",
    "Deploying",
    "DeployedFailed",
    "Deployed",
    "Upgrading",
    "UpgradeFailed",
    "UpgradeRollbacking",
    "UpgradeRollbackFailed",
    "Stopped",
    "StopFailed",
    "StartFailed",
    "Deleting",
    "Deleted",
]


class ServiceInstance(Record):
    instance_id: str
    seq: int
    owner_uid: str
    supplier_uid: str
    service_id: str
    version_key: str
    version: str
    name: str
    template_name: str
    parameters: Mapping[str, Any]
    region: str
    tags: Mapping[str, str] = {}
    resource_group_id: str = ""
    stack_id: str = ""
    status: InstanceStatus = "Created"
    status_detail: str = ""
    next_version_key: str = ""  # what an upgrade moves to
    next_parameters: Mapping[str, Any] = {}
    upgrade_detail: str = ""
    history: tuple[Mapping[str, Any], ...] = ()  # its upgrades and rollbacks, oldest first
    logs: tuple[tuple[float, str, str], ...] = ()  # when, status, content
    created_at: float
    updated_at: float
    due_at: float | None = None
    deleted_at: float | None = None

    @property
    def key(self) -> str:
        return self.instance_id


INSTANCES = TableKind("instances", ServiceInstance, sealed=SEALED)
