"""Services by their owners' marks."""

from __future__ import annotations

from computenest.cloud.endpoints import Product
from computenest.cloud.wire import objects_in, tags_in, text
from computenest.kernel.values import Json
from computenest.resources._program.orphans import Marked
from computenest.resources._program.session import Session
from computenest.resources.service.declaration import RESOURCE


class ServiceMarks:
    """Of every service of an account."""

    what = "services"
    type_name = RESOURCE.type_name

    async def listed(self, session: Session) -> list[Marked]:
        """ListServices with all versions: one that has a draft alone is among them."""
        wanted: dict[str, Json] = {"RegionId": session.client.region, "AllVersions": True}
        rows = await session.client.pages(Product.COMPUTE_NEST, "ListServices", wanted, "Services")
        found: dict[str, Marked] = {}
        for row in rows:
            service_id, status = text(row.get("ServiceId")), text(row.get("Status"))
            names = tuple(text(info.get("Name")) for info in objects_in(row, "ServiceInfos"))
            if service_id and status != "Deleted":
                marked = Marked("service", RESOURCE.type_name, service_id, names, tags_in(row.get("Tags")), status)
                found.setdefault(service_id, marked)
        return list(found.values())


MARKS = ServiceMarks()
