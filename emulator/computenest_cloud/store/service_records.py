"""The rows of what is built from artifacts: services, their reviews and sharing, uploaded objects, stacks, instances.

The same rules as in records.py: read freely, assign, never change in place.
"""

from collections.abc import Mapping
from typing import Any, Literal

from computenest_cloud.store.records import Record

ServiceStatus = Literal[
    "Creating",
    "CreateFailed",
    "Draft",
    "Updating",
    "UpdateFailed",
    "Submitted",
    "Approved",
    "Launching",
    "Beta",
    "Online",
    "Offline",
]
RegistrationStatus = Literal["Submitted", "Approved", "Rejected", "Canceled", "Executed"]
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


class Service(Record):
    service_id: str
    seq: int
    owner_uid: str
    resource_group_id: str = ""
    tags: Mapping[str, str] = {}
    last_number: int = 0
    default_version: str = ""
    listed_as: str = ""  # the marketplace product that it is bound to and sold as
    created_at: float
    deleted_at: float | None = None

    @property
    def key(self) -> str:
        return self.service_id


class ServiceVersion(Record):
    version_key: str
    seq: int
    service_id: str
    version: str  # "draft", "beta", then "1", "2", …
    fields: Mapping[str, Any] = {}  # what the supplier set, by the names of the API
    infos: tuple[Mapping[str, Any], ...] = ()
    status: ServiceStatus = "Creating"
    status_detail: str = ""
    registration_id: str = ""
    created_at: float
    modified_at: float
    published_at: float | None = None
    due_at: float | None = None
    planned_failure: str = ""  # decided by a fault rule when the phase began
    deleted_at: float | None = None

    @property
    def key(self) -> str:
        return self.version_key

    def text(self, name: str) -> str:
        return str(self.fields.get(name, ""))


class Registration(Record):
    """One submission to the reviewers."""

    registration_id: str
    seq: int
    service_id: str
    version_key: str
    status: RegistrationStatus = "Submitted"
    comment: str = ""
    submitted_at: float
    finished_at: float | None = None

    @property
    def key(self) -> str:
        return self.registration_id


class SharedAccount(Record):
    """An account on a service's whitelist, or a reseller."""

    service_id: str
    user_uid: str
    kind: Literal["SharedAccount", "Reseller"] = "SharedAccount"
    permission: str
    seq: int
    created_at: float
    updated_at: float

    @property
    def key(self) -> str:
        return f"{self.service_id}/{self.kind}/{self.user_uid}"


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
