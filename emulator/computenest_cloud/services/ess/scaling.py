"""Scaling groups that stacks declare, and the container groups that they start. fact: ess-001 to ess-006

Of ALIYUN::ESS::ScalingGroup, EciScalingConfiguration and ScalingGroupEnable; without the API, rules and alarms.
"""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.services.eci.seam import GROUPS, Groups, flat, group_request, name_of
from computenest_cloud.services.ess.errors import error
from computenest_cloud.services.ess.records import CONFIGURATIONS, SCALING_GROUPS, ScalingConfiguration, ScalingGroup
from computenest_cloud.services.ros.seam import Stack
from computenest_cloud.wire.params import Params
from computenest_cloud.wire.values import whole_number
from computenest_cloud.world import World

GROUP_TAG = "acs:autoscaling:scalingGroupId"
MOST = 2000
_ONE_OF = {
    "Containers": "Container",
    "InitContainers": "InitContainer",
    "ImageRegistryCredentials": "ImageRegistryCredential",
    "AcrRegistryInfos": "AcrRegistryInfo",
    "Commands": "Command",
    "Args": "Arg",
    "EnvironmentVars": "EnvironmentVar",
    "Ports": "Port",
    "VolumeMounts": "VolumeMount",
    "Domains": "Domain",
}
"""Lists of a scaling configuration -> what CreateContainerGroup calls one of them. fact: ess-003"""
_OF_GROUPS = frozenset(
    {
        *(name for name in _ONE_OF if name[0] in "CIA" and name not in ("Commands", "Args")),
        "ContainerGroupName",
        "Cpu",
        "Memory",
        "RestartPolicy",
        "ActiveDeadlineSeconds",
    }
)


class Scaling:
    """Makes as many container groups as a scaling group has to have."""

    def __init__(self, world: World, groups: Groups) -> None:
        self._world = world
        self._groups = groups

    def scale(self, group: ScalingGroup) -> None:
        """fact: ess-001, ess-002"""
        group.instances = tuple(one for one in group.instances if self._is_there(one))
        configuration = self._world.store[CONFIGURATIONS].get(group.configuration_id)
        if not group.enabled_by or configuration is None:
            return
        wanted = min(max(group.minimum if group.desired is None else group.desired, group.minimum), group.maximum)
        while len(group.instances) > wanted:
            self._remove(group, group.instances[0])
        while len(group.instances) < wanted:
            self._add(group, configuration)

    def clear(self, group: ScalingGroup) -> None:
        for one in group.instances:
            self._remove(group, one)

    def _is_there(self, group_id: str) -> bool:
        found = self._world.store[GROUPS].get(group_id)
        return found is not None and found.deleted_at is None

    def _add(self, group: ScalingGroup, configuration: ScalingConfiguration) -> None:
        """fact: ess-003, ess-004"""
        group.made += 1
        base = str(configuration.request.get("ContainerGroupName") or "ess")
        asked = {**configuration.request, "ContainerGroupName": f"{base}-{group.made}"}
        params = Params(dict(flat("", {**asked, "Tag": [{"Key": GROUP_TAG, "Value": group.group_id}]})))
        account = self._world.account(self._world.account_name(group.owner_uid))
        request = group_request(params, is_new=True)
        cpu, _ = self._groups.size(group.region, request)
        self._groups.check_quota(account, group.region, cpu)
        made = self._groups.create(account, group.region, name_of(params), request)
        group.instances = (*group.instances, made.group_id)

    def _remove(self, group: ScalingGroup, group_id: str) -> None:
        found = self._world.store[GROUPS].get(group_id)
        if found is not None and found.deleted_at is None:
            self._groups.delete(found)
        group.instances = tuple(one for one in group.instances if one != group_id)


