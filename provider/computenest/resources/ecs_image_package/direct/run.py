"""One operation on a package in direct distribution: share, copy, wait, permit, and then clear away.

Every name and token is a function of identity, and every effect is preceded by a look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from computenest.kernel import identity
from computenest.kernel.errors import Conflict, Meaning, Permanent
from computenest.kernel.names import ImageId, RegionId
from computenest.kernel.outcome import Outcome
from computenest.kernel.plan import Step
from computenest.kernel.unknown import Known
from computenest.reconcile.asking import all_ended
from computenest.reconcile.ownership import tag_changes
from computenest.reconcile.reconciler import Run
from computenest.resources._packages.direct_model import copy_tags, is_root_shared, resource_id
from computenest.resources._packages.image_package import Package, State
from computenest.resources._packages.model import CustomImage, Original
from computenest.resources._packages.progress import LiveLine
from computenest.resources.ecs_image_package.direct import state
from computenest.resources.ecs_image_package.direct.clear import Clearing
from computenest.resources.ecs_image_package.direct.plan import (
    Adopt,
    Distribute,
    Done,
    EndForgotten,
    Look,
    Placed,
    Plan,
    Refuse,
    Share,
    Short,
    Unblock,
    next_step,
    ours,
    permission_calls,
    permitted,
    plan,
)
from computenest.resources.ecs_image_package.direct.reasons import not_started, timed_out
from computenest.resources.ecs_image_package.direct.share import Sharing
from computenest.resources.ecs_image_package.direct.work import Flight, Work

if TYPE_CHECKING:
    from computenest.resources.ecs_image_package.direct.packages import DirectPackages


@dataclass(kw_only=True)
class DirectRun(Run[State[Known], Distribute, Done, Refuse | Short]):
    """One operation on a package under way. Its id is known before anything exists, and it is many objects: what the
    dispatcher sees of them stands for another look, which would cost a list call a region."""

    passes: ClassVar[frozenset[Meaning]] = frozenset()

    desk: DirectPackages
    wanted: Package[Known]
    seen: Look = field(init=False)
    steps: Plan = field(init=False)
    work: Work = field(init=False)
    began_s: float = 0.0
    has_looked: bool = False
    has_waited: bool = False
    is_share_inherited: bool = True
    reasons: dict[str, str] = field(default_factory=dict)
    strays: dict[ImageId, RegionId] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[str]:
        """Ids in the state before."""
        return state.known_ids(self.former)

    @property
    def source(self) -> Original:
        return _original(self.wanted)

    async def look(self) -> None:
        if self.has_looked:
            return
        self.began_s = self.desk.clock.now_s()
        regions = frozenset(self.wanted.regions) | {self.source.region} | state.regions_of(self.former)
        if self.former is None:  # a create that was killed may have copied to regions that the program names no more
            regions |= await self.desk.hub.all_regions()
        self.seen = await self.desk.look(self.wanted, regions, self.former)
        self.steps = plan(self.wanted, self.seen, self.known)
        self.strays = {p.image_id: p.region for p in (*self.steps.surplus, *self.steps.blocking)}
        self.work, self.has_looked = self._work(), True

    def next_step(self) -> Step:
        work = self.work
        return next_step(
            self.wanted,
            self.seen,
            self.steps,
            self.known,
            taken=self.attempts.keys(),
            is_new=self.former is None,
            has_moved=self._has_moved(),
            is_copied=(work.is_finished and not work.failed) if self.has_waited or work.is_finished else None,
        )

    async def take(self, step: Step) -> None:
        self.has_acted |= bool(ours(self.wanted, self.seen, self.known))
        if isinstance(step, Adopt):
            await self._adopt(step.found)
        elif isinstance(step, EndForgotten):
            await self._end_forgotten_shares(self.seen)
        elif isinstance(step, Unblock):
            for placed in step.blocking:
                self.acting()
                await self.desk.hub.copies.delete(region=placed.region, image_id=placed.image_id)
                self.strays.pop(placed.image_id, None)
        elif isinstance(step, Share):
            self.acting()
            self.is_share_inherited = await self._sharing(self.wanted).begin()

    async def wait(self, step: Distribute) -> None:
        """Copies until nothing is left to be copied, or can be, or until the deadline."""
        del step
        self.has_waited, work = True, self.work
        clock, limit_s = self.desk.clock, self.wanted.timeout_s
        distributing = asyncio.ensure_future(self.desk.hub.dispatcher.distribute(work))
        timeout = asyncio.ensure_future(clock.sleep(max(0.0, self.deadline_s - clock.now_s())))
        try:
            ended, _ = await asyncio.wait({distributing, timeout}, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            distributing.cancel()
            timeout.cancel()
            await asyncio.gather(distributing, timeout, return_exceptions=True)
        self.reasons |= {str(region): why for region, why in work.failed.items()}
        for region, flight in work.flights.items():
            self.reasons[region] = timed_out(
                flight.image_id,
                flight.source,
                flight.last,
                elapsed_s=clock.now_s() - self.began_s,
                limit_s=limit_s,
                trouble=flight.trouble,
            )
        for region in work.missing:
            self.reasons.setdefault(region, not_started(limit_s=limit_s))

    async def finish(self, done: Done) -> Outcome[State[Known]]:
        """Everything is copied: permissions and tags as wanted, then what nobody wants goes."""
        del done
        work, package, steps = self.work, self.wanted, self.steps
        old = {p.image_id: p for p in (*steps.ready.values(), *steps.running.values())}
        copies = {r: i for r, i in work.images.items() if r in package.regions and i != self.source.image_id}
        self.acting(f"permissions of {len(copies)} images")
        await all_ended(self._permit(region, image, old.get(image)) for region, image in sorted(copies.items()))
        was_begun, is_last = bool(self.attempts["Share"]), not self.is_share_inherited
        await self._sharing(package).end(self.seen.source, was_begun=was_begun, is_last=is_last)
        doomed = list(steps.surplus)
        root = work.copied.get(work.origin)
        if root is not None and work.origin not in package.regions:  # only what is the hub's own is ever copied there
            doomed = [p for p in doomed if p.image_id != root.image_id] + [Placed(work.origin, root)]
            self.strays[root.image_id] = work.origin
        failures = await Clearing(self.desk.hub.copies, self.desk.clock).remove_all(doomed)
        for placed in doomed:
            if placed.image_id in failures:
                self.reasons[placed.region] = failures[placed.image_id]
            else:
                self.strays.pop(placed.image_id, None)
        return self._outcome()

    def failed(self, step: Refuse | Short) -> Outcome[State[Known]]:
        if isinstance(step, Refuse):
            raise Conflict(f"{self.name}: nothing was started: " + "; ".join(step.reasons))
        return self._outcome()

    def kept(self, reason: str) -> Outcome[State[Known]]:
        self.reasons.setdefault("", reason)
        return self._outcome()

    async def clear(self, *, incarnation: int) -> None:
        """Every copy of ours that no replacement has adopted, wherever it is."""
        package, known, clearing = self.wanted, self.former, Clearing(self.desk.hub.copies, self.desk.clock)
        regions = await self.desk.hub.all_regions() | state.regions_of(known)
        gone: set[ImageId] = set()
        while True:
            look = await self.desk.look(package, regions, known)
            left = [p for p in ours(package, look, self.known) if p.image_id not in gone]
            mine = [p for p in left if identity.incarnation(p.image.tags) <= incarnation]
            if not mine:
                break
            self.show(f"removing {len(mine)} images")
            failures = await clearing.remove_all(mine)
            gone |= {p.image_id for p in mine if p.image_id not in failures}
            if failures:
                raise Conflict(
                    f"{self.name}: {_images(len(failures))}: " + "; ".join(sorted(failures.values())),
                    hint="stop what uses it, then run pulumi destroy again",
                )
            if self.desk.clock.now_s() > self.deadline_s:
                what = f"{self.name}: {_images(len(mine))} after {package.timeout_s} s"
                raise Permanent(what, hint="run it again")
        if not left:  # a replacement that adopted the copies may need the share still
            await self._end_forgotten_shares(look, is_last=True)
            await self._sharing(package).end(look.source, was_begun=False, is_last=True)

    async def _adopt(self, found: Sequence[Placed]) -> None:
        """Counts up on what an earlier create made: a delete of that one's state leaves it then (see identity)."""
        self.incarnation = self.work.incarnation = max(identity.incarnation(p.image.tags) for p in found) + 1
        tags = {identity.INCARNATION_TAG: str(self.incarnation)}
        await all_ended(self.desk.hub.copies.tag(region=p.region, image_id=p.image_id, tags=tags) for p in found)

    async def _end_forgotten_shares(self, look: Look, *, is_last: bool = False) -> None:
        """A run that was killed may have shared a source that the program names no more."""
        package = self.wanted
        if self.former is not None and self._has_moved():
            await self._sharing(self.former).end(None, was_begun=True, is_last=True)
        for image in look.forgotten:
            source = package.source.model_copy(update={"image_id": image.image_id})
            await self._sharing(package.model_copy(update={"source": source})).end(
                image, was_begun=False, is_last=is_last
            )

    def _has_moved(self) -> bool:
        """Whether the state's source was in another region."""
        return self.former is not None and _original(self.former).region != self.source.region

    async def _permit(self, region: RegionId, image: ImageId, before: Placed | None) -> None:
        direct = self.wanted.direct
        wanted = direct.permit if direct else ()
        current: frozenset[str] = frozenset()
        if before is not None:
            current = permitted(before.image, await self.desk.hub.copies.shares(region=region, image_id=image))
            await self._retag(before)
        for call in permission_calls(current, wanted):
            await self.desk.hub.copies.share(region=region, image_id=image, add=call.add, remove=call.remove)

    async def _retag(self, placed: Placed) -> None:
        wanted = copy_tags(self.wanted, placed.region, incarnation=self.incarnation)
        seen = placed.image.tags
        if identity.incarnation(seen) > self.incarnation:
            wanted[identity.INCARNATION_TAG] = str(self.incarnation)  # a run that was thought dead counted up
        changed, dropped = tag_changes(wanted, seen, self.former)
        if changed:
            await self.desk.hub.copies.tag(region=placed.region, image_id=placed.image_id, tags=changed)
        if dropped:
            await self.desk.hub.copies.untag(region=placed.region, image_id=placed.image_id, keys=dropped)

    def _work(self) -> Work:
        """What is left to be copied, for the dispatcher of the hub."""
        package, now_s, source = self.wanted, self.desk.clock.now_s(), self.source
        look, steps = self.seen, self.steps
        shared = is_root_shared(package)
        images = {region: placed.image_id for region, placed in steps.ready.items()}
        if not shared:
            images[source.region] = source.image_id
        flights = {
            region: Flight(source.region, now_s, placed.image_id, placed.image)
            for region, placed in steps.running.items()
        }
        same = self.former is not None and self.former.source == package.source
        known = self.former.images if self.former is not None and same else {}
        lost = {r: known[r] for r in steps.missing if r in known}
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
            incarnation=self.incarnation,
            predecessors={region: str(image) for region, image in lost.items()}
            | {p.region: p.image_id for p in steps.blocking},
            show=LiveLine(package.name, self.desk.progress, self.desk.clock).see,
        )

    def _sharing(self, package: Package[Known]) -> Sharing:
        return Sharing(package, self.desk.source, self.desk.hub.sharing)

    def _outcome(self) -> Outcome[State[Known]]:
        """What there is, with a reason for each gap; copies that nobody wants stay recorded."""
        work, package = self.work, self.wanted
        images, strays = dict(work.images), dict(self.strays)
        statuses: dict[RegionId, str] = {}
        for region, flight in work.flights.items():
            statuses[region] = flight.last.status if flight.last is not None else "Waiting"
            if flight.image_id is not None and region not in package.regions:
                strays[flight.image_id] = region
        extra = {i: r for r, i in work.images.items() if r not in package.regions and i != self.source.image_id}
        strays |= extra if self.reasons else {}
        former = self.former.images if self.former is not None else {}
        kept = {region: image for region, image in former.items() if image in strays and region not in images}
        reasons = dict(self.reasons)
        if strays and not reasons:
            reasons[""] = "images that nothing wants are still there"
        made = state.after(
            package,
            kept | images,
            reasons=reasons,
            statuses=statuses,
            strays=strays,
            incarnation=self.incarnation,
        )
        if reasons:
            there = f"{package.name}: {len(made.images)} of {len(package.regions)} regions"
            why = (f"{region}: {text}" if region else text for region, text in made.reasons.items())
            self.desk.progress.warn("\n".join((there, *why)))
        return Outcome(id=resource_id(package), state=made, reasons=made.sentences)


def _images(count: int) -> str:
    return "1 image stays" if count == 1 else f"{count} images stay"


def _original(package: Package[Known]) -> Original:
    if not isinstance(package.source, CustomImage) or package.direct is None:
        raise Permanent("direct distribution needs a custom image")
    return package.source.original
