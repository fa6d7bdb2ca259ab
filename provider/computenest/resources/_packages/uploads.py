"""The lifecycle of a container image, chart or file package: content first, then the artifact that names it.

Content is addressed by what it is, so putting it where it lies already does nothing; the artifact then goes the way
of every package (`PackageRun`). Whoever had put it there first may have taken it away before our artifact named it, so
at the end it is looked at once more. What no version refers to any more is taken away last, and nothing that another
artifact still refers to or that is not this package's any more (`Places`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from computenest.kernel import identity
from computenest.kernel.names import ArtifactId
from computenest.kernel.outcome import Outcome
from computenest.kernel.plan import Step
from computenest.kernel.unknown import Known
from computenest.reconcile.operating import Operating
from computenest.resources._packages import ours, plan
from computenest.resources._packages.content_model import PUBLIC, Kind, places_in
from computenest.resources._packages.content_package import ContentPackage, ContentState
from computenest.resources._packages.content_ports import ContentStore
from computenest.resources._packages.content_state import looked_at
from computenest.resources._packages.packages import PackageRun, Packages
from computenest.resources._packages.places import Places
from computenest.resources._packages.repositories import CloudRepositories

_MAX_LOSSES = 3  # of content in one run: each takes another package of the same content that ends just then


@dataclass(frozen=True, slots=True)
class ContentPackages(Operating[ContentPackage[Known], ContentState[Known]]):
    """Create, read, update and delete packages of one kind in one account.

    Args:
        packages: the artifact's lifecycle, with what inputs and states of this kind say.
        store: where the content lies.
        registrations: permissions.
        places: what may be taken away or overwritten there.
        source: where the content of checked inputs is to be had.
    """

    packages: Packages[ContentPackage[Known], ContentState[Known]]
    store: ContentStore
    registrations: CloudRepositories
    places: Places
    source: Callable[[ContentPackage[Known]], Mapping[str, str]]

    async def read(self, known: ContentState[Known]) -> Outcome[ContentState[Known]] | None:
        """The observed state, content and permission included; None where the artifact is gone.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        outcome = await self.packages.read(known)
        if outcome is None:
            return None
        seen = await self.store.look(known=known)
        permission = await self.registrations.permission(artifact_id=ArtifactId(outcome.id))
        found = looked_at(outcome.state, seen, permission=permission)
        return Outcome(outcome.id, found, outcome.reasons)

    def _run(self, inputs: ContentPackage[Known], former: ContentState[Known] | None) -> ContentRun:
        return ContentRun(
            desk=self.packages,
            content=self,
            wanted=inputs,
            asked=inputs,
            former=former,
            object_id=former.artifact_id if former is not None else "",
        )


class Push(Step):
    """The content does not lie where it is wanted, as far as this run knows: put it there."""


@dataclass(kw_only=True)
class ContentRun(PackageRun[ContentPackage[Known], ContentState[Known]]):
    """One operation on a package of content.

    Args:
        asked: the checked inputs alone; `wanted` tells from the first push on where the content lies, too.
        lies: the digest of what was seen to lie there, once everything else is settled; None before that.
    """

    content: ContentPackages
    asked: ContentPackage[Known]
    lies: str | None = None

    @property
    def placed(self) -> ContentState[Known]:
        """What is wanted, and where it lies as far as this run knows."""
        return self.content.places.state.made(self.wanted)

    async def observe(self) -> None:
        """A file's address is nobody else's: what was put there lies there."""
        await super().observe()
        self.lies = None
        if self.wanted.kind is Kind.FILE or not self.attempts["Push"] or self.is_clearing:
            return
        if isinstance(super().next_step(), plan.Done | plan.Fail):
            self.lies = await self.content.store.lies(known=self.placed, place=self.placed.place)

    def next_step(self) -> Step:
        pushes = self.attempts["Push"]
        is_lost = self.lies is not None and self.lies != self.wanted.content and pushes <= _MAX_LOSSES
        return Push() if (not pushes or is_lost) and not self.is_clearing else super().next_step()

    async def act(self, step: Step) -> None:
        if not isinstance(step, Push):
            await super().act(step)
            return
        former = self.former
        if self.attempts["Push"]:
            known = self.placed
            before = (former, known) if former is not None else (known,)
            former = known.made(*before, artifact_id=self.object_id)
        self.wanted = await self._push(former)
        self.released = frozenset()  # a version that failed for lack of its content is worth another try

    async def _push(self, former: ContentState[Known] | None) -> ContentState[Known]:
        pushed = await self.content.store.push(
            wanted=self.asked,
            source=self.content.source(self.asked),
            former=former,
            overwriting=self.content.places.guard(self.asked.owner_id, former),
            show=self.desk.progress.show,
        )
        place = pushed.place
        places = sorted({*(former.places if former is not None else ()), place})
        put = {**(ours.fingerprints(former) if former is not None else {}), place: self.asked.content}
        pushed = pushed.made(pushed, places=tuple(places), fingerprints={p: put[p] for p in places if p in put})
        if self.wanted.kind is not Kind.FILE:
            return pushed
        repairs = 0 if former is None else former.repairs + former.has_lost_copies
        return pushed.made(pushed, repairs=repairs, seen_in=())

    async def finish(self, done: plan.Done) -> Outcome[ContentState[Known]]:
        """With the permission that is wanted, and without what no version refers to any more. What is `wanted` is true
        after each step of it."""
        made = await super().finish(done)
        kind, store, artifact_id, known = self.wanted.kind, self.content.store, self.artifact_id, made.state
        if known.permission == PUBLIC and kind is not Kind.FILE:  # of files the API knows none
            await self._publish()
        if kind is Kind.FILE and known.status == "Available":
            seen = await store.look(known=known)
            there = [region for region, held in seen.regions.items() if held == known.content]
            self.wanted = self.placed.made(self.wanted, seen_in=tuple(there))
        versions = await self.desk.artifacts.versions(artifact_id=artifact_id)
        needed = {*places_in(kind, versions), known.place}
        if spare := [place for place in known.places if place not in needed]:
            await self.content.places.clear(known, spare, artifact_id=artifact_id, versions=versions)
            left = {place: digest for place, digest in (known.fingerprints or {}).items() if place in needed}
            places = tuple(sorted(needed & {*known.places}))
            self.wanted = self.placed.made(self.wanted, places=places, fingerprints=left)
        moved = ("places", "fingerprints", *(("seen_in",) if kind is Kind.FILE else ()))
        return Outcome(made.id, known.with_those_of(self.placed, *moved))

    async def clear(self, *, incarnation: int) -> None:
        kind, known = self.wanted.kind, self.placed
        versions = await self.desk.artifacts.versions(artifact_id=self.artifact_id)
        await super().clear(incarnation=incarnation)
        if self.seen_tags is not None:
            return  # its replacement has adopted it
        own = {*known.places, *places_in(kind, versions)}
        if known.retain_content:
            self.content.places.keep(known, own)
        else:
            await self.content.places.clear(known, own, artifact_id=self.artifact_id, versions=versions)

    async def _publish(self) -> None:
        registrations, artifact_id = self.content.registrations, self.artifact_id
        if await registrations.permission(artifact_id=artifact_id) != PUBLIC:
            token = identity.token(self.wanted.owner_id, self.wanted.generation, "publish", artifact_id)
            await registrations.publish(artifact_id=artifact_id, token=token)
