"""Objects and who may put and get them. fact: oss-001 to oss-006

Buckets are Compute Nest's own. Its upload credentials are temporary and good for one key; whoever holds a permanent
key of the account may read and write what lies under the account's number.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from computenest_cloud.errors import ServiceError
from computenest_cloud.ids import new_access_key_id, new_secret
from computenest_cloud.store.records import Account, Session
from computenest_cloud.store.service_records import StoredObject
from computenest_cloud.world import World

REGION = "cn-hangzhou"
BUCKETS = {"public": "computenest-upload-public", "private": "computenest-upload-private"}
CREDENTIALS_S = 3600.0  # facts §9.7: not published
HOST = re.compile(r"^(?P<bucket>[a-z0-9-]+)\.oss-[a-z0-9-]+\.aliyuncs\.com$")


def split_url(url: str) -> tuple[str, str]:
    """Bucket and name of `https://bucket.oss-region.aliyuncs.com/name` or `http://127.0.0.1:1/bucket/name`."""
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    found = HOST.match(parts.hostname or "")
    if found is not None:
        return found["bucket"], path
    bucket, _, name = path.partition("/")
    return bucket, name


class Uploads:
    def __init__(self, world: World) -> None:
        self._world = world

    def credentials(self, account: Account, file_name: str, visibility: str) -> Mapping[str, Any]:
        world = self._world
        number = world.mint.count("upload")
        stem = f"{world.mint.number('upload', number) % 16**12:012x}"
        name = f"{account.uid}/{REGION}/service/{stem}/{file_name.rsplit('/', 1)[-1]}"
        bucket = f"{BUCKETS[visibility]}-{REGION}"
        session = world.store.sessions.add(
            Session(
                access_key_id=new_access_key_id(temporary=True),
                access_key_secret=new_secret(44),
                security_token=new_secret(200),
                account=account.name,
                expires_at=world.now + CREDENTIALS_S,
                object_key=f"{bucket}/{name}",
            )
        )
        return {
            "BucketName": bucket,
            "Key": name,
            "RegionId": REGION,
            "AccessKeyId": session.access_key_id,
            "AccessKeySecret": session.access_key_secret,
            "SecurityToken": session.security_token,
            "ExpireDate": str(int(session.expires_at * 1000)),
        }

    def put(self, account: Account, bucket: str, name: str, content: bytes, content_type: str) -> StoredObject:
        if not bucket or not name:
            raise ServiceError(400, "InvalidObjectName", "A bucket and an object's name are expected.")
        stored = StoredObject(
            bucket=bucket,
            name=name,
            owner_uid=account.uid,
            content=content.decode("latin-1"),
            content_type=content_type,
            uploaded_at=self._world.now,
        )
        found = self._world.store.objects.get(stored.key)
        if found is not None and found.owner_uid != account.uid:
            raise ServiceError(403, "AccessDenied", "The object belongs to another account.")
        return self._world.store.objects.add(stored)

    def get(self, bucket: str, name: str, *, account: Account | None) -> StoredObject:
        """`account` None: nobody signed, which is enough for a public bucket."""
        found = self._world.store.objects.get(f"{bucket}/{name}")
        is_public = bucket.startswith(BUCKETS["public"])
        if found is None:
            raise ServiceError(404, "NoSuchKey", "The specified key does not exist.")
        if not is_public and (account is None or account.uid != found.owner_uid):
            raise ServiceError(403, "AccessDenied", "You have no right to access this object.")
        return found

    def text(self, url: str) -> str | None:
        """What Compute Nest itself reads; None where there is nothing. fact: oss-005"""
        bucket, name = split_url(url)
        found = self._world.store.objects.get(f"{bucket}/{name}")
        return None if found is None else found.content.encode("latin-1").decode("utf-8", errors="replace")
