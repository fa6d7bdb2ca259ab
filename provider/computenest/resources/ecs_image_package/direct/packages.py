"""The lifecycle of a package in direct distribution: its copies live in an account of the user's own, the hub.

Every name and token is a function of identity, and the resource's id is known before anything exists. So a run
(`resources/ecs_image_package/direct/run.py`) that ends at any moment, in any way, is continued by the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Set
from dataclasses import dataclass, field

from computenest.kernel.names import RegionId
from computenest.kernel.outcome import Outcome
from computenest.kernel.ports import Clock, Progress
from computenest.kernel.unknown import Known
from computenest.reconcile.desk import Lease
from computenest.reconcile.operating import Operating
from computenest.resources._packages.direct_model import is_root_shared, resource_id
from computenest.resources._packages.image_package import Package, State
from computenest.resources._packages.model import CustomImage
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from computenest.resources.ecs_image_package.direct import state
from computenest.resources.ecs_image_package.direct.dispatch import Dispatcher
from computenest.resources.ecs_image_package.direct.inventory import Inventory
from computenest.resources.ecs_image_package.direct.plan import Look, permitted, plan, share_state
from computenest.resources.ecs_image_package.direct.run import DirectRun


@dataclass(slots=True, eq=False)
class Hub:
    """What all packages of one hub account share in this process."""

    copies: CloudCopies
    inventory: Inventory
    dispatcher: Dispatcher
    regions: asyncio.Task[frozenset[RegionId]] | None = None
    sharing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a source's shares and tags change: several packages may stand on one source."""

    async def all_regions(self) -> frozenset[RegionId]:
        """Every region of the cloud, asked once."""
        if self.regions is None or (self.regions.done() and (self.regions.cancelled() or self.regions.exception())):
            self.regions = asyncio.create_task(self.copies.regions())
        return await asyncio.shield(self.regions)


@dataclass(frozen=True, slots=True)
class DirectPackages(Operating[Package[Known], State[Known]]):
    """Create, read, update and delete packages whose copies live in one hub account.

    Args:
        source: the source's account.
        sources: its inventory.
        hub: the account of the copies; may be the same.
    """

    source: CloudCopies
    sources: Inventory
    hub: Hub
    clock: Clock
    progress: Progress
    lease: Lease

    async def read(self, known: State[Known]) -> Outcome[State[Known]] | None:
        """The observed state, None where nothing is left. Looks in every region: a run that was killed may have
        copied to one that no state names.

        Raises:
            ComputeNestError: where it cannot be told; the caller keeps the state and warns.
        """
        look = await self.look(known, await self.hub.all_regions() | state.regions_of(known), known)
        steps = plan(known, look, state.known_ids(known))
        placed = [p for r, p in sorted(steps.ready.items()) if r in known.regions]
        found = await asyncio.gather(*(self.hub.copies.shares(region=p.region, image_id=p.image_id) for p in placed))
        shares = {p.image_id: permitted(p.image, accounts) for p, accounts in zip(placed, found, strict=True)}
        for image in look.sources:
            if share_state(known, image).was_ended and isinstance(known.source, CustomImage):
                region = known.source.original.region
                shares[image.image_id] = await self.source.shares(region=region, image_id=image.image_id)
        observed = state.observed(known, look, shares)
        return None if observed is None else Outcome(id=resource_id(known), state=observed)

    def _run(self, inputs: Package[Known], former: State[Known] | None) -> DirectRun:
        return DirectRun(desk=self, wanted=inputs, former=former)

    async def look(self, package: Package[Known], regions: Set[RegionId], known: State[Known] | None) -> Look:
        """Everything of ours; what `known` records and no list shows is asked for as a community image too."""
        if not isinstance(package.source, CustomImage):
            return Look()
        source = package.source.original
        images, beside = await asyncio.gather(
            self.hub.inventory.everywhere(frozenset(regions), state.places_of(known)),
            self.sources.own(source.region, frozenset({source.image_id})),
        )
        found = next((image for image in beside if image.image_id == source.image_id), None)
        shared = (image for image in beside if image is not found and share_state(package, image).is_ours)
        return Look(images, found, tuple(shared) if is_root_shared(package) else ())
