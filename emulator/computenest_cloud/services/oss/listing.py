"""What lists: buckets, objects, uploads under way. Names come in their order, a page at a time. fact: oss-010"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from computenest_cloud.clock import format_time
from computenest_cloud.errors import ServiceError
from computenest_cloud.services.oss.buckets import HOME, Buckets
from computenest_cloud.services.oss.multipart import Multipart
from computenest_cloud.services.oss.objects import Objects
from computenest_cloud.services.oss.records import BUCKETS
from computenest_cloud.services.oss.requests import ObjectReply, ObjectRequest
from computenest_cloud.wire import xml
from computenest_cloud.wire.values import whole_number
from computenest_cloud.world import World

if TYPE_CHECKING:
    from computenest_cloud.services.oss.actions import Action

LIMIT = 1000
BEGAN = "2026-01-01T00:00:00.000Z"


def _limit(request: ObjectRequest, key: str) -> int:
    text = request.query.get(key) or "100"
    number = whole_number(text)
    if number is None or not 1 <= number <= LIMIT:
        raise ServiceError(400, "InvalidArgument", f"{key} is from 1 to {LIMIT}.")
    return number


class Listing:
    def __init__(self, world: World, objects: Objects, buckets: Buckets, multipart: Multipart) -> None:
        self._world = world
        self._objects = objects
        self._buckets = buckets
        self._multipart = multipart
        self.table: Mapping[str, Action] = {
            "ListBuckets": self.list_buckets,
            "PutBucket": self.put_bucket,
            "DeleteBucket": self.delete_bucket,
            "GetBucketInfo": self.get_bucket_info,
            "GetBucketLocation": self.get_bucket_location,
            "ListObjects": self.list_objects,
            "ListObjectsV2": self.list_objects,
            "ListMultipartUploads": self.list_uploads,
        }

    def _check(self, request: ObjectRequest) -> None:
        signer = request.require_signer()
        if not self._buckets.may_name(signer, request.bucket, request.query.get("prefix", "")):
            raise ServiceError(403, "AccessDenied", "You have no right to list these objects: name a prefix of yours.")

    async def list_buckets(self, request: ObjectRequest) -> ObjectReply:
        """The account's own. fact: oss-015"""
        signer, query = request.require_signer(), request.query
        owner = {"ID": signer.account.uid, "DisplayName": signer.account.uid}
        prefix, marker, limit = query.get("prefix", ""), query.get("marker", ""), _limit(request, "max-keys")
        found = sorted(
            bucket.name
            for bucket in self._world.store[BUCKETS]
            if bucket.owner_uid == signer.account.uid and bucket.name.startswith(prefix) and bucket.name > marker
        )
        is_truncated = len(found) > limit
        body: dict[str, Any] = {"Owner": owner, "Buckets": {"Bucket": [self._bucket(name) for name in found[:limit]]}}
        body |= {"Prefix": prefix, "Marker": marker, "MaxKeys": limit, "IsTruncated": is_truncated}
        body |= {"NextMarker": found[limit - 1]} if is_truncated else {}
        return ObjectReply(body=xml.document("ListAllMyBucketsResult", body))

    def _bucket(self, name: str) -> dict[str, Any]:
        region, own = self._buckets.region_of(name), self._world.store[BUCKETS].get(name)
        return {
            "Name": name,
            "Region": region,
            "Location": f"oss-{region}",
            "CreationDate": BEGAN if own is None else xml.moment(format_time(own.created_at)),
            "ExtranetEndpoint": f"oss-{region}.aliyuncs.com",
            "IntranetEndpoint": f"oss-{region}-internal.aliyuncs.com",
            "StorageClass": "Standard",
        }

    async def get_bucket_info(self, request: ObjectRequest) -> ObjectReply:
        request.require_signer()
        own = self._world.store[BUCKETS].get(request.bucket)
        owner = "computenest" if own is None else own.owner_uid
        bucket = {
            **self._bucket(request.bucket),
            "AccessControlList": {"Grant": "private"},
            "Owner": {"ID": owner, "DisplayName": owner},
        }
        return ObjectReply(body=xml.document("BucketInfo", {"Bucket": bucket}))

    async def put_bucket(self, request: ObjectRequest) -> ObjectReply:
        """In the region that the body or the signature names, else in cn-hangzhou. Making it again is no fault."""
        signer, name = request.require_signer(), request.bucket
        wanted = xml.location_constraint(await request.document()).removeprefix("oss-")
        region = wanted or signer.region or HOME
        self._buckets.make(signer, name, region)
        return ObjectReply(headers={"Location": f"/{name}"})

    async def delete_bucket(self, request: ObjectRequest) -> ObjectReply:
        signer, own = request.require_signer(), self._world.store[BUCKETS].get(request.bucket)
        if own is None or signer.scope or own.owner_uid != signer.account.uid:
            raise ServiceError(403, "AccessDenied", "The bucket you access does not belong to you.")
        if next(iter(self._objects.names(own.name, "", after="")), None) is not None:
            raise ServiceError(409, "BucketNotEmpty", "The bucket has objects. Please delete them first.")
        self._world.store[BUCKETS].remove(own.name)
        return ObjectReply(status=204)

    async def get_bucket_location(self, request: ObjectRequest) -> ObjectReply:
        request.require_signer()
        body = f"{xml.HEAD}<LocationConstraint>oss-{self._buckets.region_of(request.bucket)}</LocationConstraint>"
        return ObjectReply(body=body.encode())

    async def list_objects(self, request: ObjectRequest) -> ObjectReply:
        self._check(request)
        query = request.query
        is_second = query.get("list-type") == "2"
        prefix, delimiter, limit = query.get("prefix", ""), query.get("delimiter", ""), _limit(request, "max-keys")
        after = (
            (query.get("continuation-token") or query.get("start-after", "")) if is_second else query.get("marker", "")
        )
        names: list[str] = []
        groups: list[str] = []
        last, is_truncated = after, False
        for name in self._objects.names(request.bucket, prefix, after=after):
            end = name.find(delimiter, len(prefix)) if delimiter else -1
            group = name[: end + len(delimiter)] if end >= 0 else ""
            if group and ((groups and groups[-1] == group) or (after.startswith(group) and after)):
                last = name if groups and groups[-1] == group else last
                continue
            if len(names) + len(groups) == limit:
                is_truncated = True
                break
            (groups if group else names).append(group or name)
            last = group or name
        encoding = query.get("encoding-type", "")
        rows = [self._row(request.bucket, name, encoding) for name in names]
        shown = xml.encoded([prefix, delimiter, after, last], encoding)
        body: dict[str, Any] = {"Name": request.bucket, "Prefix": shown[0], "MaxKeys": limit, "Delimiter": shown[1]}
        body |= {"EncodingType": encoding} if encoding else {}
        if is_second:
            body |= {"StartAfter": xml.encoded([query.get("start-after", "")], encoding)[0]}
            body |= {"KeyCount": len(names) + len(groups)}
            body |= {"NextContinuationToken": last} if is_truncated else {}
        else:
            body |= {"Marker": shown[2]} | ({"NextMarker": shown[3]} if is_truncated else {})
        body |= {"IsTruncated": is_truncated, "Contents": rows}
        body["CommonPrefixes"] = [{"Prefix": group} for group in xml.encoded(groups, encoding)]
        return ObjectReply(body=xml.document("ListBucketResult", body))

    def _row(self, bucket: str, name: str, encoding: str) -> dict[str, Any]:
        found = self._objects.get(bucket, name)
        return {
            "Key": xml.encoded([name], encoding)[0],
            "LastModified": xml.moment(format_time(found.uploaded_at)),
            "ETag": f'"{found.etag}"',
            "Type": "Multipart" if found.is_multipart else "Normal",
            "Size": found.size_bytes,
            "StorageClass": "Standard",
            "Owner": {"ID": found.owner_uid, "DisplayName": found.owner_uid},
        }

    async def list_uploads(self, request: ObjectRequest) -> ObjectReply:
        self._check(request)
        query, limit = request.query, _limit(request, "max-uploads")
        marker = (query.get("key-marker", ""), query.get("upload-id-marker", ""))
        found = [
            upload
            for upload in self._multipart.under(request.bucket, query.get("prefix", ""))
            if (upload.name, upload.upload_id) > marker
        ]
        shown, encoding = found[:limit], query.get("encoding-type", "")
        rows = [
            {
                "Key": xml.encoded([upload.name], encoding)[0],
                "UploadId": upload.upload_id,
                "Initiated": xml.moment(format_time(upload.started_at)),
            }
            for upload in shown
        ]
        body: dict[str, Any] = {"Bucket": request.bucket, "MaxUploads": limit, "IsTruncated": len(found) > limit}
        body |= {"EncodingType": encoding} if encoding else {}
        last = (shown[-1].name, shown[-1].upload_id) if len(found) > limit else ("", "")
        body |= {"KeyMarker": xml.encoded([marker[0]], encoding)[0], "UploadIdMarker": marker[1]}
        body |= {"NextKeyMarker": xml.encoded([last[0]], encoding)[0], "NextUploadIdMarker": last[1]}
        return ObjectReply(body=xml.document("ListMultipartUploadsResult", {**body, "Upload": rows}))
