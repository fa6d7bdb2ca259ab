"""Container groups by their owners' marks."""

from __future__ import annotations

import asyncio

from computenest.kernel import identity
from computenest.kernel.names import RegionId
from computenest.resources._program.orphans import Marked
from computenest.resources._program.session import Session
from computenest.resources.container_group.api import CloudContainerGroups, CloudOffers
from computenest.resources.container_group.declaration import RESOURCE
from computenest.resources.container_group.model import ContainerGroup
from computenest.resources.container_group.replicas.naming import SET_TAG


class GroupMarks:
    """Of every container group of an account, in every region that has the product."""

    what = "container groups"
    type_name = RESOURCE.type_name

    async def listed(self, session: Session) -> list[Marked]:
        """DescribeContainerGroups of each region; by the id that an import takes, which names the region."""
        groups = session.port(CloudContainerGroups)
        regions = sorted(await session.port(CloudOffers).regions())
        found = await asyncio.gather(*(groups.find(region=region, tags={}) for region in regions))
        return [marked(region, one) for region, there in zip(regions, found, strict=True) for one in there]


def marked(region: RegionId, group: ContainerGroup) -> Marked:
    """A group as `computenest orphans` looks at it; one of a set is its set's."""
    names, tags = [group.name], dict(group.tags)
    owner, dot, generation = tags.get(SET_TAG, "").rpartition(".")
    if dot:
        names.append(group.name.rpartition("-")[0])
        tags |= {identity.OWNER_TAG: owner, identity.GENERATION_TAG: generation}
    group_id = f"{region}/{group.container_group_id}"
    return Marked("container group", RESOURCE.type_name, group_id, tuple(names), tags, group.status)


MARKS = GroupMarks()
