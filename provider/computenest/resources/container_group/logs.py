"""The log of a container group: what its containers printed, in this run and the one before, and its events."""

from __future__ import annotations

from computenest.kernel.logs import LogLine, in_order
from computenest.kernel.names import RegionId
from computenest.resources._program.logs import Subject, patient
from computenest.resources._program.session import Session
from computenest.resources.container_group.api import CloudContainerGroups
from computenest.resources.container_group.declaration import RESOURCE
from computenest.resources.container_group.model import ContainerGroupId

__all__ = ["LOGS"]


class ContainerLogs:
    """Of one container group."""

    type_name = RESOURCE.type_name
    id_output = "containerGroupId"
    id_prefix = "eci-"

    async def lines(self, session: Session, subject: Subject) -> tuple[LogLine, ...]:
        """DescribeContainerLog of each container, and the events of DescribeContainerGroups."""
        group_id = ContainerGroupId(subject.outputs.get(self.id_output, ""))
        region = RegionId(subject.region or session.port(CloudContainerGroups).region)
        port = patient(session, session.port(CloudContainerGroups))
        seen = await port.get(region=region, group_id=group_id) if group_id else None
        if seen is None:
            return ()
        found = await port.events(region=region, group_id=group_id)
        for one in (*seen.init_containers, *seen.containers):
            for is_earlier in (True, False):
                found += await port.printed(
                    region=region, group_id=group_id, container=str(one.container.name), is_earlier=is_earlier
                )
        return in_order(found)


LOGS = ContainerLogs()
