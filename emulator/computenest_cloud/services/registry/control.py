"""The control plane's part about networks, bytes and what lies in buckets: what a test does behind everybody's back."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from computenest_cloud.catalogue import regions
from computenest_cloud.cloud import Cloud
from computenest_cloud.networks import ANYWHERE, internal_host
from computenest_cloud.store.storage_records import StoredObject


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NetworkBody(_Body):
    region: str
    vpc_id: str = ""  # empty: the region's default one


class NewRegistryBody(_Body):
    account: Literal["supplier", "hub", "customer", "stranger"]
    region: str
    name: str


class ObjectBody(_Body):
    bucket: str
    name: str


class NewObjectBody(ObjectBody):
    text: str


class StorageControl:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def table(self) -> Mapping[tuple[str, str], Callable[[Any], Any]]:
        return {
            ("GET", "traffic"): self.traffic,
            ("POST", "networks"): self.network,
            ("GET", "objects"): self.objects,
            ("PUT", "objects"): self.put_object,
            ("DELETE", "objects"): self.delete_object,
            ("GET", "registries"): self.registries,
            ("POST", "registries"): self.new_registry,
        }

    def traffic(self, _: Any) -> dict[str, Any]:
        """Bytes of bodies since the server started."""
        return self._cloud.traffic.report()

    def network(self, body: Any) -> dict[str, Any]:
        """A network's range of loopback addresses, the one its endpoints answer at, and one for a client of its own."""
        wanted = NetworkBody.model_validate(body)
        if wanted.region not in regions():
            raise ValueError(f"unknown region {wanted.region!r}")
        vpcs = self._cloud.registries.vpcs
        number = vpcs.number(wanted.region, wanted.vpc_id) if wanted.vpc_id else 0
        endpoint, storage = internal_host(wanted.region, number), internal_host(wanted.region)
        head = endpoint.rpartition(".")[0]
        return {
            "range": f"{head}.0/24",
            "address": f"{head}.10",
            "endpoint": endpoint,
            "storage": f"{storage}:{self._cloud.doors.open_internal(storage)}",
            "public_storage": f"{ANYWHERE}:{self._cloud.doors.port}",
        }

    def objects(self, _: Any) -> list[dict[str, Any]]:
        return [
            {"bucket": found.bucket, "name": found.name, "owner_uid": found.owner_uid, "size_bytes": found.size_bytes}
            for found in self._cloud.store.objects
        ]

    def put_object(self, body: Any) -> dict[str, Any]:
        """Another content for an object that is there."""
        wanted = NewObjectBody.model_validate(body)
        storage = self._cloud.storage
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
            "uploaded_at": self._cloud.world.now,
        }
        storage.put(StoredObject(**{**former.model_dump(), **changed}))
        return {}

    def delete_object(self, body: Any) -> dict[str, Any]:
        wanted = ObjectBody.model_validate(body)
        self._cloud.storage.remove(wanted.bucket, wanted.name)
        return {}

    def new_registry(self, body: Any) -> dict[str, Any]:
        """An instance that an account has bought."""
        wanted = NewRegistryBody.model_validate(body)
        cloud = self._cloud
        if wanted.region not in regions():
            raise ValueError(f"unknown region {wanted.region!r}")
        made = cloud.registries.new(cloud.world.account(wanted.account), wanted.region, wanted.name)
        return {"instance_id": made.instance_id, "host": cloud.registries.host(made), "bucket": made.bucket}

    def registries(self, _: Any) -> list[dict[str, Any]]:
        cloud = self._cloud
        return [
            {
                "instance_id": instance.instance_id,
                "name": instance.name,
                "host": cloud.registries.host(instance),
                "bucket": instance.bucket,
                "blobs": len(cloud.contents.blobs(instance)),
                "repositories": [
                    {
                        "name": f"{entry.namespace}/{entry.name}",
                        "tags": {tag.name: tag.digest for tag in cloud.contents.tags(entry)},
                    }
                    for entry in cloud.store.repositories.grouped(instance.instance_id)
                ],
            }
            for instance in cloud.store.registries
        ]
