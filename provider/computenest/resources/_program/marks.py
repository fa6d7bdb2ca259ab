"""Every object of an account that may carry our mark, whatever its type: three lists, all pages."""

from __future__ import annotations

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product
from computenest.cloud.wire import objects_in, tags_in, text
from computenest.resources._packages.api import summary_of
from computenest.resources._packages.content_model import Kind
from computenest.resources._program.orphans import Marked
from computenest.resources.service_instance.api import CloudInstances

__all__ = ["Marks"]

_TYPES = {"EcsImage": "EcsImagePackage", **{kind.value: kind.type_name for kind in Kind}}


class Marks:
    """What one account holds."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._instances = CloudInstances(client)

    async def artifacts(self) -> list[Marked]:
        """ListArtifacts, of every type."""
        rows = await self._client.pages(
            Product.COMPUTE_NEST, "ListArtifacts", {"RegionId": self._client.region}, "Artifacts"
        )
        found = (summary for row in rows if (summary := summary_of(row)) is not None)
        return [
            Marked("artifact", _TYPES.get(one.artifact_type, ""), one.artifact_id, (one.name,), one.tags, one.status)
            for one in found
        ]

    async def services(self) -> list[Marked]:
        """ListServices with all versions: one that has a draft alone is among them."""
        wanted = {"RegionId": self._client.region, "AllVersions": True}
        rows = await self._client.pages(Product.COMPUTE_NEST, "ListServices", wanted, "Services")
        found: dict[str, Marked] = {}
        for row in rows:
            service_id, status = text(row.get("ServiceId")), text(row.get("Status"))
            names = tuple(text(info.get("Name")) for info in objects_in(row, "ServiceInfos"))
            if service_id and status != "Deleted":
                found.setdefault(
                    service_id, Marked("service", "Service", service_id, names, tags_in(row.get("Tags")), status)
                )
        return list(found.values())

    async def instances(self) -> list[Marked]:
        """ListServiceInstances of the customer's side."""
        return [
            Marked("instance", "ServiceInstance", one.instance_id, (one.name,), one.tags, one.status)
            for one in await self._instances.find(tags={})
        ]
