"""The lifecycle of a container image, chart or file package: content first, then the artifact that names it.

Content is addressed by what it is, so putting it where it lies already does nothing; the artifact then goes the way
of every package (`PackageRun`). Whoever had put it there first may have taken it away before our artifact named it, so
at the end it is looked at once more. What no version refers to any more is taken away last, and nothing that another
artifact still refers to or that is not this package's any more (`Places`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from computenest.kernel import identity
from computenest.kernel.names import ArtifactId
from computenest.kernel.outcome import Outcome
from computenest.resources._packages import content_check as check
from computenest.resources._packages import content_state as state
from computenest.resources._packages import ours, plan
from computenest.resources._packages.content_model import PUBLIC, Kind
from computenest.resources._packages.content_ports import ContentStore, Registrations
from computenest.resources._packages.packages import PackageRun, Packages
from computenest.resources._packages.places import Places

__all__ = ["ContentPackages"]

_MAX_LOSSES = 3  # of content in one run: each takes another package of the same content that ends just then


@dataclass(frozen=True, slots=True)
class ContentPackages:
    """Create, read, update and delete packages of one kind in one account.

    Args:
        packages: the artifact's lifecycle, with what inputs and states of this kind say.
        store: where the content lies.
        registrations: permissions.
        places: what may be taken away or overwritten there.
        source: where the content of checked inputs is to be had.
    """

    kind: Kind
    packages: Packages
    store: ContentStore
    registrations: Registrations
    places: Places
    source: Callable[[Mapping[str, Any]], Mapping[str, str]]

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        """Puts the content in place and makes its artifact; goes on where an interrupted create stopped.

        Raises:
            ComputeNestError: before an artifact exists. Content that was sent by then is found by the next create.
        """
        return await self._run(inputs, {}, self.source(inputs)).converge()

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        """Puts changed or damaged content in place, and makes a version of it where the version has to change."""
        return await self._run(inputs, former, self.source(inputs)).converge()

    async def read(self, known: Mapping[str, Any]) -> Outcome | None:
        """The observed state, content and permission included; None where the artifact is gone.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        outcome = await self.packages.read(known)
        if outcome is None:
            return None
        seen = await self.store.look(known=known)
        permission = await self.registrations.permission(artifact_id=ArtifactId(outcome.id))
        found = state.looked_at(self.kind, outcome.state, seen, permission=permission)
        return Outcome(outcome.id, found, outcome.reasons)

    async def delete(self, known: Mapping[str, Any]) -> None:
        """Deletes the artifact, then its content: tags, a repository that is empty then, objects. What another artifact
        uses or what is not this package's any more stays, and all of it where `retainContent` is set.

        Raises:
            Conflict: it is not ours any more, or a service still uses it.
        """
        await self._run(known, known, {}).delete(incarnation=int(known.get("incarnation") or 1))

    def _run(self, inputs: Mapping[str, Any], former: Mapping[str, Any], source: Mapping[str, str]) -> ContentRun:
        return ContentRun(
            desk=self.packages,
            content=self,
            source=source,
            wanted=check.package_of(self.kind, inputs),
            inputs=inputs,
            asked=inputs,
            former=former,
            object_id=str(former["artifactId"]) if former else "",
        )


class Push:
    """The content does not lie where it is wanted, as far as this run knows: put it there."""


