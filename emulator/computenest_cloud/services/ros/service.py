"""ROS: stacks and their templates."""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.service import Actions, Product, Service, Site
from computenest_cloud.services.ecs.seam import Machines
from computenest_cloud.services.oss.seam import Uploads
from computenest_cloud.services.ros.handlers import RosHandlers
from computenest_cloud.services.ros.records import RESOURCES, STACKS
from computenest_cloud.services.ros.stacks import Stacks
from computenest_cloud.store.records import Account


class Ros(Service):
    products = (Product("ros", "2019-09-10", ("ros",), mismatch="InvalidIdempotenceParameter"),)
    tables = (STACKS, RESOURCES)
    faults = frozenset({"fail_stack"})

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.stacks = site.put(Stacks(site.world, site.part(Uploads)))
        site.part(Machines).on_asked(lambda: site.world.store[RESOURCES])

    def actions(self) -> Mapping[str, Actions]:
        return {"ros": RosHandlers(self.stacks, self.site.part(Uploads)).actions()}

    def has(self, object_id: str) -> bool | None:
        stack = self.world.store[STACKS].get(object_id)
        return None if stack is None else stack.deleted_at is None

    def ledger(self, account: Account) -> Mapping[str, Any]:
        return {
            "stacks_outstanding": [
                {"stack_id": stack.stack_id, "region": stack.region, "status": stack.status}
                for stack in self.world.store[STACKS]
                if stack.owner_uid == account.uid and stack.deleted_at is None
            ]
        }

    def resume(self) -> None:
        self.stacks.resume()


SERVICE = Ros
