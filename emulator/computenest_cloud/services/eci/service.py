"""Elastic Container Instance."""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.service import Actions, ControlCalls, Product, Service, Site
from computenest_cloud.services.eci.control import ContainerControl
from computenest_cloud.services.eci.groups import Groups
from computenest_cloud.services.eci.handlers import EciHandlers
from computenest_cloud.services.eci.records import GROUPS
from computenest_cloud.services.eci.stacked import RESOURCE_TYPE, StackedGroups
from computenest_cloud.services.registry.seam import Registries
from computenest_cloud.services.ros.seam import Stacks
from computenest_cloud.store.records import Account


class Eci(Service):
    products = (Product("eci", "2018-08-08", ("eci",)),)
    tables = (GROUPS,)
    faults = frozenset({"fail_pull", "fail_schedule"})

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.groups = site.put(Groups(site.world, site.part(Registries), site.state.parent / "layers"))
        site.part(Stacks).on_resource(RESOURCE_TYPE, StackedGroups(site.world, self.groups))

    def actions(self) -> Mapping[str, Actions]:
        return {"eci": EciHandlers(self.groups).actions()}

    def has(self, object_id: str) -> bool | None:
        group = self.world.store[GROUPS].get(object_id)
        return None if group is None else group.deleted_at is None

    def control(self) -> ControlCalls:
        return ContainerControl(self.world, self.groups).calls()

    def ledger(self, account: Account) -> Mapping[str, Any]:
        return {
            "container_groups_outstanding": [
                {"container_group_id": group.group_id, "region": group.region, "status": group.status}
                for group in self.world.store[GROUPS]
                if group.owner_uid == account.uid and group.deleted_at is None
            ]
        }

    def counts(self) -> Mapping[str, int]:
        return {"container_groups": sum(group.deleted_at is None for group in self.world.store[GROUPS])}

    def console(self) -> Mapping[str, Any]:
        living = [group for group in self.world.store[GROUPS] if group.deleted_at is None]
        rows = [
            {"group": group, "owner": self.world.account_name(group.owner_uid)}
            for group in sorted(living, key=lambda group: group.seq)
        ]
        return {"container_groups": rows}

    def resume(self) -> None:
        self.groups.resume()


SERVICE = Eci
