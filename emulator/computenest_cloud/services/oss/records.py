"""The rows of the object storage. Bytes of objects are in files: bodies.py."""

from collections.abc import Mapping

from computenest_cloud.store.records import Record
from computenest_cloud.store.tables import TableKind

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


BUCKETS = TableKind("buckets", Bucket)
OBJECTS = TableKind("objects", StoredObject)
MULTIPART_UPLOADS = TableKind("uploads", MultipartUpload)
PARTS = TableKind("parts", Part, group=lambda part: part.upload_id)
