"""The rows of artifacts: what they are, their versions, who uses them, which copies go later."""

from collections.abc import Mapping
from typing import Any, Literal

from computenest_cloud.store.records import Record
from computenest_cloud.store.tables import TableKind

VersionStatus = Literal[
    "Building",
    "Created",
    "CreateFailed",
    "Scanning",
    "ScanFailed",
    "Delivering",
    "DeliverFailed",
    "Available",
    "Deleted",
]


class Artifact(Record):
    artifact_id: str
    seq: int
    owner_uid: str
    name: str
    artifact_type: str
    build_type: str = ""
    permission_type: str = "Automatic"
    resource_group_id: str = ""
    tags: Mapping[str, str] = {}
    last_number: int = 0
    created_at: float
    deleted_at: float | None = None
    visible_at: float = 0.0
    stale_view: Mapping[str, Any] = {}  # what lists go on showing until `stale_until` (fault list_lag)
    stale_until: float = 0.0

    @property
    def key(self) -> str:
        return self.artifact_id


class ArtifactVersion(Record):
    version_key: str
    seq: int
    artifact_id: str
    version: str  # "draft", then "1", "2", …
    version_name: str
    description: str = ""
    artifact_property: Mapping[str, Any] = {}
    build_property: Mapping[str, Any] = {}
    regions: tuple[str, ...] = ()
    status: VersionStatus = "Created"
    status_detail: str = ""
    created_at: float
    modified_at: float
    phase_at: float = 0.0
    due_at: float | None = None
    planned_failure: str = ""  # decided by a fault rule when the phase began
    audit: str = ""
    source_key: str = ""  # the source that `delivery` and `base_image_id` were made from
    build_key: str = ""  # the definition that `build_image_id` was built from
    build_image_id: str = ""
    base_image_id: str = ""
    delivery: Mapping[str, str] = {}
    pending: Mapping[str, str] = {}
    failures: Mapping[str, str] = {}
    logs: tuple[tuple[float, str], ...] = ()
    deleted_at: float | None = None
    visible_at: float = 0.0

    @property
    def key(self) -> str:
        return self.version_key


class Association(Record):
    """A service's template uses this version (made through the control plane until services are emulated)."""

    artifact_id: str
    version: str
    service_id: str

    @property
    def key(self) -> str:
        return f"{self.artifact_id}/{self.version}/{self.service_id}"


class Removal(Record):
    """A copy of the hub account that is to be deleted later."""

    image_id: str
    due_at: float

    @property
    def key(self) -> str:
        return self.image_id


ARTIFACTS = TableKind("artifacts", Artifact)
VERSIONS = TableKind("versions", ArtifactVersion, group=lambda version: version.artifact_id)
ASSOCIATIONS = TableKind("associations", Association)
REMOVALS = TableKind("removals", Removal)
