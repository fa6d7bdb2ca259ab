"""The buckets there are, where they lie, and who may do what in them. fact: oss-003, oss-006, oss-008

They are Compute Nest's, a container registry's own, or an account's. What an account may touch in Compute Nest's lies
under its number; temporary credentials of an upload are good for one key, or for what begins with a prefix.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from computenest_cloud.catalogue import regions
from computenest_cloud.errors import ServiceError
from computenest_cloud.services.oss.records import BUCKETS, Bucket, StoredObject
from computenest_cloud.store.records import Account, Session
from computenest_cloud.world import World

HOME = "cn-hangzhou"
UPLOADS = {"public": "computenest-upload-public", "private": "computenest-upload-private"}
DRAFTS = "computenest-artifacts-draft"
FILES = "computenest-artifacts"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
HOST = re.compile(r"^(?P<bucket>[a-z0-9-]+)\.oss-(?P<region>[a-z0-9-]+?)(?P<internal>-internal)?\.aliyuncs\.com$")


@dataclass(frozen=True)
class Signer:
    """Who signed, and what the key is good for. `scope`: "", "bucket/name", or "bucket/prefix*"."""

    account: Account
    scope: str = ""
    region: str = ""  # that the signature names, version 4 only

    @classmethod
    def of(cls, account: Account, session: Session | None = None) -> "Signer":
        return cls(account, "" if session is None else session.object_key)


class Buckets:
    def __init__(self, world: World, is_public: Callable[[StoredObject], bool]) -> None:
        self._world = world
        self._is_public = is_public
        self._more: Callable[[], Iterable[tuple[str, str]]] = tuple

    def on_asked_for_more(self, more: Callable[[], Iterable[tuple[str, str]]]) -> None:
        """`more`: the buckets of another service, each with its region."""
        self._more = more

    def names(self) -> Iterator[str]:
        for region in regions():
            yield from (f"{kind}-{region}" for kind in (*UPLOADS.values(), DRAFTS, FILES))
        yield from (name for name, _ in self._more())
        yield from (bucket.name for bucket in self._world.store[BUCKETS])

    def region_of(self, bucket: str) -> str:
        """Refuses a bucket that does not exist."""
        own = self._world.store[BUCKETS].get(bucket)
        if own is not None:
            return own.region
        for name, region in self._more():
            if name == bucket:
                return region
        for kind in (*UPLOADS.values(), DRAFTS, FILES):
            region = bucket.removeprefix(f"{kind}-")
            if region != bucket and region in regions():
                return region
        raise ServiceError(404, "NoSuchBucket", "The specified bucket does not exist.")

    def exists(self, bucket: str) -> bool:
        try:
            return bool(self.region_of(bucket))
        except ServiceError:
            return False

    def make(self, signer: Signer, name: str, region: str) -> None:
        """The signer's own bucket. Making it again is no fault."""
        if not NAME.fullmatch(name):
            raise ServiceError(400, "InvalidBucketName", "The specified bucket is not valid.")
        if region not in regions():
            raise ServiceError(400, "InvalidLocationConstraint", "The specified location-constraint is not valid.")
        own = self._world.store[BUCKETS].get(name)
        if signer.scope or (own is None and self.exists(name)) or (own and own.owner_uid != signer.account.uid):
            raise ServiceError(409, "BucketAlreadyExists", "The requested bucket name is not available.")
        if own is None:
            made = Bucket(name=name, region=region, owner_uid=signer.account.uid, created_at=self._world.now)
            self._world.store[BUCKETS].add(made)

    def may_name(self, signer: Signer, bucket: str, name: str) -> bool:
        """Whether what begins with `name` is the signer's to write and to list."""
        if signer.scope:
            key = f"{bucket}/{name}"
            return key.startswith(signer.scope[:-1]) if signer.scope.endswith("*") else key == signer.scope
        own = self._world.store[BUCKETS].get(bucket)
        if own is not None:
            return own.owner_uid == signer.account.uid
        is_delivered = bucket.startswith(f"{FILES}-") and not bucket.startswith(DRAFTS)
        is_closed = is_delivered or bucket.endswith("-registry")
        return not is_closed and name.startswith(f"{signer.account.uid}/")

    def may_read(self, signer: Signer | None, found: StoredObject) -> bool:
        if signer is None:
            return self._is_public(found)
        if signer.scope:
            return self.may_name(signer, found.bucket, found.name)
        is_own = signer.account.uid == found.owner_uid and not found.bucket.endswith("-registry")
        return is_own or self._is_public(found)
