"""Rows of the object storage and of the container registries. Bytes of objects are in files: services/oss/bodies.py."""

from collections.abc import Mapping
from typing import Literal

from computenest_cloud.store.records import Record

Segment = tuple[str, int, int]  # a file, where in it the bytes begin, how many they are


class Bucket(Record):
    """One that an account made; those of Compute Nest and of registries are computed."""

    name: str
    region: str
    owner_uid: str
    created_at: float

    @property
    def key(self) -> str:
        return self.name


class StoredObject(Record):
    """An object of a bucket. Its bytes are those of the segments, one after the other."""

    bucket: str
    name: str
    owner_uid: str
    content_type: str
    uploaded_at: float
    size_bytes: int
    etag: str  # without quotes
    segments: tuple[Segment, ...]
    crc64: str = ""  # decimal; empty: not computed yet
    is_multipart: bool = False
    meta: Mapping[str, str] = {}  # x-oss-meta-*, and the standard headers that are given back

    @property
    def key(self) -> str:
        return f"{self.bucket}/{self.name}"


class Part(Record):
    """One part of an upload that is not complete yet."""

    upload_id: str
    number: int
    etag: str
    size_bytes: int
    segments: tuple[Segment, ...]
    crc64: str = ""
    uploaded_at: float

    @property
    def key(self) -> str:
        return f"{self.upload_id}/{self.number}"


class MultipartUpload(Record):
    upload_id: str
    bucket: str
    name: str
    owner_uid: str
    content_type: str
    started_at: float
    meta: Mapping[str, str] = {}

    @property
    def key(self) -> str:
        return self.upload_id


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
