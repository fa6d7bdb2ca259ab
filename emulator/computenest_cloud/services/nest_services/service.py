"""Compute Nest's services: drafts, reviews, publishing, sharing, and what these decide about packages."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from computenest_cloud.service import Actions, ControlCalls, Service, Site
from computenest_cloud.services.nest_artifacts.seam import Delivery, Hub, Kind, Tagging, Users
from computenest_cloud.services.nest_services import console
from computenest_cloud.services.nest_services.control import ServiceControl
from computenest_cloud.services.nest_services.errors import error
from computenest_cloud.services.nest_services.handlers import ServiceHandlers
from computenest_cloud.services.nest_services.permissions import Permissions
from computenest_cloud.services.nest_services.publishing import Publishing
from computenest_cloud.services.nest_services.records import (
    REGISTRATIONS,
    SERVICE_VERSIONS,
    SERVICES,
    SHARED_ACCOUNTS,
)
from computenest_cloud.services.nest_services.relations import users_of
from computenest_cloud.services.nest_services.services import Services
from computenest_cloud.services.nest_services.sharing import ServiceSharing
from computenest_cloud.services.oss.seam import Uploads
from computenest_cloud.store.records import Account


class NestServices(Service):
    tables = (SERVICES, SERVICE_VERSIONS, REGISTRATIONS, SHARED_ACCOUNTS)
    faults = frozenset({"fail_service"})

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        world = site.world
        self.permissions = Permissions(world, site.part(Hub))
        site.part(Delivery).on_finished(self.permissions.apply)
        site.part(Users).on_asked(lambda version: users_of(world, version), self.permissions.is_public)
        site.part(Tagging).add(
            "service",
            Kind(
                lambda world, key: world.store[SERVICES].get(key),
                lambda world, detail: error(world, "EntityNotExist.Service", detail),
            ),
        )
        self._services = site.put(Services(world, self.permissions.apply))
        self.publishing = site.put(Publishing(world, self.permissions.apply))
        sharing = ServiceSharing(world, self.permissions, self.permissions.apply)
        self._handlers = ServiceHandlers(self._services, self.publishing, sharing, site.part(Uploads))

    def actions(self) -> Mapping[str, Actions]:
        return {"computenest": self._handlers.actions()}

    def has(self, object_id: str) -> bool | None:
        service = self.world.store[SERVICES].get(object_id)
        return None if service is None else service.deleted_at is None

    def control(self) -> ControlCalls:
        return ServiceControl(self.world, self.publishing, self.permissions).calls()

    def ledger(self, account: Account) -> Mapping[str, Any]:
        return {
            "services_outstanding": [
                {"service_id": service.service_id}
                for service in self.world.store[SERVICES]
                if service.owner_uid == account.uid and service.deleted_at is None
            ]
        }

    def counts(self) -> Mapping[str, int]:
        return {"services": sum(service.deleted_at is None for service in self.world.store[SERVICES])}

    def console(self) -> Mapping[str, Any]:
        return {"services": list(console.offered(self.world)), "reviews": partial(console.reviews, self.world)}

    def resume(self) -> None:
        self._services.resume()
        self.publishing.resume()


SERVICE = NestServices
