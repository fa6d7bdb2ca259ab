"""Objects by bucket and name, in order; and what Compute Nest itself puts and gets. fact: oss-003 to oss-006"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from computenest_cloud.clock import format_time
from computenest_cloud.errors import ServiceError
from computenest_cloud.ids import new_access_key_id, new_secret
from computenest_cloud.services.oss.bodies import Bodies, crc64
from computenest_cloud.services.oss.buckets import DRAFTS, FILES, HOME, HOST, UPLOADS, Buckets, Signer
from computenest_cloud.services.oss.keys import signer_of
from computenest_cloud.services.oss.records import OBJECTS, PARTS, StoredObject
from computenest_cloud.services.oss.signing import SignedRequest
from computenest_cloud.store.records import Account, Session
from computenest_cloud.world import World

FOR_EVER = 1e12


def split_url(url: str) -> tuple[str, str]:
    """Bucket and name of `https://bucket.oss-region.aliyuncs.com/name` or `http://127.0.0.1:1/bucket/name`."""
    try:
        parts = urlsplit(url)
    except ValueError:  # `http://[`
        return "", ""
    path = unquote(parts.path).lstrip("/")
    found = HOST.match(parts.hostname or "")
    if found is not None:
        return found["bucket"], path
    bucket, _, name = path.partition("/")
    return bucket, name


def no_such_key() -> ServiceError:
    return ServiceError(404, "NoSuchKey", "The specified key does not exist.")


class Objects:
    """Every change of an object goes through here: the order of names and the use of files depend on it."""

    def __init__(self, world: World, bodies: Bodies) -> None:
        self._world = world
        self.bodies = bodies
        self._names: dict[str, list[str]] = {}
        self.load()

    def load(self) -> None:
        """Builds what is not stored, from what is: at the start, and after everything was forgotten."""
        self.reload()
        self.bodies.clean()

    def reload(self) -> None:
        """The same after a change was undone; bodies that are under way stay."""
        store = self._world.store
        self._names.clear()
        for found in store[OBJECTS]:
            self._names.setdefault(found.bucket, []).append(found.name)
        for names in self._names.values():
            names.sort()
        self.bodies.load(row.segments for table in (store[OBJECTS], store[PARTS]) for row in table)

    def put(self, stored: StoredObject) -> StoredObject:
        """Takes over the segments: whoever shares them keeps them first."""
        found = self._world.store[OBJECTS].get(stored.key)
        if found is None:
            insort(self._names.setdefault(stored.bucket, []), stored.name)
        else:
            self.bodies.drop(found.segments)
        return self._world.store[OBJECTS].add(stored)

    def find(self, bucket: str, name: str) -> StoredObject | None:
        return self._world.store[OBJECTS].get(f"{bucket}/{name}")

    def get(self, bucket: str, name: str) -> StoredObject:
        found = self.find(bucket, name)
        if found is None:
            raise no_such_key()
        return found

    def remove(self, bucket: str, name: str) -> None:
        found = self.find(bucket, name)
        if found is None:
            return
        names = self._names[bucket]
        del names[bisect_left(names, name)]
        self._world.store[OBJECTS].remove(found.key)
        self.bodies.drop(found.segments)

    def names(self, bucket: str, prefix: str = "", *, after: str = "") -> Iterator[str]:
        """Those that begin with the prefix and come after `after`, in order. Nothing may change meanwhile."""
        found = self._names.get(bucket, [])
        index = bisect_left(found, max(prefix, after))
        while index < len(found) and found[index].startswith(prefix):
            if found[index] != after or not after:
                yield found[index]
            index += 1

    def copy(self, source: StoredObject, bucket: str, name: str, owner_uid: str, **more: Any) -> StoredObject:
        self.bodies.keep(source.segments)
        fields = {"bucket": bucket, "name": name, "owner_uid": owner_uid, "uploaded_at": self._world.now, **more}
        return self.put(StoredObject(**{**source.model_dump(), **fields}))

    def content(self, found: StoredObject) -> bytes:
        """Only of what is small: manifests, links, templates."""
        return b"".join(self.bodies.read(found.segments))

    def checksum(self, found: StoredObject) -> str:
        if not found.crc64:
            found.crc64 = crc64(self.bodies.read(found.segments))
        return found.crc64


class Uploads:
    """What Compute Nest does with the storage: temporary credentials, and reading what was uploaded."""

    def __init__(self, world: World, objects: Objects) -> None:
        self._world = world
        self.objects = objects
        self._is_public: Callable[[StoredObject], bool] = lambda _: False
        self.buckets = Buckets(world, self.is_public)

    def on_asked_if_public(self, is_public: Callable[[StoredObject], bool]) -> None:
        """`is_public` decides about delivered files."""
        self._is_public = is_public

    def is_public(self, found: StoredObject) -> bool:
        return found.bucket.startswith(UPLOADS["public"]) or (
            found.bucket.startswith(f"{FILES}-") and not found.bucket.startswith(DRAFTS) and self._is_public(found)
        )

    def service_key(self, scope: str) -> Session:
        """A lasting key of Compute Nest's own, for `bucket/*`: what registries store with, and URLs are signed with."""
        sessions = self._world.store.sessions
        for session in sessions:
            if session.object_key == scope and not session.security_token:
                return session
        return sessions.add(
            Session(
                access_key_id=new_access_key_id(temporary=False),
                access_key_secret=new_secret(30),
                security_token="",
                account="hub",
                expires_at=FOR_EVER,
                object_key=scope,
            )
        )

    def session(self, account: Account, scope: str) -> Session:
        """Temporary credentials for `bucket/name`, or for `bucket/prefix*`."""
        world = self._world
        return world.store.sessions.add(
            Session(
                access_key_id=new_access_key_id(temporary=True),
                access_key_secret=new_secret(44),
                security_token=new_secret(200),
                account=account.name,
                expires_at=world.clock.lifetime_now() + world.rules.number("upload.credentials_s"),
                object_key=scope,
            )
        )

    def credentials(self, account: Account, file_name: str, visibility: str) -> Mapping[str, Any]:
        """GetUploadCredentials."""
        world = self._world
        number = world.mint.count("upload")
        stem = f"{world.mint.number('upload', number) % 16**12:012x}"
        name = f"{account.uid}/{HOME}/service/{stem}/{file_name.rsplit('/', 1)[-1]}"
        bucket = f"{UPLOADS[visibility]}-{HOME}"
        session = self.session(account, f"{bucket}/{name}")
        until = format_time(session.expires_at)  # milliseconds in GetArtifactRepositoryCredentials, but text here
        return {"BucketName": bucket, "Key": name, "RegionId": HOME, **as_sent(session), "ExpireDate": until}

    def artifact_credentials(self, account: Account, region: str) -> Mapping[str, Any]:
        """GetArtifactRepositoryCredentials for files. fact: pkg-004, pkg-005"""
        world = self._world
        bucket, owner = f"{DRAFTS}-{region}", f"{account.uid}/{region}"
        path = f"{owner}/draft"
        if world.rules.position("file.upload_path") == "fresh":
            number = world.mint.count("upload")
            path = f"{owner}/{world.mint.number('upload', number) % 16**12:012x}"
        session = self.session(account, f"{bucket}/{owner}/*")
        return {
            "ExpireDate": expiry(session),
            "Credentials": as_sent(session),
            "AvailableResources": [{"RegionId": region, "RepositoryName": bucket, "Path": path}],
        }

    def text(self, url: str, reader_uid: str) -> str | None:
        """What a product reads for an account: its own, what is public, and what somebody signed for a while.

        None where there is nothing, which is also what another account's object is. fact: oss-005
        """
        found = self.objects.find(*split_url(url))
        if found is None or not self._may_read(found, url, reader_uid):
            return None
        return self.objects.content(found).decode("utf-8", errors="replace")

    def _may_read(self, found: StoredObject, url: str, reader_uid: str) -> bool:
        buckets = self.buckets
        own = Signer(self._world.account(self._world.account_name(reader_uid)))
        if buckets.may_read(own, found):
            return True
        query = dict(parse_qsl(urlsplit(url).query))
        try:
            signed = SignedRequest("GET", found.bucket, found.name, query, {})
            signer = signer_of(self._world, signed, buckets.region_of(found.bucket))
        except ServiceError:
            return False
        return signer is not None and buckets.may_read(signer, found)


def expiry(session: Session) -> str:
    return str(int(session.expires_at * 1000))


def as_sent(session: Session) -> dict[str, str]:
    return {
        "AccessKeyId": session.access_key_id,
        "AccessKeySecret": session.access_key_secret,
        "SecurityToken": session.security_token,
    }