class StackedScalingGroups:
    def __init__(self, world: World, scaling: Scaling) -> None:
        self._world = world
        self._scaling = scaling

    def put(self, stack: Stack, physical_id: str, properties: Mapping[str, Any]) -> None:
        if str(properties.get("GroupType") or "ECS") != "ECI":
            return  # its instances are servers, which are recorded only
        store = self._world.store[SCALING_GROUPS]
        minimum, maximum = _number(properties, "MinSize"), _number(properties, "MaxSize")
        desired = _number(properties, "DesiredCapacity") if properties.get("DesiredCapacity") is not None else None
        if not minimum <= (minimum if desired is None else desired) <= maximum:
            raise error("InvalidParameter", "(MinSize, DesiredCapacity and MaxSize do not ascend)")
        group = store.get(physical_id)
        if group is None:
            given = {"group_id": physical_id, "owner_uid": stack.owner_uid, "region": stack.region}
            store.add(ScalingGroup(**given, minimum=minimum, maximum=maximum, desired=desired))
            return
        group.minimum, group.maximum, group.desired = minimum, maximum, desired
        self._scaling.scale(group)

    def drop(self, physical_id: str) -> None:
        """fact: ess-006"""
        group = self._world.store[SCALING_GROUPS].get(physical_id)
        if group is not None:
            self._scaling.clear(group)
            self._world.store[SCALING_GROUPS].remove(physical_id)


class StackedConfigurations:
    def __init__(self, world: World) -> None:
        self._world = world

    def put(self, stack: Stack, physical_id: str, properties: Mapping[str, Any]) -> None:
        """A change is what later instances are made of. fact: ess-003"""
        del stack
        store = self._world.store[CONFIGURATIONS]
        asked = {_ONE_OF.get(name, name): _named(value) for name, value in properties.items() if name in _OF_GROUPS}
        group_request(Params(dict(flat("", asked))), is_new=True)  # what is wrong with it fails here
        if store.get(physical_id) is not None:
            store.remove(physical_id)
        scaling_group_id = str(properties.get("ScalingGroupId", ""))
        store.add(ScalingConfiguration(configuration_id=physical_id, scaling_group_id=scaling_group_id, request=asked))

    def drop(self, physical_id: str) -> None:
        if self._world.store[CONFIGURATIONS].get(physical_id) is not None:
            self._world.store[CONFIGURATIONS].remove(physical_id)


class StackedEnabling:
    def __init__(self, world: World, scaling: Scaling) -> None:
        self._world = world
        self._scaling = scaling

    def put(self, stack: Stack, physical_id: str, properties: Mapping[str, Any]) -> None:
        """fact: ess-001, ess-005"""
        del stack
        group = self._world.store[SCALING_GROUPS].get(str(properties.get("ScalingGroupId", "")))
        if group is None:
            return  # one of servers
        named = str(properties.get("ScalingConfigurationId") or group.configuration_id)
        configuration = self._world.store[CONFIGURATIONS].get(named)
        if not named:
            raise error("InvalidScalingGroup.NoActiveConfiguration", f"({group.group_id})")
        if configuration is None or configuration.scaling_group_id != group.group_id:
            raise error("InvalidScalingConfigurationId.NotFound", f"({named[:80]!r})")
        group.configuration_id, group.enabled_by = named, physical_id
        self._scaling.scale(group)

    def drop(self, physical_id: str) -> None:
        """Instances stay until the group goes. fact: ess-006"""
        for group in self._world.store[SCALING_GROUPS]:
            if group.enabled_by == physical_id:
                group.enabled_by = ""


def _number(properties: Mapping[str, Any], name: str) -> int:
    found = whole_number(str(properties.get(name, "")))
    if found is None or not 0 <= found <= MOST:
        raise error("InvalidParameter", f"({name}: a number from 0 to {MOST} is expected)")
    return found


def _named(value: Any) -> Any:
    """With the names that CreateContainerGroup has for lists."""
    if isinstance(value, Mapping):
        return {_ONE_OF.get(str(name), str(name)): _named(held) for name, held in value.items()}
    return [_named(one) for one in value] if isinstance(value, list | tuple) else value
