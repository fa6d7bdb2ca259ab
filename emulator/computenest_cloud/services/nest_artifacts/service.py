"""Compute Nest's artifacts: drafts, builds, delivery, removal; and the supplier's product itself."""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.service import Actions, ControlCalls, Product, Service, Site
from computenest_cloud.services.ecs.seam import Copier
from computenest_cloud.services.nest_artifacts import console
from computenest_cloud.services.nest_artifacts.artifacts import Drafts
from computenest_cloud.services.nest_artifacts.building import FINISH_BUILD, Builder
from computenest_cloud.services.nest_artifacts.control import ArtifactControl
from computenest_cloud.services.nest_artifacts.delivery import PEAK, Delivery
from computenest_cloud.services.nest_artifacts.handlers import Handlers
from computenest_cloud.services.nest_artifacts.hub import Hub
from computenest_cloud.services.nest_artifacts.packages import Packages
from computenest_cloud.services.nest_artifacts.records import ARTIFACTS, ASSOCIATIONS, REMOVALS, VERSIONS
from computenest_cloud.services.nest_artifacts.removal import Remover
from computenest_cloud.services.nest_artifacts.repositories import RepositoryHandlers
from computenest_cloud.services.nest_artifacts.tagging import Tagging
from computenest_cloud.services.nest_artifacts.users import Users
from computenest_cloud.services.nest_artifacts.views import Views
from computenest_cloud.services.oss.seam import Uploads
from computenest_cloud.services.registry.seam import Contents, Registries
from computenest_cloud.store.records import Account


class Artifacts(Service):
    products = (Product("computenest", "2021-05-21", ("computenest", "computenestsupplier")),)
    tables = (ARTIFACTS, VERSIONS, ASSOCIATIONS, REMOVALS)
    faults = frozenset({"fail_build", "fail_scan"})

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        world, copier = site.world, site.part(Copier)
        registries, contents, uploads = site.part(Registries), site.part(Contents), site.part(Uploads)
        users, self.hub = site.put(Users(world)), site.put(Hub(world, copier))
        self.delivery = site.put(Delivery(world, self.hub, copier))
        packages = Packages(world, registries, contents, uploads, users)
        self.delivery.on_package(packages.deliver)
        self.handlers = site.put(
            Handlers(
                Drafts(world, Builder(world, self.hub), self.hub),
                self.delivery,
                Remover(world, self.hub, users, packages.forget),
                Views(world, self.delivery),
                site.put(Tagging()),
            )
        )
        self._repositories = RepositoryHandlers(registries, contents, uploads)

    def actions(self) -> Mapping[str, Actions]:
        return {"computenest": {**self.handlers.actions(), **self._repositories.actions()}}

    def has(self, object_id: str) -> bool | None:
        artifact = self.world.store[ARTIFACTS].get(object_id)
        return None if artifact is None else artifact.deleted_at is None

    # --- what it shows

    def control(self) -> ControlCalls:
        return ArtifactControl(self.world).calls()

    def ledger(self, account: Account) -> Mapping[str, Any]:
        living = [a for a in self.world.store[ARTIFACTS] if a.owner_uid == account.uid and a.deleted_at is None]
        return {"artifacts_outstanding": [{"artifact_id": a.artifact_id, "name": a.name} for a in living]}

    def totals(self) -> Mapping[str, Any]:
        peak = self.world.store.setting(PEAK, 0)
        return {"deliveries_in_flight": self.delivery.in_flight(), "deliveries_in_flight_peak": peak}

    def counts(self) -> Mapping[str, int]:
        store = self.world.store
        return {
            "artifacts": sum(artifact.deleted_at is None for artifact in store[ARTIFACTS]),
            "versions": sum(version.deleted_at is None for version in store[VERSIONS]),
        }

    def console(self) -> Mapping[str, Any]:
        return {"packages": console.by_version(self.world)}

    # --- its life

    def resume(self) -> None:
        self.delivery.resume(FINISH_BUILD)
        self.hub.resume()

    def forget(self) -> None:
        self.world.store.put_setting(PEAK, 0)


SERVICE = Artifacts
