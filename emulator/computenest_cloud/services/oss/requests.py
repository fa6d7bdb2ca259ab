"""An HTTP request as the storage understands it: which bucket, which object, which of its actions."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from starlette.types import Receive

from computenest_cloud.errors import ServiceError
from computenest_cloud.networks import Place
from computenest_cloud.services.oss.bodies import Incoming
from computenest_cloud.services.oss.buckets import HOST, Signer
from computenest_cloud.services.oss.signing import SignedRequest

SMALL_BODY_BYTES = 4 << 20  # of documents: the longest lists 10,000 parts


@dataclass(frozen=True)
class ObjectRequest:
    method: str
    bucket: str
    name: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    place: Place
    receive: Receive
    signer: Signer | None = None

    @property
    def signed(self) -> SignedRequest:
        return SignedRequest(self.method, self.bucket, self.name, self.query, self.headers)

    def require_signer(self) -> Signer:
        if self.signer is None:
            raise ServiceError(403, "AccessDenied", "You have no right to access this object.")
        return self.signer

    async def chunks(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError
            more = message.get("more_body", False)
            if chunk := message.get("body", b""):
                yield chunk

    async def document(self) -> bytes:
        found = bytearray()
        async for chunk in self.chunks():
            found += chunk
            if len(found) > SMALL_BODY_BYTES:
                raise ServiceError(400, "EntityTooLarge", "The document is too large.")
        return bytes(found)

    async def into(self, incoming: Incoming) -> Incoming:
        """The whole body, or nothing."""
        try:
            async for chunk in self.chunks():
                incoming.write(chunk)
        except BaseException:
            incoming.abandon()
            raise
        return incoming


def address(path: str, host: str, bound_to: str) -> tuple[str, str]:
    """Bucket and object: by the address that is bound to one bucket, by the host's name, or by the path."""
    path = path.removeprefix("/")
    if bound_to:
        return bound_to, path
    found = HOST.match(host.partition(":")[0])
    if found is not None:
        return found["bucket"], path
    bucket, _, name = path.partition("/")
    return bucket, name


_OF_OBJECTS = {
    ("PUT", "partNumber"): "UploadPart",
    ("POST", "uploads"): "InitiateMultipartUpload",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", "uploadId"): "ListParts",
    ("GET", "objectMeta"): "GetObjectMeta",
    ("HEAD", "objectMeta"): "GetObjectMeta",
}
_PLAIN = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
_WHOLE_BUCKETS = {"PUT": "PutBucket", "DELETE": "DeleteBucket"}
_OF_BUCKETS = {
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "bucketInfo"): "GetBucketInfo",
    ("GET", "location"): "GetBucketLocation",
    ("POST", "delete"): "DeleteMultipleObjects",
}


def action_of(request: ObjectRequest) -> str:
    """The name in the storage's documentation; empty: not emulated."""
    if not request.bucket:
        return "ListBuckets" if request.method == "GET" else ""
    table = _OF_OBJECTS if request.name else _OF_BUCKETS
    for (method, key), action in table.items():
        if method == request.method and key in request.query:
            copies = action == "UploadPart" and "x-oss-copy-source" in request.headers
            return "UploadPartCopy" if copies else action
    if request.name:
        action = _PLAIN.get(request.method, "")
        return "CopyObject" if action == "PutObject" and "x-oss-copy-source" in request.headers else action
    if not request.query and request.method in _WHOLE_BUCKETS:
        return _WHOLE_BUCKETS[request.method]
    if request.method == "GET":
        return "ListObjectsV2" if request.query.get("list-type") == "2" else "ListObjects"
    return ""


@dataclass(frozen=True)
class ObjectReply:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/xml"
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: "Stream | None" = None


@dataclass(frozen=True)
class Stream:
    segments: tuple[tuple[str, int, int], ...]
    size_bytes: int
