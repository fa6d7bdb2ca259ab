"""One stack with one package in direct distribution, on the cloud in memory: what people do, and what must hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from computenest.kernel import identity
from computenest.kernel.ports import Clock
from computenest.reconcile.retry import Retry, retrying
from computenest.reconcile.silence import Silence
from computenest.resources._packages.direct_model import SHARE_TAG_PREFIX, copy_name
from computenest.resources._packages.packages import Packages
from computenest.resources.ecs_image_package.direct.dispatch import Dispatcher
from computenest.resources.ecs_image_package.direct.inventory import Inventory
from computenest.resources.ecs_image_package.direct.packages import DirectPackages, Hub
from computenest.resources.ecs_image_package.direct.poll import Polls
from lifecycle.driver import OWNER, Failed, Killed, Stack, _no_lease
from lifecycle.faults import Faults
from lifecycle.images import package_of
from lifecycle.virtual import VirtualClock
from simulation.ecs import HUB, REGIONS, SUPPLIER, Account, Ecs, Record, Rules

_RETRY = Retry(attempts=12, base_s=0.5, cap_s=4.0, budget_s=600.0)


class Broken(AssertionError):
    """The oracle says no."""


def sharing(
    accounts: Mapping[str, Any],
    clock: Clock,
    screen: Any,
    interval_s: float,
    retry: Retry,
    *,
    silence: Silence | None = None,
    make: Callable[..., DirectPackages] = DirectPackages,
    make_dispatcher: Callable[..., Dispatcher] = Dispatcher,
) -> dict[str, DirectPackages]:
    """What a process has for each account's sources: they share the hub, whose polls alone are not tried again."""
    patient = {uid: retrying(account, retry, clock) for uid, account in accounts.items()}
    inventories = {uid: Inventory(port, clock) for uid, port in patient.items()}
    hub, inventory, polls = patient[HUB], inventories[HUB], Polls(accounts[HUB], clock, silence or Silence())
    shared = Hub(hub, inventory, make_dispatcher(hub, inventory, polls, clock, interval_s))
    return {uid: make(port, inventories[uid], shared, clock, screen, _no_lease) for uid, port in patient.items()}


@dataclass
class DirectStack(Stack):
    """A stack whose package is distributed directly."""

    retry: Retry = _RETRY
    make_direct: Callable[..., DirectPackages] = DirectPackages
    make_dispatcher: Callable[..., Dispatcher] = Dispatcher
    accounts: Mapping[str, Any] = field(default_factory=dict)
    silence: Silence | None = None

    def packages(self) -> Packages[Any, Any]:
        made: Any = sharing(
            self.accounts, self.clock, self.screen, self.interval_s, self.retry,
            silence=self.silence, make=self.make_direct, make_dispatcher=self.make_dispatcher,
        )[SUPPLIER]  # fmt: skip
        return made  # type: ignore[no-any-return]


def wish(regions: Sequence[int], *, image: str, permit: int = 0, **direct: Any) -> dict[str, Any]:
    """What a program asks for: regions by number, so many permitted accounts."""
    return {
        "ownerId": OWNER,
        "name": "gold",
        "source": {"kind": "custom", "imageId": image, "region": REGIONS[0]},
        "regions": [REGIONS[number] for number in regions],
        "account": "supplier",
        "timeoutS": 100_000,
        "direct": {
            "hubAccount": "hub",
            "hubUid": HUB,
            "permit": [str(3_000_000_000_000_000 + number) for number in range(permit)],
            "stack": "shop/dev",
            **direct,
        },
    }


@dataclass
class World:
    """The cloud, the stack, and two source images in the supplier's account."""

    rules: Rules = field(default_factory=Rules)
    tamper: Any = None
    make_direct: Any = DirectPackages
    make_dispatcher: Any = Dispatcher

    def __post_init__(self) -> None:
        self.clock, self.faults = VirtualClock(), Faults(most_strikes=_RETRY.attempts)
        self.wanted: dict[str, str] = {}
        self.strangers: list[Record] = []
        self.ecs = Ecs(self.clock, self.rules, self.faults)
        self.sources = [self.ecs.plant(SUPPLIER, REGIONS[0], f"gold-{n}", size_gib=20 * n).image_id for n in (1, 2)]
        self.ecs.is_wanted = lambda region, name: self.wanted.get(region) == name
        accounts: dict[str, Any] = {uid: Account(self.ecs, uid) for uid in (SUPPLIER, HUB)}
        if self.tamper is not None:
            accounts[HUB] = self.tamper(accounts[HUB])
        self.stack = DirectStack(
            artifacts=accounts[HUB],
            images=accounts[HUB],
            clock=self.clock,
            faults=self.faults,
            accounts=accounts,
            make_direct=self.make_direct,
            make_dispatcher=self.make_dispatcher,
        )

    def want(self, news: dict[str, Any] | None) -> None:
        """From now on these copies must not be deleted and made again; None for none."""
        self.wanted = {}
        if news is not None:
            package = package_of(self.stack.checked(news, recorded=None))
            self.wanted = {region: copy_name(package, region) for region in package.regions}

    @property
    def copies(self) -> list[Record]:
        """Every image of the hub that is ours."""
        self.ecs.catch_up()
        return [r for r in self.ecs.images.values() if r.tags.get(identity.OWNER_TAG) == OWNER]

    async def up(self, news: dict[str, Any], *, tries: int = 1) -> None:
        """`pulumi up`; after a crash the documented commands, and again; after a failure only again."""
        for left in reversed(range(tries)):
            try:
                await self.stack.up(news)
            except Killed:
                self.faults.rearm(at=None)
                if self.stack.is_deployed:
                    await self.stack.refresh()
                await self.stack.up(news)
            except Failed:
                self.faults.rearm(at=None)
                if not left:
                    raise
                continue
            return

    def judge(self, news: dict[str, Any]) -> None:
        """Exactly one image in each wanted region, none elsewhere, permissions exact, no id lost, none copied twice."""
        package = package_of(self.stack.inputs)
        wanted = {region: copy_name(package, region) for region in package.regions}
        there = {(r.region, r.name): r for r in self.copies}
        _same("copies", sorted(there), sorted(wanted.items()))
        _same("one image a region", len(self.copies), len(wanted))
        _same("available", {r.status for r in self.copies}, {"Available"})
        for record in self.copies:
            _same("permissions", sorted(record.shares), sorted(news["direct"]["permit"]))
        images = {r.region: r.image_id for r in self.copies}
        _same("ids in the state", self.stack.state["images"], images)
        _same("strays", self.stack.state["strays"], {})
        _same("status", self.stack.state["status"], "Available")
        self.judge_source()
        self.judge_starts()

    def judge_starts(self) -> None:
        for key, count in self.ecs.started.items():
            if count > 1 + self.ecs.excused[key]:
                raise Broken(f"{count} copies of {key} were started, {self.ecs.excused[key]} of them excused")

    def judge_source(self) -> None:
        for image in self.sources:
            record = self.ecs.images[image]
            _same("shares of the source", record.shares, set())
            _same("tags of the source", [k for k in record.tags if k.startswith(SHARE_TAG_PREFIX)], [])

    def judge_empty(self) -> None:
        _same("after destroy", [r.name for r in self.copies], [])
        self.judge_source()
        for image in self.sources:
            _same("marks of the source", self.ecs.images[image].tags, {})


def _same(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise Broken(f"{what}: {found!r}, not {wanted!r}")
