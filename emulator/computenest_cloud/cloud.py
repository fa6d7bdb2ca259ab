"""Builds one cloud out of its parts, seeds it, and knows which handler answers which action of which product."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from computenest_cloud import catalogue
from computenest_cloud.calls import CallLog
from computenest_cloud.clock import VIRTUAL_EPOCH_S, Clock, wall_now
from computenest_cloud.doors import Doors
from computenest_cloud.errors import ServiceError
from computenest_cloud.faults import FaultRule, Faults
from computenest_cloud.hold import Hold
from computenest_cloud.ids import Mint, new_access_key_id, new_secret
from computenest_cloud.rules import Rules
from computenest_cloud.services.bss import behaviour as bss
from computenest_cloud.services.computenest.artifacts import Drafts
from computenest_cloud.services.computenest.building import FINISH_BUILD, Builder
from computenest_cloud.services.computenest.delivery import Delivery
from computenest_cloud.services.computenest.deployment import Deployment
from computenest_cloud.services.computenest.handlers import Handlers
from computenest_cloud.services.computenest.hub import Hub
from computenest_cloud.services.computenest.instance_handlers import InstanceHandlers
from computenest_cloud.services.computenest.instances import Instances
from computenest_cloud.services.computenest.packages import PackageAddresses, Packages
from computenest_cloud.services.computenest.permissions import Permissions
from computenest_cloud.services.computenest.publishing import Publishing
from computenest_cloud.services.computenest.removal import Remover
from computenest_cloud.services.computenest.repositories import RepositoryHandlers
from computenest_cloud.services.computenest.service_handlers import ServiceHandlers
from computenest_cloud.services.computenest.service_sharing import ServiceSharing
from computenest_cloud.services.computenest.services import Services
from computenest_cloud.services.computenest.user_handlers import UserHandlers, get_network_available_zones
from computenest_cloud.services.computenest.views import Views
from computenest_cloud.services.cr.handlers import CrHandlers
from computenest_cloud.services.ecs import handlers as ecs
from computenest_cloud.services.ecs.copying import Copier
from computenest_cloud.services.location import behaviour as location
from computenest_cloud.services.market import behaviour as market
from computenest_cloud.services.oss.bodies import Bodies
from computenest_cloud.services.oss.front import ObjectFront, Traffic
from computenest_cloud.services.oss.objects import Objects, Uploads
from computenest_cloud.services.registry.contents import Contents
from computenest_cloud.services.registry.front import RegistryFront
from computenest_cloud.services.registry.process import Processes
from computenest_cloud.services.registry.registries import Registries
from computenest_cloud.services.registry.tokens import Tokens
from computenest_cloud.services.ros.handlers import RosHandlers
from computenest_cloud.services.ros.stacks import Stacks
from computenest_cloud.services.sts import behaviour as sts
from computenest_cloud.store.database import Store
from computenest_cloud.store.records import Account, Image
from computenest_cloud.timeline import Timeline
from computenest_cloud.wire.signature import Verifier
from computenest_cloud.world import ACCOUNT_NAMES, Answer, Call, Guard, Handler, World

SERVICES = {
    "2014-05-26": "ecs",
    "2015-04-01": "sts",
    "2015-06-12": "location",
    "2015-11-01": "market",
    "2017-12-14": "bss",
    "2018-12-01": "cr",
    "2019-09-10": "ros",
    "2021-05-21": "computenest",
    "2021-06-01": "computenest-user",
}
USER_TAGS = ("TagResources", "UnTagResources", "ListTagResources")  # the user's API has them too (facts §1.8, its SDK)
SAVE_CLOCK_EVERY_S = 0.25  # of real time: how much a server that is killed may forget of time in which nothing changed


class Cloud:
    def __init__(
        self,
        *,
        state: Path,
        seed: int,
        time_scale: float,
        is_virtual: bool,
        faults: Sequence[FaultRule] | None,
        switches: Mapping[str, Any],
    ) -> None:
        store = Store(state)
        self.store = store
        self.seed = int(store.setting("seed", seed))
        mint = Mint(store, seed=self.seed)
        start_s = store.setting("clock_s", VIRTUAL_EPOCH_S if is_virtual else wall_now())
        self.world = World(
            store=store,
            clock=Clock(
                start_s=float(start_s),
                scale=time_scale,
                is_virtual=is_virtual,
                advanced_s=float(store.setting("clock_advanced_s", 0.0)),
            ),
            mint=mint,
            rules=Rules(store, switches),
            faults=Faults(store, mint, faults),
            calls=CallLog(),
            timeline=Timeline(),
            guard=Guard(save=self.commit, undo=self.roll_back),
        )
        self.copier = Copier(self.world)
        self.hub = Hub(self.world, self.copier)
        self.delivery = Delivery(self.world, self.hub, self.copier)
        self.permissions = Permissions(self.world, self.hub)
        self.delivery.on_finished(self.permissions.apply)
        self._builder = Builder(self.world, self.hub)
        self.verifier = Verifier(store)
        self.hold = Hold(self.world.clock, self.world.calls)
        self._open_storage(state)
        self._actions = self._build_services()
        self._last_clock_save_s = 0.0
        self._begin()

    def _open_storage(self, state: Path) -> None:
        """Object storage and registries; what they hold lies beside the state file."""
        self.doors, self.traffic = Doors(), Traffic()
        self.storage = Objects(self.world, Bodies(state.with_name(f"{state.name}.objects")))
        self._uploads = uploads = Uploads(self.world, self.storage)
        self.objects = ObjectFront(self.world, uploads, self.traffic, self.commit)
        self.registries = Registries(self.world, self.doors)
        self.contents = Contents(self.world, self.storage)
        tokens = Tokens(self.store)
        self.processes = Processes(uploads, self.doors, tokens, state.with_name(f"{state.name}.registries"))
        self.registry_front = RegistryFront(
            self.world, self.doors, self.registries, self.contents, tokens, self.processes, self.traffic, self.commit
        )

    def _build_services(self) -> dict[str, Mapping[str, Handler]]:
        """Every product's actions by name."""
        uploads = self._uploads
        packages = Packages(self.world, self.registries, self.contents, uploads)
        self.delivery.on_package(packages.deliver)
        addresses = PackageAddresses(self.world, self.doors, self.registries, uploads)
        nest = Handlers(
            Drafts(self.world, self._builder, self.hub),
            self.delivery,
            Remover(self.world, self.hub, packages.forget),
            Views(self.world, self.delivery),
        )
        self._services = Services(self.world, self.permissions.apply)
        self.publishing = Publishing(self.world, self.permissions.apply)
        sharing = ServiceSharing(self.world, self.permissions, self.permissions.apply)
        self.stacks = Stacks(self.world, uploads)
        self._instances = Instances(self.world, Deployment(self.world, uploads, addresses), self.stacks)
        offered = ServiceHandlers(self._services, self.publishing, sharing, uploads)
        return {
            "ecs": ecs.actions(self.copier),
            "computenest": {
                **nest.actions(),
                **offered.actions(),
                **RepositoryHandlers(self.registries, self.contents, uploads).actions(),
                **InstanceHandlers(self._instances, is_supplier=True).actions(),
                "GetNetworkAvailableZones": get_network_available_zones,
            },
            "computenest-user": {
                **InstanceHandlers(self._instances, is_supplier=False).actions(),
                **UserHandlers(self._instances).actions(),
                **{action: nest.actions()[action] for action in USER_TAGS},
            },
            "bss": bss.ACTIONS,
            "cr": CrHandlers(self.registries, self.contents).actions(),
            "location": location.ACTIONS,
            "market": market.ACTIONS,
            "ros": RosHandlers(self.stacks, uploads).actions(),
            "sts": sts.ACTIONS,
        }

    def _begin(self) -> None:
        mint, store = self.world.mint, self.store
        mint.count("start")
        self.world.now = self.world.clock.now()
        store.put_setting("seed", self.seed)
        for name in ACCOUNT_NAMES:
            if name not in store.accounts:
                store.accounts.add(
                    Account(
                        name=name,
                        uid=mint.uid(name),
                        access_key_id=new_access_key_id(temporary=False),
                        access_key_secret=new_secret(30),
                    )
                )
        if not store.setting("is_seeded", default=False):
            self._seed()
        self.copier.resume()
        self.delivery.resume(FINISH_BUILD)
        self.hub.resume()
        self._services.resume()
        self.publishing.resume()
        self.stacks.resume()
        self._instances.resume()
        self.registries.resume()
        self.save_clock()
        store.commit()

    def _seed(self) -> None:
        world = self.world
        for golden in catalogue.golden_images():
            world.store.images.add(
                Image(
                    image_id=golden.image_id,
                    seq=world.mint.count("order"),
                    region=golden.region,
                    owner_uid=world.account("supplier").uid,
                    name=golden.name,
                    size_gib=golden.size_gib,
                    created_at=world.now,
                    is_catalogue=True,
                )
            )
        world.store.put_setting("is_seeded", value=True)

    def reset(self) -> None:
        """Back to the seed catalogue, the switches and the faults of the start. Access keys and the time stay."""
        start = self.world.mint.total("start")
        self.hold.end()
        self.processes.end()
        self.store.clear()
        self.storage.load()
        self.world.timeline.clear()
        self.world.calls.clear()
        self.world.rules.reset()
        self.world.faults.reset()
        self.store.put_setting("deliveries_in_flight_peak", 0)
        for _ in range(start):
            self.world.mint.count("start")
        self._seed()
        self.copier.resume()
        self.store.commit()

    def save_clock(self) -> None:
        self.store.put_setting("clock_s", self.world.clock.now())
        self.store.put_setting("clock_advanced_s", self.world.clock.advanced_s)

    def commit(self) -> None:
        """Writes what changed together with its time; where nothing changed, the time now and then."""
        real_s = wall_now()
        if self.store.is_dirty or real_s - self._last_clock_save_s >= SAVE_CLOCK_EVERY_S:
            self._last_clock_save_s = real_s
            self.save_clock()
        self.store.commit()
        self.world.timeline.keep()
        self.storage.bodies.clean_dropped()

    def roll_back(self) -> None:
        """Forgets what was not committed, in the store and in what is derived from it."""
        if not self.store.is_dirty:
            return
        self.store.roll_back()
        self.world.timeline.roll_back()
        self.copier.reload()
        self.storage.reload()

    def close(self) -> None:
        self.processes.end()
        self.doors.close()
        self.save_clock()
        self.store.close()

    @staticmethod
    def service_of(version: str) -> str:
        service = SERVICES.get(version)
        if service is None:
            raise ServiceError(400, "InvalidVersion", f"Specified parameter Version {version!r} is not valid.")
        return service

    @property
    def actions(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Every product's version and the actions that are served."""
        return {service: (version, tuple(self._actions[service])) for version, service in SERVICES.items()}

    def answer(self, call: Call) -> Answer:
        handler = self._actions[call.service].get(call.action)
        if handler is None:
            raise ServiceError(404, "InvalidAction.NotFound", f"Specified api {call.action!r} is not found.")
        return handler(call)
