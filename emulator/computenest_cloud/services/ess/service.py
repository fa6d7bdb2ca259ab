"""Auto Scaling: what stacks declare of it, without an API of its own."""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.service import Service, Site
from computenest_cloud.services.eci.seam import Groups
from computenest_cloud.services.ess.records import CONFIGURATIONS, SCALING_GROUPS
from computenest_cloud.services.ess.scaling import (
    Scaling,
    StackedConfigurations,
    StackedEnabling,
    StackedScalingGroups,
)
from computenest_cloud.services.ros.seam import Stacks
from computenest_cloud.store.records import Account


class Ess(Service):
    tables = (SCALING_GROUPS, CONFIGURATIONS)

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        stacks, scaling = site.part(Stacks), Scaling(site.world, site.part(Groups))
        stacks.on_resource("ALIYUN::ESS::ScalingGroup", StackedScalingGroups(site.world, scaling))
        stacks.on_resource("ALIYUN::ESS::EciScalingConfiguration", StackedConfigurations(site.world))
        stacks.on_resource("ALIYUN::ESS::ScalingGroupEnable", StackedEnabling(site.world, scaling))

    def ledger(self, account: Account) -> Mapping[str, Any]:
        return {
            "scaling_groups_outstanding": [
                {"scaling_group_id": group.group_id, "region": group.region, "instances": list(group.instances)}
                for group in self.world.store[SCALING_GROUPS]
                if group.owner_uid == account.uid
            ]
        }

    def counts(self) -> Mapping[str, int]:
        return {"scaling_groups": sum(1 for _ in self.world.store[SCALING_GROUPS])}


SERVICE = Ess
