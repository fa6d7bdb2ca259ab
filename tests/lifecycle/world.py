"""What a story may do to a cloud besides running the provider, whichever cloud it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from computenest.kernel.logs import LogLine
from computenest.kernel.names import ArtifactId, ImageId, RegionId, Token
from computenest.kernel.regions import PREFIX_OF_REGION
from computenest.resources._packages.model import CustomImage, DraftSpec, Product
from lifecycle.driver import HOME, Stack, custom
from lifecycle.faults import Faults
from lifecycle.memory import MemoryCloud, Rules
from lifecycle.virtual import VirtualClock

SERVICE = "service-0000000000000000001"
MARKET = {"kind": "marketplace", "commodityCode": "cmjj00000001", "commodityVersion": "V1.0"}


class World(Protocol):
    """One cloud and one stack on it."""

    stack: Stack

    def lose(self, region: str) -> None:
        """The copy that the state records for `region` disappears from ECS."""

    def fail_copy(self, region: str, reason: str) -> None:
        """The next copy to `region` fails."""

    def fail_scan(self, reason: str) -> None:
        """The next security scan finds something."""

    def fail_build(self, reason: str, *printed: str) -> None:
        """The next managed build fails, and has printed this before."""

    def associate(self, version: str) -> None:
        """A service uses this version of the package."""

    def dissociate(self, version: str) -> None:
        """The service uses it no more."""

    def describe_by_hand(self, description: str) -> None:
        """Somebody edits the newest version's description in the console."""

    def copies(self) -> int:
        """Copies that this cloud ever made."""

    def leftovers(self) -> Sequence[Any]:
        """Everything that lives in this cloud and was made since it began."""


async def plant(world: World, name: str, tags: dict[str, str]) -> ArtifactId:
    """An artifact that is not ours."""
    draft = DraftSpec(source=CustomImage.model_validate(custom(9)), regions=(RegionId(HOME),), version_name="theirs")
    return await world.stack.artifacts.create(
        name=name, draft=draft, tags=tags, resource_group_id=None, token=Token(f"theirs-{name}")
    )


@dataclass
class MemoryWorld:
    """The cloud in memory."""

    rules: Rules = field(default_factory=Rules)
    interval_s: float = 20.0
    make: Callable[..., Stack] = Stack

    def __post_init__(self) -> None:
        self.clock = VirtualClock()
        self.faults = Faults()
        self.cloud = MemoryCloud(self.clock, self.rules, self.faults)
        self.stack = self.make(
            artifacts=self.cloud, images=self.cloud, clock=self.clock, faults=self.faults, interval_s=self.interval_s
        )
        sold = {r: ImageId(f"{PREFIX_OF_REGION[RegionId(r)]}market00001") for r in (RegionId(HOME),)}
        self.cloud.products["cmjj00000001"] = Product(code="cmjj00000001", versions={"V1.0": sold})

    def lose(self, region: str) -> None:
        self.cloud.lose(ImageId(self.stack.state["images"][region]))

    def fail_copy(self, region: str, reason: str) -> None:
        self.cloud.bad_copies.setdefault(RegionId(region), []).append(reason)

    def fail_scan(self, reason: str) -> None:
        self.cloud.bad_scans.append(reason)

    def fail_build(self, reason: str, *printed: str) -> None:
        self.cloud.bad_builds.append(reason)
        self.cloud.printed = tuple(LogLine("", line, source="build") for line in (*printed, reason))

    def associate(self, version: str) -> None:
        self.cloud.services[(ArtifactId(self.stack.state["artifactId"]), version)] = SERVICE

    def dissociate(self, version: str) -> None:
        del self.cloud.services[(ArtifactId(self.stack.state["artifactId"]), version)]

    def describe_by_hand(self, description: str) -> None:
        build = self.cloud.records[ArtifactId(self.stack.state["artifactId"])].newest_first()[0]
        build.draft = build.draft.model_copy(update={"description": description})
        build.modified_s = self.clock.now_s()

    def copies(self) -> int:
        return sum(self.cloud.started.values())

    def leftovers(self) -> Sequence[Any]:
        return [*(record.name for record in self.cloud.living), *self.cloud.images]
