"""The log of a container group or set: what containers printed, in this run and the one before, and events."""

from __future__ import annotations

from dataclasses import replace

from computenest.kernel.logs import LogLine, in_order
from computenest.kernel.names import RegionId
from computenest.resources._program.logs import Logs, Subject, patient
from computenest.resources._program.session import Session
from computenest.resources.container_group.api import CloudContainerGroups
from computenest.resources.container_group.declaration import RESOURCE
from computenest.resources.container_group.model import ContainerGroup, ContainerGroupId
from computenest.resources.container_group.replicas.naming import SET_TAG

_PREFIX = "eci-"


async def _lines(session: Session, subject: Subject) -> tuple[LogLine, ...]:
    """Of one group, or a set of them: DescribeContainerLog of each container, and the events of
    DescribeContainerGroups; of a set, of all its groups, whose lines begin with the group's name."""
    known = subject.cloud_id
    region = RegionId(subject.region or session.port(CloudContainerGroups).region)
    port = patient(session, session.port(CloudContainerGroups))
    if not known.startswith(_PREFIX):
        groups = await port.find(region=region, tags={SET_TAG: known})
        found = [line for one in groups for line in await _lines_of(port, region, one, prefix=f"{one.name}/")]
        return in_order(tuple(found))
    seen = await port.get(region=region, group_id=ContainerGroupId(known))
    return () if seen is None else in_order(await _lines_of(port, region, seen))


async def _lines_of(
    port: CloudContainerGroups, region: RegionId, seen: ContainerGroup, *, prefix: str = ""
) -> tuple[LogLine, ...]:
    group_id = seen.container_group_id
    found = await port.events(region=region, group_id=group_id)
    for one in (*seen.init_containers, *seen.containers):
        for is_earlier in (True, False):
            found += await port.printed(
                region=region, group_id=group_id, container=str(one.container.name), is_earlier=is_earlier
            )
    return tuple(replace(line, subject=prefix + line.subject) if prefix else line for line in found)


LOGS = Logs(RESOURCE.type_name, "containerGroupId", _PREFIX, _lines)
