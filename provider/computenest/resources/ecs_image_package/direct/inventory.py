"""Looks at an account's own images, a region at a time, shared by everybody who asks at about the same time.

One listing answers all that has to be known before acting: copies of ours in every status, names that strangers hold,
and how many images there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.ports import Clock
from computenest.reconcile.asking import all_ended
from computenest.resources._packages.model import Image
from computenest.resources.ecs_image_package.copies_api import CloudCopies

MOST_KNOWN = 100  # ids that one DescribeImages takes (facts §4); a package has one or two in a region
_GATHER_S = 0.2  # how long a look waits for company, in seconds of the cloud's clock


@dataclass(slots=True)
class Inventory:
    """Reads what the account owns. Guarantee: an answer is never older than the question."""

    copies: CloudCopies
    clock: Clock
    _asked: dict[RegionId, asyncio.Task[tuple[Image, ...]]] = field(default_factory=dict)

    async def own(self, region: RegionId, known: Set[ImageId] = frozenset()) -> tuple[Image, ...]:
        """Every own image in `region`. The list hides those that somebody made public, so of those that are `known`
        the missing ones are asked for by their ids."""
        listed = await self._ask(region)
        missing = sorted(known - {image.image_id for image in listed})[:MOST_KNOWN]
        if not missing:
            return listed
        published = await self.copies.published(region=region, ids=missing)
        return (*listed, *(published[image] for image in sorted(published)))

    async def everywhere(
        self, regions: frozenset[RegionId], known: Mapping[RegionId, Set[ImageId]] | None = None
    ) -> dict[RegionId, tuple[Image, ...]]:
        """Every own image in each of `regions`; `known` as for `own`."""
        ordered, ids = sorted(regions), known or {}
        looks = (self.own(region, ids.get(region, frozenset())) for region in ordered)
        return dict(zip(ordered, await all_ended(looks), strict=True))

    def _ask(self, region: RegionId) -> asyncio.Future[tuple[Image, ...]]:
        """One reading for all who ask now; whoever gives up leaves it to the others."""
        task = self._asked.get(region)
        if task is None:
            task = self._asked[region] = asyncio.create_task(self._read_soon(region))
        return asyncio.shield(task)

    async def _read_soon(self, region: RegionId) -> tuple[Image, ...]:
        await self.clock.sleep(_GATHER_S)
        del self._asked[region]  # whoever asks from now on gets a younger answer
        return await self.copies.own(region=region)