@dataclass(kw_only=True)
class ContentRun(PackageRun):
    """One operation on a package of content.

    Args:
        asked: the checked inputs alone; `inputs` tell from the first push on where the content lies, too.
        placed: what they tell of that.
        lies: the digest of what was seen to lie there, once everything else is settled; None before that.
    """

    content: ContentPackages
    source: Mapping[str, str]
    asked: Mapping[str, Any]
    placed: dict[str, Any] = field(default_factory=dict)
    lies: str | None = None

    async def observe(self) -> None:
        """A file's address is nobody else's: what was put there lies there."""
        await super().observe()
        store, kind, known, self.lies = self.content.store, self.content.kind, self.inputs, None
        if kind is Kind.FILE or not self.attempts["Push"] or self.is_clearing:
            return
        if isinstance(super().next_step(), plan.Done | plan.Fail):
            self.lies = await store.lies(known=known, place=state.place_of(kind, known))

    def next_step(self) -> Any:
        pushes = self.attempts["Push"]
        is_lost = self.lies is not None and self.lies != self.inputs["content"] and pushes <= _MAX_LOSSES
        return Push() if (not pushes or is_lost) and not self.is_clearing else super().next_step()

    async def act(self, step: Any) -> None:
        if not isinstance(step, Push):
            await super().act(step)
            return
        former = {**self.former, **self.inputs, "artifactId": self.object_id} if self.attempts["Push"] else self.former
        self._know(**await self._push(former))
        self.wanted = check.package_of(self.content.kind, self.inputs)
        self.released = frozenset()  # a version that failed for lack of its content is worth another try

    def _know(self, **placed: Any) -> None:
        self.placed |= placed
        self.inputs = {**self.inputs, **placed}

    async def _push(self, former: Mapping[str, Any]) -> dict[str, Any]:
        kind = self.content.kind
        placed = await self.content.store.push(
            inputs=self.asked,
            source=self.source,
            former=former,
            overwriting=self.content.places.guard(self.asked, former),
            show=self.desk.progress.show,
        )
        places = sorted({*map(str, former.get("places") or ()), placed.place})
        put = {**ours.fingerprints(kind, former), placed.place: str(self.asked["content"])}
        known = {**placed.outputs, "places": places, "fingerprints": {p: put[p] for p in places if p in put}}
        if kind is not Kind.FILE:
            return known
        repairs = int(former.get("repairs") or 0) + state.has_lost_copies(former)
        return {**known, "repairs": repairs, "seenIn": []}

    async def finish(self, done: plan.Done) -> Outcome:
        """With the permission that is wanted, and without what no version refers to any more. `inputs` are true after
        each step of it."""
        made = await super().finish(done)
        kind, store, artifact_id = self.content.kind, self.content.store, self.artifact_id
        if self.inputs.get("permission") == PUBLIC and kind is not Kind.FILE:  # of files the API knows none
            await self._publish()
        if kind is Kind.FILE and made.state["status"] == "Available":
            seen = await store.look(known=made.state)
            there = [region for region, held in seen.regions.items() if held == self.inputs["content"]]
            self._know(seenIn=there)
        versions = await self.desk.artifacts.versions(artifact_id=artifact_id)
        needed = {*state.places_in(kind, versions), state.place_of(kind, self.inputs)}
        if spare := [place for place in self.inputs["places"] if place not in needed]:
            await self.content.places.clear(made.state, spare, artifact_id=artifact_id, versions=versions)
            left = {p: d for p, d in self.inputs["fingerprints"].items() if p in needed}
            self._know(places=sorted(needed & {*self.inputs["places"]}), fingerprints=left)
        return Outcome(made.id, {**made.state, **self.placed})

    async def clear(self, *, incarnation: int) -> None:
        kind, known = self.content.kind, self.inputs
        versions = await self.desk.artifacts.versions(artifact_id=self.artifact_id)
        await super().clear(incarnation=incarnation)
        if self.seen_tags is not None:
            return  # its replacement has adopted it
        own = {*map(str, known.get("places") or ()), *state.places_in(kind, versions)}
        if known.get("retainContent"):
            self.content.places.keep(known, own)
        else:
            await self.content.places.clear(known, own, artifact_id=self.artifact_id, versions=versions)

    async def _publish(self) -> None:
        registrations, artifact_id = self.content.registrations, self.artifact_id
        if await registrations.permission(artifact_id=artifact_id) != PUBLIC:
            token = identity.token(self.wanted.owner_id, self.wanted.generation, "publish", artifact_id)
            await registrations.publish(artifact_id=artifact_id, token=token)
