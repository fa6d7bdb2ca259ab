"""What the storage does: one method an action, named as in its documentation. fact: oss-001, oss-009 to oss-011"""

import base64
import re
from collections.abc import Callable, Coroutine, Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote

from computenest_cloud.clock import format_time
from computenest_cloud.errors import ServiceError
from computenest_cloud.services.oss.bodies import Incoming, cut
from computenest_cloud.services.oss.buckets import Buckets
from computenest_cloud.services.oss.listing import Listing
from computenest_cloud.services.oss.multipart import Multipart
from computenest_cloud.services.oss.objects import Objects
from computenest_cloud.services.oss.records import MULTIPART_UPLOADS, MultipartUpload, StoredObject
from computenest_cloud.services.oss.requests import ObjectReply, ObjectRequest, Stream
from computenest_cloud.wire import xml
from computenest_cloud.wire.values import whole_number
from computenest_cloud.world import World

Action = Callable[[ObjectRequest], Coroutine[Any, Any, ObjectReply]]
KEPT_HEADERS = frozenset({"cache-control", "content-disposition", "content-encoding", "content-language", "expires"})
RANGE = re.compile(r"^bytes=([0-9]{0,18})-([0-9]{0,18})$")
DEFAULT_TYPE = "application/octet-stream"


def _denied() -> ServiceError:
    return ServiceError(403, "AccessDenied", "You have no right to access this object because of bucket acl.")


def _meta(request: ObjectRequest) -> dict[str, str]:
    return {k: v for k, v in request.headers.items() if k.startswith("x-oss-meta-") or k in KEPT_HEADERS}


def _check_digest(request: ObjectRequest, incoming: Incoming) -> None:
    wanted = request.headers.get("content-md5")
    if wanted and base64.b64encode(incoming.md5).decode() != wanted:
        incoming.abandon()
        raise ServiceError(400, "InvalidDigest", "The Content-MD5 you specified did not match what was received.")


def _span(text: str, size_bytes: int) -> tuple[int, int] | None:
    """Start and end (exclusive); None: the whole, which is what a range that cannot be satisfied gets."""
    found = RANGE.match(text)
    if found is None or found[0] == "bytes=-":
        return None
    if not found[1]:
        return max(0, size_bytes - int(found[2])), size_bytes
    start, end = int(found[1]), min(size_bytes, int(found[2]) + 1 if found[2] else size_bytes)
    return (start, end) if start < end else None


def _number(request: ObjectRequest, key: str, default: int) -> int:
    number = whole_number(request.query.get(key) or str(default))
    if number is None:
        raise ServiceError(400, "InvalidArgument", f"{key} is a whole number.")
    return number


