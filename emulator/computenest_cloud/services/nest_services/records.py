"""The rows of services: their versions, their reviews, whom they are shared with."""

from collections.abc import Mapping
from typing import Any, Literal

from computenest_cloud.store.records import Record
from computenest_cloud.store.tables import TableKind

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
    reports: str = ""
    is_at_risk: bool = False
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


SERVICES = TableKind("services", Service)
SERVICE_VERSIONS = TableKind("service_versions", ServiceVersion, group=lambda version: version.service_id)
REGISTRATIONS = TableKind("registrations", Registration)
SHARED_ACCOUNTS = TableKind("shared_accounts", SharedAccount, group=lambda shared: shared.service_id)
