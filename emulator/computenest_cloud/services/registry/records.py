"""The rows of the container registries."""

from collections.abc import Mapping
from typing import Literal

from computenest_cloud.store.records import Record
from computenest_cloud.store.tables import TableKind


class RegistryInstance(Record):
    """One registry: Compute Nest's two, and the enterprise edition instances of tenants."""

    instance_id: str
    seq: int
    region: str
    name: str
    owner_uid: str
    edition: str = "Enterprise_Basic"
    created_at: float
    port: int = 0  # where it answers on the loopback interface; kept, because references hold it
    is_internet: bool = False
    is_acl_enforced: bool = True
    acl: Mapping[str, str] = {}  # network in CIDR notation -> comment
    linked_vpcs: Mapping[str, str] = {}  # id -> id of its switch
    vpc_hosts: Mapping[str, str] = {}  # id -> host and port of the endpoint in it

    @property
    def key(self) -> str:
        return self.instance_id

    @property
    def bucket(self) -> str:
        return f"{self.instance_id}-registry"


class Namespace(Record):
    instance_id: str
    namespace_id: str
    name: str
    owner_uid: str
    creates_repositories: bool = True
    default_type: Literal["PUBLIC", "PRIVATE"] = "PRIVATE"

    @property
    def key(self) -> str:
        return f"{self.instance_id}/{self.name}"


class Repository(Record):
    repository_id: str
    seq: int
    instance_id: str
    namespace: str
    name: str
    repository_type: Literal["PUBLIC", "PRIVATE"] = "PRIVATE"
    summary: str = ""
    detail: str = ""
    has_fixed_tags: bool = False
    created_at: float
    modified_at: float

    @property
    def key(self) -> str:
        return f"{self.instance_id}/{self.namespace}/{self.name}"


class RegistryKey(Record):
    """A temporary user name and password, and what they may do."""

    username: str
    password: str
    instance_id: str
    namespace: str  # empty: every namespace of the account
    account: str
    actions: tuple[str, ...]
    repositories: tuple[str, ...] = ()  # "namespace/name"; empty: all of the namespace
    expires_at: float

    @property
    def key(self) -> str:
        return f"{self.instance_id}/{self.username}"


REGISTRIES = TableKind("registries", RegistryInstance)
NAMESPACES = TableKind("namespaces", Namespace, group=lambda namespace: namespace.instance_id)
REPOSITORIES = TableKind("repositories", Repository, group=lambda repository: repository.instance_id)
REGISTRY_KEYS = TableKind("registry_keys", RegistryKey)
