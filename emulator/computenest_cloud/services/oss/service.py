"""Object storage: buckets, objects, uploads under way. What they hold lies beside the state file."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from computenest_cloud.bodies import Body, RegionId
from computenest_cloud.errors import ControlError, ServiceError
from computenest_cloud.networks import ANYWHERE, Vpcs, internal_host
from computenest_cloud.service import ControlCalls, Front, Service, Site
from computenest_cloud.services.oss.actions import DEFAULT_TYPE
from computenest_cloud.services.oss.bodies import CHUNK_BYTES, Bodies
from computenest_cloud.services.oss.buckets import FILES, HOME, Signer
from computenest_cloud.services.oss.front import ObjectFront
from computenest_cloud.services.oss.objects import Objects, Uploads
from computenest_cloud.services.oss.records import BUCKETS, MULTIPART_UPLOADS, OBJECTS, PARTS, StoredObject
from computenest_cloud.store.records import Account


class NetworkBody(Body):
    region: RegionId
    vpc_id: str = ""  # empty: the region's default one


class ObjectBody(Body):
    bucket: str
    name: str


class NewObjectBody(ObjectBody):
    text: str


class UploadBody(Body):
    """A file of this machine, as an object of an account's; its bucket is made where there is none of that name."""

    account: str
    bucket: str
    name: str = Field(pattern=r"^[^/\\]", max_length=1023, description="a name that begins with no slash")
    path: Path
    region: RegionId | None = None  # of a bucket that is made: cn-hangzhou
    content_type: str = DEFAULT_TYPE


class Oss(Service):
    codes = ("oss",)
    tables = (BUCKETS, OBJECTS, MULTIPART_UPLOADS, PARTS)

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.objects = site.put(Objects(site.world, Bodies(site.state.with_name(f"{site.state.name}.objects"))))
        self.uploads = site.put(Uploads(site.world, self.objects))
        self._front = site.put(ObjectFront(site.world, self.uploads, site.traffic, site.save))

    def front(self) -> Front:
        return self._front

    # --- what it shows

    def control(self) -> ControlCalls:
        return {
            ("POST", "networks"): self.network,
            ("GET", "objects"): self.list_objects,
            ("PUT", "objects"): self.put_object,
            ("POST", "uploads"): self.upload,
            ("DELETE", "objects"): self.delete_object,
        }

    def network(self, body: Any) -> dict[str, Any]:
        """A network's range of loopback addresses, the one its endpoints answer at, and one for a client of its own."""
        wanted = NetworkBody.of(body)
        number = Vpcs(self.world.store).number(wanted.region, wanted.vpc_id) if wanted.vpc_id else 0
        endpoint, storage = internal_host(wanted.region, number), internal_host(wanted.region)
        head = endpoint.rpartition(".")[0]
        return {
            "range": f"{head}.0/24",
            "address": f"{head}.10",
            "endpoint": endpoint,
            "storage": f"{storage}:{self.site.doors.open_internal(storage)}",
            "public_storage": f"{ANYWHERE}:{self.site.doors.port}",
        }

    def list_objects(self, _: Any) -> list[dict[str, Any]]:
        return [
            {"bucket": found.bucket, "name": found.name, "owner_uid": found.owner_uid, "size_bytes": found.size_bytes}
            for found in self.world.store[OBJECTS]
        ]

    def put_object(self, body: Any) -> dict[str, Any]:
        """Another content for an object that is there."""
        wanted, storage = NewObjectBody.of(body), self.objects
        former = storage.find(wanted.bucket, wanted.name)
        if former is None:
            raise ValueError(f"there is no object {wanted.bucket}/{wanted.name}")
        storage.put(StoredObject(**{**former.model_dump(), **self._received([wanted.text.encode()])}))
        return {}

    def _received(self, content: Iterable[bytes]) -> dict[str, Any]:
        """The fields of an object that has this content."""
        incoming = self.objects.bodies.receive()
        try:
            for chunk in content:
                incoming.write(chunk)
        except OSError:
            incoming.abandon()
            raise
        segments = incoming.finish()
        self.objects.bodies.keep(segments)
        return {
            "size_bytes": incoming.size_bytes,
            "etag": incoming.etag,
            "crc64": incoming.crc64,
            "segments": segments,
            "is_multipart": False,
            "uploaded_at": self.world.now,
        }

    def upload(self, body: Any) -> dict[str, Any]:
        """An object that an account has put there."""
        wanted = UploadBody.of(body)
        signer = Signer.of(self.world.named_account(wanted.account))
        self._check_target(wanted, signer)
        if not wanted.path.is_file():
            raise ControlError(400, f"there is no file {wanted.path}; relative paths begin at the seed file", at="path")
        try:
            with wanted.path.open("rb") as file:
                received = self._received(iter(lambda: file.read(CHUNK_BYTES), b""))
        except OSError as failure:
            said = f"{wanted.path} cannot be read: {failure.strerror}; make it readable for you"
            raise ControlError(400, said, at="path") from failure
        stored = StoredObject(
            bucket=wanted.bucket,
            name=wanted.name,
            owner_uid=signer.account.uid,
            content_type=wanted.content_type,
            **received,
        )
        self.objects.put(stored)
        return {"bucket": stored.bucket, "name": stored.name, "size_bytes": stored.size_bytes, "etag": stored.etag}

    def _check_target(self, wanted: UploadBody, signer: Signer) -> None:
        """Refuses what the account could not have put there itself, and what would replace something."""
        buckets, bucket = self.uploads.buckets, wanted.bucket
        try:
            if not buckets.exists(bucket):
                buckets.make(signer, bucket, wanted.region or HOME)
            region = buckets.region_of(bucket)
        except ServiceError as failure:
            said = f"{bucket!r} cannot be made: {failure.message} Give 3 to 63 lower-case letters, digits and hyphens."
            raise ControlError(400, said, at="bucket") from failure
        if wanted.region not in {None, region}:
            raise ControlError(400, f"the bucket {bucket} lies in {region}; name that, or none", at="region")
        if not buckets.may_name(signer, bucket, wanted.name):
            said = f"{signer.account.name} may not write {wanted.name!r} into {bucket}; give a bucket of its own"
            raise ControlError(400, said, at="bucket")
        if self.objects.find(bucket, wanted.name) is not None:
            raise ControlError(409, f"{bucket}/{wanted.name} exists already; give another name", at="name")

    def delete_object(self, body: Any) -> dict[str, Any]:
        wanted = ObjectBody.of(body)
        self.objects.remove(wanted.bucket, wanted.name)
        return {}

    def ledger(self, account: Account) -> Mapping[str, Any]:
        store = self.world.store
        return {
            "files_outstanding": [
                {"bucket": found.bucket, "name": found.name}
                for found in store[OBJECTS]
                if found.owner_uid == account.uid and found.bucket.startswith(FILES)
            ],
            "uploads_outstanding": [
                {"bucket": upload.bucket, "name": upload.name}
                for upload in store[MULTIPART_UPLOADS]
                if upload.owner_uid == account.uid and upload.bucket.startswith(FILES)
            ],
        }

    # --- its life

    def reload(self) -> None:
        self.objects.reload()

    def saved(self) -> None:
        self.objects.bodies.clean_dropped()

    def forget(self) -> None:
        self.objects.load()


SERVICE = Oss
