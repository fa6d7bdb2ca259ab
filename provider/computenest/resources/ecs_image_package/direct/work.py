"""What one operation wants copied, and how far that is: kept by the dispatcher, read by whoever waits for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.progress import Reading
from computenest.kernel.unknown import Known
from computenest.resources._packages.image_package import Package
from computenest.resources._packages.model import Image
from computenest.resources.ecs_image_package.direct.schedule import Job


@dataclass(slots=True, eq=False)
class Flight:
    """One copy under way; `image_id` is None until the cloud has answered."""

    source: RegionId
    began_s: float
    image_id: ImageId | None = None
    last: Image | None = None
    missing_ticks: int = 0
    is_slow: bool = False
    trouble: str = ""
    """Why the last look at it failed, "" where it did not."""


@dataclass(slots=True, eq=False)
class Work:
    """What one package's operation wants copied, and how far that is; its maps are true at every moment.

    Args:
        package: with `direct` set.
        key: tells works apart.
        origin: the source's region.
        shared_source: the image that another account shares; None where the hub owns the source.
        images: finished copies by region, wanted or not.
        copied: those that were seen to end in this run, as they were then.
        flights: copies under way by region.
        missing: regions to copy to.
        needs_root: the first copy has to be made.
        predecessors: the copy that the next one in a region follows.
    """

    package: Package[Known]
    key: str
    origin: RegionId
    shared_source: ImageId | None
    images: dict[RegionId, ImageId]
    flights: dict[RegionId, Flight]
    missing: set[RegionId]
    needs_root: bool
    size_gib: int = 0
    incarnation: int = 1
    copied: dict[RegionId, Image] = field(default_factory=dict)
    predecessors: dict[RegionId, str] = field(default_factory=dict)
    attempts: Counter[RegionId] = field(default_factory=Counter)
    starts: Counter[RegionId] = field(default_factory=Counter)
    failed: dict[RegionId, str] = field(default_factory=dict)
    unusable: set[RegionId] = field(default_factory=set)
    """Holders that the cloud refused as a source in this run."""
    done: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None
    """Why nobody looks at its copies any more."""
    show: Callable[[Reading], None] = lambda _: None

    @property
    def is_finished(self) -> bool:
        return not self.flights and not self.missing and not self.needs_root

    def reading(self) -> Reading:
        """How far it is; a first copy that nobody wants is shown while it runs, and not counted."""
        wanted = self.package.regions
        seen = {region: flight.last for region, flight in self.flights.items()}
        moving = {r: i.progress_percent or 0 for r, i in seen.items() if i is not None and i.status != "Waiting"}
        done = sum(region in self.images for region in wanted)
        copied = sum(moving.get(region, 0) for region in wanted if region not in self.images)
        queued = len(self.missing) + len(self.flights) - len(moving)
        percent = (100 * done + copied) // max(1, len(wanted))
        return Reading(len(wanted), done, moving, percent, waiting=queued)

    @property
    def job(self) -> Job:
        """What the scheduler has to know of it."""
        package = self.package
        keys = package.direct.kms_keys if package.direct else {}
        keyless = frozenset(region for region in self.missing if region not in keys)
        return Job(
            key=self.key,
            size_gib=self.size_gib,
            origin=self.origin,
            needs_root=self.needs_root,
            holders=frozenset(self.images) - self.unusable,
            wanted=frozenset(self.missing),
            topology=package.direct.topology if package.direct else "tree",
            deaf={region: keyless for region in self.images if region in keys} if keys else {},
        )