class Actions:
    def __init__(self, world: World, objects: Objects, buckets: Buckets) -> None:
        self._world = world
        self._objects = objects
        self._buckets = buckets
        self._multipart = Multipart(world, objects)
        listing = Listing(world, objects, buckets, self._multipart)
        self.table: Mapping[str, Action] = {
            **listing.table,
            "PutObject": self.put_object,
            "CopyObject": self.copy_object,
            "GetObject": self.get_object,
            "HeadObject": self.get_object,
            "GetObjectMeta": self.get_object_meta,
            "DeleteObject": self.delete_object,
            "DeleteMultipleObjects": self.delete_objects,
            "InitiateMultipartUpload": self.initiate,
            "UploadPart": self.upload_part,
            "UploadPartCopy": self.upload_part_copy,
            "CompleteMultipartUpload": self.complete,
            "AbortMultipartUpload": self.abort,
            "ListParts": self.list_parts,
        }

    # --- who may

    def _check_write(self, request: ObjectRequest) -> str:
        """The account's number: whose object it will be."""
        signer = request.require_signer()
        found = self._objects.find(request.bucket, request.name)
        is_foreign = found is not None and found.owner_uid != signer.account.uid
        if is_foreign or not self._buckets.may_name(signer, request.bucket, request.name):
            raise _denied()
        return signer.account.uid

    def _readable(self, request: ObjectRequest, bucket: str, name: str) -> StoredObject:
        found = self._objects.find(bucket, name)
        if found is None:
            may_know = request.signer is not None and self._buckets.may_name(request.signer, bucket, name)
            raise self._objects_missing() if may_know or request.signer is None else _denied()
        if not self._buckets.may_read(request.signer, found):
            raise _denied()
        return found

    @staticmethod
    def _objects_missing() -> ServiceError:
        return ServiceError(404, "NoSuchKey", "The specified key does not exist.")

    def _source(self, request: ObjectRequest) -> StoredObject:
        bucket, _, name = unquote(request.headers["x-oss-copy-source"]).removeprefix("/").partition("/")
        return self._readable(request, bucket, name.partition("?")[0])

    def _upload(self, request: ObjectRequest) -> MultipartUpload:
        self._check_write(request)
        return self._multipart.find(request.bucket, request.name, request.query.get("uploadId", ""))

    # --- whole objects

    async def put_object(self, request: ObjectRequest) -> ObjectReply:
        if not request.name:
            raise ServiceError(400, "InvalidObjectName", "An object's name is expected.")
        owner_uid = self._check_write(request)
        if request.headers.get("x-oss-forbid-overwrite") == "true":
            self._refuse_overwriting(request)
        # Only clients outside check it; the registry's own writes need not pay for it.
        incoming = self._objects.bodies.receive(computes_crc=not request.bucket.endswith("-registry"))
        await request.into(incoming)
        _check_digest(request, incoming)
        segments = incoming.finish()
        self._objects.bodies.keep(segments)
        self._objects.put(
            StoredObject(
                bucket=request.bucket,
                name=request.name,
                owner_uid=owner_uid,
                content_type=request.headers.get("content-type", DEFAULT_TYPE),
                uploaded_at=self._world.now,
                size_bytes=incoming.size_bytes,
                etag=incoming.etag,
                segments=segments,
                crc64=incoming.crc64,
                meta=_meta(request),
            )
        )
        checksum = {"x-oss-hash-crc64ecma": incoming.crc64} if incoming.crc64 else {}
        digest = base64.b64encode(incoming.md5).decode()
        return ObjectReply(headers={"ETag": f'"{incoming.etag}"', "Content-MD5": digest, **checksum})

    def _refuse_overwriting(self, request: ObjectRequest) -> None:
        if self._objects.find(request.bucket, request.name) is not None:
            raise ServiceError(409, "FileAlreadyExists", "The object exists already and may not be overwritten.")

    async def copy_object(self, request: ObjectRequest) -> ObjectReply:
        owner_uid = self._check_write(request)
        source = self._source(request)
        more: dict[str, Any] = {}
        if request.headers.get("x-oss-metadata-directive", "COPY").upper() == "REPLACE":
            more |= {"meta": _meta(request), "content_type": request.headers.get("content-type", DEFAULT_TYPE)}
        made = self._objects.copy(source, request.bucket, request.name, owner_uid, **more)
        body = {"LastModified": xml.moment(format_time(made.uploaded_at)), "ETag": f'"{made.etag}"'}
        return ObjectReply(body=xml.document("CopyObjectResult", body))

    def _head(self, found: StoredObject) -> dict[str, str]:
        return {
            "ETag": f'"{found.etag}"',
            "Last-Modified": formatdate(found.uploaded_at, usegmt=True),
            "Accept-Ranges": "bytes",
            "x-oss-object-type": "Multipart" if found.is_multipart else "Normal",
            "x-oss-storage-class": "Standard",
            "x-oss-hash-crc64ecma": self._objects.checksum(found),
            **({} if found.is_multipart else {"Content-MD5": base64.b64encode(bytes.fromhex(found.etag)).decode()}),
            **found.meta,
        }

    async def get_object(self, request: ObjectRequest) -> ObjectReply:
        found = self._readable(request, request.bucket, request.name)
        head = self._head(found)
        content_type = request.query.get("response-content-type", found.content_type)
        if request.headers.get("if-none-match", "").strip('"') == found.etag:
            return ObjectReply(304, headers=head, content_type=content_type)
        for key in KEPT_HEADERS:
            if (text := request.query.get(f"response-{key}")) is not None:
                head[key] = text
        span = _span(request.headers.get("range", ""), found.size_bytes)
        start, end = span or (0, found.size_bytes)
        if span is not None:
            head["Content-Range"] = f"bytes {start}-{end - 1}/{found.size_bytes}"
        segments = () if request.method == "HEAD" else cut(found.segments, start, end)
        return ObjectReply(200 if span is None else 206, b"", content_type, head, Stream(segments, end - start))

    async def get_object_meta(self, request: ObjectRequest) -> ObjectReply:
        found = self._readable(request, request.bucket, request.name)
        head = {key: value for key, value in self._head(found).items() if key in {"ETag", "Last-Modified"}}
        return ObjectReply(200, b"", found.content_type, head, Stream((), found.size_bytes))

    async def delete_object(self, request: ObjectRequest) -> ObjectReply:
        """Of one that is not there, too."""
        self._check_write(request)
        self._objects.remove(request.bucket, request.name)
        return ObjectReply(204)

    async def delete_objects(self, request: ObjectRequest) -> ObjectReply:
        signer = request.require_signer()
        names = xml.deleted_names(await request.document())
        for name in names:
            if not self._buckets.may_name(signer, request.bucket, name):
                raise _denied()
        for name in names:
            self._objects.remove(request.bucket, name)
        return ObjectReply(body=xml.document("DeleteResult", {"Deleted": [{"Key": name} for name in names]}))

    # --- in parts

    async def initiate(self, request: ObjectRequest) -> ObjectReply:
        owner_uid = self._check_write(request)
        kind = request.headers.get("content-type", DEFAULT_TYPE)
        upload = self._multipart.begin(owner_uid, request.bucket, request.name, kind, _meta(request))
        body = {"Bucket": request.bucket, "Key": request.name, "UploadId": upload.upload_id}
        return ObjectReply(body=xml.document("InitiateMultipartUploadResult", body))

    async def upload_part(self, request: ObjectRequest) -> ObjectReply:
        upload = self._upload(request)
        number = self._multipart.number(request.query["partNumber"])
        incoming = self._objects.bodies.receive(computes_crc=not request.bucket.endswith("-registry"))
        await request.into(incoming)
        _check_digest(request, incoming)
        if upload.upload_id not in self._world.store[MULTIPART_UPLOADS]:  # it was ended while this part was under way
            incoming.abandon()
            raise ServiceError(404, "NoSuchUpload", "The specified upload does not exist.")
        part = self._multipart.add(upload, number, incoming)
        checksum = {"x-oss-hash-crc64ecma": part.crc64} if part.crc64 else {}
        return ObjectReply(headers={"ETag": f'"{part.etag}"', **checksum})

    async def upload_part_copy(self, request: ObjectRequest) -> ObjectReply:
        upload, source = self._upload(request), self._source(request)
        span = _span(request.headers.get("x-oss-copy-source-range", ""), source.size_bytes)
        start, end = span or (0, source.size_bytes)
        number = self._multipart.number(request.query["partNumber"])
        part = self._multipart.add_copy(upload, number, source, start, end)
        body = {"LastModified": xml.moment(format_time(part.uploaded_at)), "ETag": f'"{part.etag}"'}
        return ObjectReply(body=xml.document("CopyPartResult", body))

    async def complete(self, request: ObjectRequest) -> ObjectReply:
        upload = self._upload(request)
        if request.headers.get("x-oss-forbid-overwrite") == "true":
            self._refuse_overwriting(request)
        body = await request.document()
        if request.headers.get("x-oss-complete-all", "").lower() == "yes":
            wanted = [(part.number, part.etag) for part in self._multipart.parts(upload)]
        else:
            wanted = xml.completed_parts(body)
        made = self._multipart.complete(upload, wanted)
        answer = {"Bucket": made.bucket, "Key": made.name, "ETag": f'"{made.etag}"'}
        is_registry = made.bucket.endswith("-registry")
        checksum = {} if is_registry else {"x-oss-hash-crc64ecma": self._objects.checksum(made)}
        return ObjectReply(body=xml.document("CompleteMultipartUploadResult", answer), headers=checksum)

    async def abort(self, request: ObjectRequest) -> ObjectReply:
        self._multipart.abort(self._upload(request))
        return ObjectReply(204)

    async def list_parts(self, request: ObjectRequest) -> ObjectReply:
        upload = self._upload(request)
        after, limit = _number(request, "part-number-marker", 0), _number(request, "max-parts", 1000)
        parts = [part for part in self._multipart.parts(upload) if part.number > after]
        shown = parts[:limit]
        rows = [
            {
                "PartNumber": part.number,
                "LastModified": xml.moment(format_time(part.uploaded_at)),
                "ETag": f'"{part.etag}"',
                **({"HashCrc64ecma": part.crc64} if part.crc64 else {}),
                "Size": part.size_bytes,
            }
            for part in shown
        ]
        encoding = request.query.get("encoding-type", "")
        body = {
            "Bucket": upload.bucket,
            **({"EncodingType": encoding} if encoding else {}),
            "Key": xml.encoded([upload.name], encoding)[0],
            "UploadId": upload.upload_id,
            "NextPartNumberMarker": shown[-1].number if shown else 0,
            "MaxParts": limit,
            "IsTruncated": len(parts) > limit,
            "Part": rows,
        }
        return ObjectReply(body=xml.document("ListPartsResult", body))
