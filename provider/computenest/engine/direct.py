"""The lifecycle of a package in direct distribution: look, share, copy, wait, permit, and then clear away.

Every name and token is a function of identity, every effect is preceded by a look, and the resource's id is known
before anything exists. So a run that ends at any moment, in any way, is continued by the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from computenest.domain import identity
from computenest.domain.direct import state
from computenest.domain.direct.model import copy_tags, is_root_shared, resource_id
from computenest.domain.direct.plan import (
    Look,
    Placed,
    Plan,
    ours,
    permission_calls,
    permitted,
    plan,
    problems,
    share_state,
)
from computenest.domain.distribution.check import package_of
from computenest.domain.distribution.model import CustomImage, Package
from computenest.domain.errors import ComputeNestError, Conflict, Permanent
from computenest.domain.names import ImageId, RegionId
from computenest.domain.outcome import Outcome
from computenest.engine.desk import Lease
from computenest.engine.direct_clear import Clearing
from computenest.engine.direct_dispatch import Dispatcher, Flight, Work
from computenest.engine.direct_look import Inventory
from computenest.engine.direct_share import Sharing
from computenest.engine.direct_words import not_started, timed_out
from computenest.engine.progress import LiveLine
from computenest.engine.stopping import or_stopped
from computenest.ports import Clock, ImageCopies, Progress

__all__ = ["DirectPackages", "Hub"]


@dataclass(slots=True, eq=False)
class Hub:
    """What all packages of one hub account share in this process."""

    copies: ImageCopies
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


@dataclass(slots=True)
class _Run:
    """One operation under way."""

    inputs: Mapping[str, Any]
    package: Package
    former: Mapping[str, Any]
    deadline_s: float
    began_s: float
    incarnation: int = 1
    has_acted: bool = False
    has_shared: bool = False
    is_share_inherited: bool = True
    work: Work | None = None
    reasons: dict[str, str] = field(default_factory=dict)
    strays: dict[ImageId, RegionId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DirectPackages:
    """Create, read, update and delete packages whose copies live in one hub account.

    Args:
        source: the source's account.
        sources: its inventory.
        hub: the account of the copies; may be the same.
    """

    source: ImageCopies
    sources: Inventory
    hub: Hub
    clock: Clock
    progress: Progress
    lease: Lease

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        """Makes the package, adopting what an earlier, interrupted create of the same identity began.

        Raises:
            ComputeNestError: before anything exists; after that every failure is in the Outcome.
        """
        return await self._converge(inputs, {})

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        """Brings the copies of `former` to the checked `inputs`; old copies stay until all new ones are there."""
        return await self._converge(inputs, former)

    async def read(self, known: Mapping[str, Any]) -> Outcome | None:
        """The observed state, None where nothing is left. Looks in every region: a run that was killed may have
        copied to one that no state names.

        Raises:
            ComputeNestError: where it cannot be told; the caller keeps the state and warns.
        """
        package = package_of(known)
        look = await self._look(package, await self.hub.all_regions() | state.regions_of(known), known)
        steps = plan(package, look, state.known_ids(known))
        placed = [p for r, p in sorted(steps.ready.items()) if r in package.regions]
        found = await asyncio.gather(*(self.hub.copies.shares(region=p.region, image_id=p.image_id) for p in placed))
        shares = {p.image_id: permitted(p.image, accounts) for p, accounts in zip(placed, found, strict=True)}
        for image in look.sources:
            if share_state(package, image).was_ended and isinstance(package.source, CustomImage):
                region = package.source.region
                shares[image.image_id] = await self.source.shares(region=region, image_id=image.image_id)
        observed = state.observed(known, package, look, shares)
        return None if observed is None else Outcome(id=resource_id(package), state=observed)

    async def delete(self, known: Mapping[str, Any]) -> None:
        """Removes every copy of ours, running or not, and takes the share of the source back.

        Raises:
            ComputeNestError: something stays, and why: an instance uses it, or the deadline passed.
        """
        package = package_of(known)
        regions = await self.hub.all_regions() | state.regions_of(known)
        limit_s = self.clock.now_s() + package.timeout_s
        clearing = Clearing(self.hub.copies, self.clock)
        async with self.lease(package.owner_id):
            gone: set[ImageId] = set()
            while True:
                look = await self._look(package, regions, known)
                left = [p for p in ours(package, look, state.known_ids(known)) if p.image_id not in gone]
                mine = [p for p in left if identity.incarnation(p.image.tags) <= int(known.get("incarnation") or 1)]
                if not mine:
                    break
                self.progress.show(f"{package.name}: removing {len(mine)} images")
                failures = await clearing.remove_all(mine)
                gone |= {p.image_id for p in mine if p.image_id not in failures}
                if failures:
                    raise Conflict(
                        f"{package.name}: {_images(len(failures))}: " + "; ".join(sorted(failures.values())),
                        hint="stop what uses it, then run pulumi destroy again",
                    )
                if self.clock.now_s() > limit_s:
                    what = f"{package.name}: {_images(len(mine))} after {package.timeout_s} s"
                    raise Permanent(what, hint="run it again")
            if not left:  # a replacement that adopted the copies may need the share still
                await self._end_forgotten_shares(_Run(known, package, {}, limit_s, limit_s), look, is_last=True)
                await self._sharing(package).end(look.source, was_begun=False, is_last=True)

    async def _converge(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        package = package_of(inputs)
        now_s = self.clock.now_s()
        run = _Run(inputs, package, former, now_s + package.timeout_s, now_s)
        run.incarnation = int(former.get("incarnation") or 1)
        async with self.lease(package.owner_id):
            try:
                await or_stopped(self._make_it_so(run))
            except ComputeNestError as error:
                if not run.has_acted:
                    raise
                run.reasons.setdefault("", str(error))
            return self._outcome(run)

    async def _make_it_so(self, run: _Run) -> None:
        package, known = run.package, state.known_ids(run.former)
        source = package.source
        if not isinstance(source, CustomImage) or package.direct is None:
            raise Permanent("direct distribution needs a custom image")
        regions = frozenset(package.regions) | {source.region} | state.regions_of(run.former)
        if not run.former:  # a create that was killed may have copied to regions that the program names no more
            regions |= await self.hub.all_regions()
        look = await self._look(package, regions, run.former)
        steps = plan(package, look, known)
        run.strays = {p.image_id: p.region for p in (*steps.surplus, *steps.blocking)}
        wrong = problems(package, look, steps, known)
        if wrong:
            raise Conflict(f"{package.name}: nothing was started: " + "; ".join(wrong))
        run.work = self._work(run, look, steps)
        if ours(package, look, known):
            run.has_acted = True
            if not run.former:
                await self._adopt(run, look)
        await self._end_forgotten_shares(run, look)
        await self._copy(run, steps)
        if not run.work.failed and run.work.is_finished:
            await self._finish(run, look, steps)

    async def _copy(self, run: _Run, steps: Plan) -> None:
        work, package = run.work, run.package
        if work is None or work.is_finished:
            return
        for placed in steps.blocking:
            run.has_acted = True
            await self.hub.copies.delete(region=placed.region, image_id=placed.image_id)
            run.strays.pop(placed.image_id, None)
        if work.needs_root:
            run.has_acted = True
            run.has_shared = True
            run.is_share_inherited = await self._sharing(package).begin()
        run.has_acted = True
        distributing = asyncio.ensure_future(self.hub.dispatcher.distribute(work))
        timeout = asyncio.ensure_future(self.clock.sleep(max(0.0, run.deadline_s - self.clock.now_s())))
        try:
            await asyncio.wait({distributing, timeout}, return_when=asyncio.FIRST_COMPLETED)
            if distributing.done():
                distributing.result()
        finally:
            distributing.cancel()
            timeout.cancel()
            await asyncio.gather(distributing, timeout, return_exceptions=True)
        run.reasons |= {str(region): why for region, why in work.failed.items()}
        for region, flight in work.flights.items():
            run.reasons[region] = timed_out(
                flight.image_id,
                flight.source,
                flight.last,
                elapsed_s=self.clock.now_s() - run.began_s,
                limit_s=package.timeout_s,
                trouble=flight.trouble,
            )
        for region in work.missing:
            run.reasons.setdefault(region, not_started(limit_s=package.timeout_s))

    async def _finish(self, run: _Run, look: Look, steps: Plan) -> None:
        """Everything is copied: permissions and tags as wanted, then what nobody wants goes."""
        work, package = run.work, run.package
        if work is None or package.direct is None:
            return
        old = {p.image_id: p for p in (*steps.ready.values(), *steps.running.values())}
        copies = {r: i for r, i in work.images.items() if r in package.regions and i != _own_source(package)}
        self.progress.show(f"{package.name}: permissions of {len(copies)} images")
        run.has_acted = True
        await _all(self._permit(run, region, image, old.get(image)) for region, image in sorted(copies.items()))
        is_last = not run.is_share_inherited
        await self._sharing(package).end(look.source, was_begun=run.has_shared, is_last=is_last)
        doomed = list(steps.surplus)
        root = work.copied.get(work.origin)
        if root is not None and work.origin not in package.regions:  # only what is the hub's own is ever copied there
            doomed = [p for p in doomed if p.image_id != root.image_id] + [Placed(work.origin, root)]
            run.strays[root.image_id] = work.origin
        failures = await Clearing(self.hub.copies, self.clock).remove_all(doomed)
        for placed in doomed:
            if placed.image_id in failures:
                run.reasons[placed.region] = failures[placed.image_id]
            else:
                run.strays.pop(placed.image_id, None)

    async def _end_forgotten_shares(self, run: _Run, look: Look, *, is_last: bool = False) -> None:
        """A run that was killed may have shared a source that the program names no more."""
        package, former = run.package, run.former.get("source")
        if former is not None and former.get("region") != run.inputs["source"]["region"]:
            await self._sharing(package_of(run.former)).end(None, was_begun=True, is_last=True)
        for image in look.forgotten:
            source = package.source.model_copy(update={"image_id": image.image_id})
            await self._sharing(package.model_copy(update={"source": source})).end(
                image, was_begun=False, is_last=is_last
            )

    async def _permit(self, run: _Run, region: RegionId, image: ImageId, before: Placed | None) -> None:
        direct = run.package.direct
        wanted = direct.permit if direct else ()
        current: frozenset[str] = frozenset()
        if before is not None:
            current = permitted(before.image, await self.hub.copies.shares(region=region, image_id=image))
            await self._retag(run, before)
        for call in permission_calls(current, wanted):
            await self.hub.copies.share(region=region, image_id=image, add=call.add, remove=call.remove)

    async def _retag(self, run: _Run, placed: Placed) -> None:
        wanted = copy_tags(run.package, placed.region, incarnation=run.incarnation)
        seen = placed.image.tags
        if identity.incarnation(seen) > run.incarnation:
            wanted[identity.INCARNATION_TAG] = str(run.incarnation)  # a run that was thought dead counted up
        changed = {key: value for key, value in wanted.items() if seen.get(key) != value}
        dropped = sorted(key for key in run.former.get("tags") or {} if key not in wanted and key in seen)
        if changed:
            await self.hub.copies.tag(region=placed.region, image_id=placed.image_id, tags=changed)
        if dropped:
            await self.hub.copies.untag(region=placed.region, image_id=placed.image_id, keys=dropped)

    async def _adopt(self, run: _Run, look: Look) -> None:
        """Counts up on what an earlier create made: a delete of that one's state leaves it then (see identity)."""
        found = ours(run.package, look)
        run.incarnation = max(identity.incarnation(p.image.tags) for p in found) + 1
        tags = {identity.INCARNATION_TAG: str(run.incarnation)}
        await _all(self.hub.copies.tag(region=p.region, image_id=p.image_id, tags=tags) for p in found)

    async def _look(self, package: Package, regions: Set[RegionId], known: Mapping[str, Any]) -> Look:
        """Everything of ours; what `known` records and no list shows is asked for as a community image too."""
        source = package.source
        if not isinstance(source, CustomImage):
            return Look()
        images, beside = await asyncio.gather(
            self.hub.inventory.everywhere(frozenset(regions), state.places_of(known)),
            self.sources.own(source.region, frozenset({source.image_id})),
        )
        found = next((image for image in beside if image.image_id == source.image_id), None)
        shared = (image for image in beside if image is not found and share_state(package, image).is_ours)
        return Look(images, found, tuple(shared) if is_root_shared(package) else ())

    def _work(self, run: _Run, look: Look, steps: Plan) -> Work:
        package, now_s = run.package, self.clock.now_s()
        source = package.source
        if not isinstance(source, CustomImage):
            raise Permanent("direct distribution needs a custom image")
        shared = is_root_shared(package)
        images = {region: placed.image_id for region, placed in steps.ready.items()}
        if not shared:
            images[source.region] = source.image_id
        flights = {
            region: Flight(source.region, now_s, placed.image_id, placed.image)
            for region, placed in steps.running.items()
        }
        known = run.former.get("images") or {}
        lost = {r: known[r] for r in steps.missing if r in known and run.former.get("source") == run.inputs["source"]}
        sizes = [p.image.size_gib for p in (*steps.ready.values(), *steps.running.values())]
        return Work(
            package=package,
            key=resource_id(package),
            origin=source.region,
            shared_source=source.image_id if shared else None,
            images=images,
            flights=flights,
            missing=set(steps.missing),
            needs_root=steps.needs_root,
            size_gib=look.source.size_gib if look.source is not None else max(sizes, default=0),
            incarnation=run.incarnation,
            predecessors={r: str(image) for r, image in lost.items()} | {p.region: p.image_id for p in steps.blocking},
            show=LiveLine(package.name, self.progress, self.clock).see,
        )

    def _sharing(self, package: Package) -> Sharing:
        return Sharing(package, self.source, self.hub.sharing)

    def _outcome(self, run: _Run) -> Outcome:
        work, package = run.work, run.package
        images = dict(work.images) if work is not None else {}
        strays = dict(run.strays)
        statuses: dict[RegionId, str] = {}
        if work is not None:
            for region, flight in work.flights.items():
                statuses[region] = flight.last.status if flight.last is not None else "Waiting"
                if flight.image_id is not None and region not in package.regions:
                    strays[flight.image_id] = region
            extra = {i: r for r, i in work.images.items() if r not in package.regions and i != _own_source(package)}
            strays |= extra if run.reasons else {}
        former = run.former.get("images") or {}
        kept = {RegionId(r): ImageId(i) for r, i in former.items() if i in strays and r not in images}
        reasons = dict(run.reasons)
        if strays and not reasons:
            reasons[""] = "images that nothing wants are still there"
        made = state.after(
            run.inputs,
            package,
            kept | images,
            reasons=reasons,
            statuses=statuses,
            strays=strays,
            incarnation=run.incarnation,
        )
        if reasons:
            there = f"{package.name}: {len(made['images'])} of {len(package.regions)} regions"
            why = (f"{region}: {text}" if region else text for region, text in made["reasons"].items())
            self.progress.warn("\n".join((there, *why)))
        return Outcome(id=resource_id(package), state=made, reasons=state.sentences(package, made))


def _own_source(package: Package) -> ImageId | None:
    source = package.source
    return source.image_id if isinstance(source, CustomImage) else None


def _images(count: int) -> str:
    return "1 image stays" if count == 1 else f"{count} images stay"


async def _all(calls: Any) -> None:
    """Runs them at once; all of them end before the first failure is raised."""
    for answer in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(answer, BaseException):
            raise answer
