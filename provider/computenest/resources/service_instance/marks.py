"""Service instances by their owners' marks."""

from __future__ import annotations

from computenest.resources._program.orphans import Marked
from computenest.resources._program.session import Session
from computenest.resources.service_instance.api import CloudInstances
from computenest.resources.service_instance.declaration import RESOURCE


class InstanceMarks:
    """Of every service instance of a customer."""

    what = "service instances"
    type_name = RESOURCE.type_name

    async def listed(self, session: Session) -> list[Marked]:
        """ListServiceInstances of the customer's side."""
        return [
            Marked("instance", RESOURCE.type_name, one.instance_id, (one.name,), one.tags, one.status)
            for one in await session.port(CloudInstances).find(tags={})
        ]


MARKS = InstanceMarks()
