"""Builds one cloud out of its services, seeds it, and knows which handler answers which action of which product."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from computenest_cloud.calls import CallLog
from computenest_cloud.clock import VIRTUAL_EPOCH_S, Clock, wall_now
from computenest_cloud.doors import Doors
from computenest_cloud.errors import ServiceError
from computenest_cloud.faults import FaultRule, Faults
from computenest_cloud.hold import Hold
from computenest_cloud.ids import Mint, new_access_key_id, new_secret
from computenest_cloud.rules import Rules
from computenest_cloud.service import Product, Service, Site
from computenest_cloud.services import kinds
from computenest_cloud.store.database import Store
from computenest_cloud.store.records import Account
from computenest_cloud.timeline import Timeline
from computenest_cloud.traffic import Traffic
from computenest_cloud.wire.signature import Verifier
from computenest_cloud.world import ACCOUNT_NAMES, Answer, Call, Guard, Handler, World

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
        found = kinds()
        store = Store(state, [table for kind in found.values() for table in kind.tables])
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
        self.world.is_there = self._is_there
        self.verifier = Verifier(store)
        self.hold = Hold(self.world.clock, self.world.calls)
        self.doors, self.traffic = Doors(), Traffic()
        self.site = Site(self.world, self.doors, self.traffic, state, self.commit)
        self.services = {folder: kind(self.site) for folder, kind in found.items()}
        self._products = {product.version: product for kind in found.values() for product in kind.products}
        self._actions = self._gather()
        self.fronts = [front for service in self.services.values() if (front := service.front()) is not None]
        self._keeping = [one for one in self.services.values() if type(one).saved is not Service.saved]
        self._last_clock_save_s = 0.0
        self.announce: Callable[[], None] = lambda: None  # tells where it runs and whose keys it knows
        self._begin()

    def _gather(self) -> dict[str, dict[str, Handler]]:
        """Every product's actions by name."""
        found: dict[str, dict[str, Handler]] = {product.name: {} for product in self._products.values()}
        for service in self.services.values():
            for product, actions in service.actions().items():
                twice = found[product].keys() & actions.keys()
                if twice:
                    raise ValueError(f"two services have {product} {', '.join(sorted(twice))}")
                found[product].update(actions)
        return found

    def _is_there(self, object_id: str) -> bool:
        said = (service.has(object_id) for service in self.services.values())
        return next((is_there for is_there in said if is_there is not None), False)

    def _begin(self) -> None:
        mint, store = self.world.mint, self.store
        mint.count("start")
        self.world.now = self.world.clock.now()
        store.put_setting("seed", self.seed)
        for name in ACCOUNT_NAMES:
            if name not in store.accounts:
                self.add_account(name)
        if not store.setting("is_seeded", default=False):
            self._seed()
        self._resume()
        self.save_clock()
        store.commit()

    def add_account(self, name: str, uid: str = "") -> Account:
        """One more, with keys of its own."""
        return self.store.accounts.add(
            Account(
                name=name,
                uid=uid or self.world.mint.uid(name),
                access_key_id=new_access_key_id(temporary=False),
                access_key_secret=new_secret(30),
            )
        )

    def _seed(self) -> None:
        for service in self.services.values():
            service.seed()
        self.store.put_setting("is_seeded", value=True)

    def _resume(self) -> None:
        for service in self.services.values():
            service.resume()

    def reset(self) -> None:
        """Back to the seed catalogue, the switches and the faults of the start. Access keys and the time stay."""
        start = self.world.mint.total("start")
        self.hold.end()
        for service in self.services.values():
            service.stop()
        self.store.clear()
        self.world.timeline.clear()
        self.world.errands.clear()
        self.world.calls.clear()
        self.world.rules.reset()
        self.world.faults.reset()
        for service in self.services.values():
            service.forget()
        for _ in range(start):
            self.world.mint.count("start")
        self._seed()
        self._resume()
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
        has_accounts = self.store.accounts.is_dirty
        self.store.commit()
        if has_accounts:
            self.announce()
        self.world.timeline.keep()
        for service in self._keeping:
            service.saved()

    def roll_back(self) -> None:
        """Forgets what was not committed, in the store and in what is derived from it."""
        if not self.store.is_dirty:
            return
        self.store.roll_back()
        self.world.timeline.roll_back()
        for service in self.services.values():
            service.reload()

    def close(self) -> None:
        for service in self.services.values():
            service.stop()
        self.doors.close()
        self.save_clock()
        self.store.close()

    def product_of(self, version: str) -> Product:
        found = self._products.get(version)
        if found is None:
            raise ServiceError(400, "InvalidVersion", f"Specified parameter Version {version!r} is not valid.")
        return found

    @property
    def actions(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Every product's version and the actions that are served."""
        return {
            product.name: (version, tuple(self._actions[product.name])) for version, product in self._products.items()
        }

    def answer(self, call: Call) -> Answer:
        handler = self._actions[call.service].get(call.action)
        if handler is None:
            raise ServiceError(404, "InvalidAction.NotFound", f"Specified api {call.action!r} is not found.")
        return handler(call)
