"""Compute Nest's service instances, and the user's product."""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.service import Actions, Product, Service, Site
from computenest_cloud.services.nest_artifacts.seam import Handlers, Kind, Tagging
from computenest_cloud.services.nest_instances import console
from computenest_cloud.services.nest_instances.addresses import PackageAddresses
from computenest_cloud.services.nest_instances.deployment import Deployment
from computenest_cloud.services.nest_instances.errors import error
from computenest_cloud.services.nest_instances.handlers import InstanceHandlers
from computenest_cloud.services.nest_instances.instances import Instances
from computenest_cloud.services.nest_instances.quoting import Quoting
from computenest_cloud.services.nest_instances.records import INSTANCES
from computenest_cloud.services.nest_instances.user_handlers import UserHandlers, get_network_available_zones
from computenest_cloud.services.nest_services.seam import Services
from computenest_cloud.services.oss.seam import Uploads
from computenest_cloud.services.registry.seam import Registries
from computenest_cloud.services.ros.seam import Stacks
from computenest_cloud.store.records import Account

USER_TAGS = ("TagResources", "UnTagResources", "ListTagResources")  # the user's API has them too (facts §1.8, its SDK)


class NestInstances(Service):
    products = (Product("computenest-user", "2021-06-01"),)
    tables = (INSTANCES,)
    faults = frozenset({"fail_switch"})

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        world, uploads = site.world, site.part(Uploads)
        addresses = PackageAddresses(world, site.doors, site.part(Registries), uploads)
        deployment, stacks = Deployment(world, uploads, addresses), site.part(Stacks)
        self.instances = Instances(world, deployment, stacks)
        self.quoting = Quoting(self.instances, deployment, stacks)
        site.part(Services).on_asked_for_instances(self.instances.of_version, self.instances.service_of)
        site.part(Tagging).add(
            "serviceinstance",
            Kind(
                lambda world, key: world.store[INSTANCES].get(key),
                lambda world, detail: error(world, "ServiceInstanceNotFound", detail),
            ),
        )

    def actions(self) -> Mapping[str, Actions]:
        shared = self.site.part(Handlers).actions()
        return {
            "computenest": {
                **InstanceHandlers(self.instances, is_supplier=True).actions(),
                "GetNetworkAvailableZones": get_network_available_zones,
            },
            "computenest-user": {
                **InstanceHandlers(self.instances, is_supplier=False).actions(),
                **UserHandlers(self.instances).actions(),
                **self.quoting.actions(),
                **{action: shared[action] for action in USER_TAGS},
            },
        }

    def has(self, object_id: str) -> bool | None:
        instance = self.world.store[INSTANCES].get(object_id)
        return None if instance is None else instance.deleted_at is None

    def ledger(self, account: Account) -> Mapping[str, Any]:
        return {
            "instances_outstanding": [
                {"instance_id": instance.instance_id, "region": instance.region, "status": instance.status}
                for instance in self.world.store[INSTANCES]
                if instance.owner_uid == account.uid and instance.deleted_at is None
            ]
        }

    def counts(self) -> Mapping[str, int]:
        return {"instances": sum(instance.deleted_at is None for instance in self.world.store[INSTANCES])}

    def console(self) -> Mapping[str, Any]:
        return {"instances": list(console.running(self.world))}

    def resume(self) -> None:
        self.instances.resume()


SERVICE = NestInstances
