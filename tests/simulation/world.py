"""One stack with one package in direct distribution, and the cloud it lives in: what people do, and what must hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from computenest.kernel import identity
from computenest.resources._packages.direct_model import SHARE_TAG_PREFIX, copy_name
from computenest_cloud.services.ecs.records import Image
from lifecycle.cores import session_on
from lifecycle.driver import OWNER
from lifecycle.faults import Faults
from lifecycle.images import package_of
from lifecycle.virtual import VirtualClock
from simulation.cloud import ACCOUNTS, HUB, REGIONS, Rules, cloud
from simulation.stack import DirectStack

S = TypeVar("S", bound="DirectStack")
ATTEMPTS = 20  # of the provider's own in an account of direct distribution


class Broken(AssertionError):
    """The oracle says no."""


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
    """The cloud, empty but for two source images in the supplier's account, and the stack."""

    rules: Rules = field(default_factory=Rules)

    def __post_init__(self) -> None:
        self.cloud, self.faults = cloud(), Faults(most_strikes=ATTEMPTS)
        self.cloud.begin(self.rules)
        self.clock = VirtualClock(self.cloud.advance, now_s=self.cloud.now_s)
        golden = (self.cloud.plant("supplier", REGIONS[0], f"gold-{n}", size_gib=20 * n) for n in (1, 2))
        self.sources = [image.image_id for image in golden]
        self.strangers: list[Image] = []
        self.stack = self.another(DirectStack, self.faults, interval_s=20.0)

    def another(self, kind: type[S], faults: Faults, **more: Any) -> S:
        """A stack of these accounts, whose calls `faults` strikes."""
        clock, latency_s = self.clock, self.rules.latency_s
        sessions = {
            name: session_on(self.cloud, account, clock, faults, latency_s=latency_s)
            for name, account in ACCOUNTS.items()
        }
        return kind(faults=faults, sessions=sessions, **more)

    def want(self, news: dict[str, Any] | None) -> None:
        """From now on these copies must not be deleted and made again; None for none."""
        self.cloud.wanted = {}
        if news is not None:
            package = package_of(self.stack.checked(news))
            self.cloud.wanted = {region: copy_name(package, region) for region in package.regions}

    @property
    def copies(self) -> list[Image]:
        """Every image of the hub that is ours."""
        return [image for image in self.cloud.images if image.tags.get(identity.OWNER_TAG) == OWNER]

    @property
    def owed(self) -> list[str]:
        """What is left on the sources of shares and marks."""
        sources = map(self.cloud.image, self.sources)
        found = ((source, sorted(self.cloud.permitted(source)), dict(source.tags)) for source in sources)
        return [f"{source.name}: {shares} {tags}" for source, shares, tags in found if shares or tags]

    def drain(self) -> None:
        """Everything goes well again."""
        self.cloud.drain()
        for stranger in self.strangers:
            if stranger not in self.cloud.images or stranger.tags or self.cloud.permitted(stranger):
                raise Broken(f"a stranger's image was touched: {stranger}")
            self.cloud.take_away(stranger)
        self.strangers.clear()

    def judge(self, news: dict[str, Any]) -> None:
        """Exactly one image in each wanted region, none elsewhere, permissions exact, no id lost, none copied twice."""
        package = package_of(self.stack.inputs)
        wanted = {region: copy_name(package, region) for region in package.regions}
        there = {(r.region, r.name): r for r in self.copies}
        _same("copies", sorted(there), sorted(wanted.items()))
        _same("one image a region", len(self.copies), len(wanted))
        _same("available", {r.status for r in self.copies}, {"Available"})
        for record in self.copies:
            _same("permissions", sorted(self.cloud.permitted(record)), sorted(news["direct"]["permit"]))
        images = {r.region: r.image_id for r in self.copies}
        _same("ids in the state", self.stack.state["images"], images)
        _same("strays", self.stack.state["strays"], {})
        _same("status", self.stack.state["status"], "Available")
        self.judge_source()
        self.judge_starts()

    def judge_starts(self) -> None:
        for place, ids in self.cloud.started.items():
            if len(ids) > 1 + self.cloud.excused[place]:
                raise Broken(f"{len(ids)} copies of {place} were started, {self.cloud.excused[place]} of them excused")

    def judge_source(self) -> None:
        for source in map(self.cloud.image, self.sources):
            _same("shares of the source", self.cloud.permitted(source), set())
            _same("tags of the source", [k for k in source.tags if k.startswith(SHARE_TAG_PREFIX)], [])

    def judge_empty(self) -> None:
        _same("after destroy", [r.name for r in self.copies], [])
        _same("shares and marks of the sources", self.owed, [])


def _same(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise Broken(f"{what}: {found!r}, not {wanted!r}")
