"""Object storage: buckets, objects, uploads under way. What they hold lies beside the state file."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from computenest_cloud.catalogue import regions
from computenest_cloud.networks import ANYWHERE, Vpcs, internal_host
from computenest_cloud.service import ControlCalls, Front, Service, Site
from computenest_cloud.services.oss.bodies import Bodies
from computenest_cloud.services.oss.buckets import FILES
from computenest_cloud.services.oss.front import ObjectFront
from computenest_cloud.services.oss.objects import Objects, Uploads
from computenest_cloud.services.oss.records import BUCKETS, MULTIPART_UPLOADS, OBJECTS, PARTS, StoredObject
from computenest_cloud.store.records import Account


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NetworkBody(_Body):
    region: str
    vpc_id: str = ""  # empty: the region's default one


class ObjectBody(_Body):
    bucket: str
    name: str


class NewObjectBody(ObjectBody):
    text: str


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
            ("DELETE", "objects"): self.delete_object,
        }

    def network(self, body: Any) -> dict[str, Any]:
        """A network's range of loopback addresses, the one its endpoints answer at, and one for a client of its own."""
        wanted = NetworkBody.model_validate(body)
        if wanted.region not in regions():
            raise ValueError(f"unknown region {wanted.region!r}")
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
        wanted, storage = NewObjectBody.model_validate(body), self.objects
        former = storage.find(wanted.bucket, wanted.name)
        if former is None:
            raise ValueError(f"there is no object {wanted.bucket}/{wanted.name}")
        incoming = storage.bodies.receive()
        incoming.write(wanted.text.encode())
        segments = incoming.finish()
        storage.bodies.keep(segments)
        changed = {
            "size_bytes": incoming.size_bytes,
            "etag": incoming.etag,
            "crc64": incoming.crc64,
            "segments": segments,
            "is_multipart": False,
            "uploaded_at": self.world.now,
        }
        storage.put(StoredObject(**{**former.model_dump(), **changed}))
        return {}

    def delete_object(self, body: Any) -> dict[str, Any]:
        wanted = ObjectBody.model_validate(body)
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
