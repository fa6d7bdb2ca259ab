"""The rows of the store: what exists in the cloud, one model a kind.

Fields are read freely and *assigned*, never changed in place (mappings and tuples are typed read-only): an assignment
marks the record for the next commit, which is how nothing is forgotten by a restart.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, PrivateAttr

ImageStatus = Literal["Waiting", "Creating", "Available", "UnAvailable", "CreateFailed", "Deprecated"]
ImageRole = Literal["own", "base", "copy", "build"]
Encryption = Literal["none", "service", "cmk"]
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


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid")
    _touched: Callable[[str], None] | None = PrivateAttr(default=None)

    @property
    def key(self) -> str:
        raise NotImplementedError  # each record says which of its fields is its key

    def watch(self, touched: Callable[[str], None]) -> None:
        self._touched = touched

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name[0] != "_" and self._touched is not None:
            self._touched(self.key)


class Counter(Record):
    name: str
    value: int

    @property
    def key(self) -> str:
        return self.name


class Setting(Record):
    """One JSON value: the clock, the seed, switches, fault rules."""

    name: str
    value: Any

    @property
    def key(self) -> str:
        return self.name


class Account(Record):
    name: str
    uid: str
    access_key_id: str
    access_key_secret: str

    @property
    def key(self) -> str:
        return self.name


class Session(Record):
    """Temporary credentials."""

    access_key_id: str
    access_key_secret: str
    security_token: str
    account: str
    expires_at: float
    object_key: str = ""  # good for this object of the object storage only

    @property
    def key(self) -> str:
        return self.access_key_id


class Image(Record):
    image_id: str
    seq: int
    region: str
    owner_uid: str
    name: str
    size_gib: int
    created_at: float
    status: ImageStatus = "Available"
    description: str = ""
    family: str = ""
    encryption: Encryption = "none"
    is_catalogue: bool = False  # present from the beginning: not counted by the ledger
    is_public: bool = False
    is_in_use: bool = False
    tags: Mapping[str, str] = {}
    resource_group_id: str = ""
    snapshot_id: str = ""
    product_code: str = ""  # of the marketplace product that it is, or was made from
    source_image_id: str = ""
    source_region: str = ""
    started_at: float | None = None
    due_at: float | None = None
    failure: str = ""  # "code: message" that its copying will end, or has ended, with
    role: ImageRole = "own"
    version_key: str = ""  # the artifact version that it was made for
    visible_at: float = 0.0

    @property
    def key(self) -> str:
        return self.image_id

    @property
    def is_copying(self) -> bool:
        return self.status in {"Waiting", "Creating"} and self.source_image_id != ""


class Share(Record):
    image_id: str
    account_uid: str
    shared_at: float
    made_by: Literal["owner", "delivery", "launch", "whitelist"] = "owner"

    @property
    def key(self) -> str:
        return f"{self.image_id}/{self.account_uid}"


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


class Token(Record):
    """The first answer that a ClientToken got."""

    account: str
    action: str
    token: str
    fingerprint: str
    answer: Mapping[str, Any]
    object_id: str
    answered_at: float

    @property
    def key(self) -> str:
        return f"{self.account}/{self.action}/{self.token}"
