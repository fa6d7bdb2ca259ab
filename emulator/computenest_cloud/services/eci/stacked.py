"""Container groups that stacks declare: the properties of ALIYUN::ECI::ContainerGroup as a request. fact: ros-041"""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.services.eci.errors import error
from computenest_cloud.services.eci.groups import Groups
from computenest_cloud.services.eci.parsing import GroupRequest, flat, group_request, name_of
from computenest_cloud.services.eci.records import GROUPS, ContainerGroup
from computenest_cloud.services.ros.seam import Stack
from computenest_cloud.wire.params import Params
from computenest_cloud.world import World

RESOURCE_TYPE = "ALIYUN::ECI::ContainerGroup"


class StackedGroups:
    def __init__(self, world: World, groups: Groups) -> None:
        self._world = world
        self._groups = groups

    def put(self, stack: Stack, physical_id: str, properties: Mapping[str, Any]) -> None:
        params = Params(dict(flat("", properties)))
        account = self._world.account(self._world.account_name(stack.owner_uid))
        group = self._world.store[GROUPS].get(physical_id)
        request = group_request(params, is_new=group is None)
        if group is None:
            cpu, _ = self._groups.size(stack.region, request)
            self._groups.check_quota(account, stack.region, cpu)
            self._groups.create(account, stack.region, name_of(params), request, group_id=physical_id)
        elif group.deleted_at is not None:
            raise error("InvalidParameter.ContainerGroupId", f"({physical_id!r})")
        elif not _is_same(group, request):
            self._groups.update(account, group, request, is_renewal=True)

    def drop(self, physical_id: str) -> None:
        group = self._world.store[GROUPS].get(physical_id)
        if group is not None and group.deleted_at is None:
            self._groups.delete(group)


def _is_same(group: ContainerGroup, request: GroupRequest) -> bool:
    """Whether an update would change nothing but what is pulled with: each deployment gets another key."""
    present = [entry.declared for entry in group.containers]
    wanted = [*(request.init_containers or ()), *(request.containers or ())]
    sizes = (request.cpu or group.cpu, request.memory_gib or group.memory_gib)
    return (
        [dict(entry) for entry in present] == [dict(entry) for entry in wanted]
        and sizes == (group.cpu, group.memory_gib)
        and (request.restart_policy or "Always") == group.restart_policy
        and request.declared.get("Volume") == group.declared.get("Volume")
    )
