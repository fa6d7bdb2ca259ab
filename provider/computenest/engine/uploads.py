"""The lifecycle of a container image, chart or file package: content first, then the artifact that names it.

Content is addressed by what it is, so putting it where it lies already does nothing; the artifact then goes the way
of every package (`Packages`). What no version refers to any more is taken away last, and nothing that another artifact
still refers to or that is not this package's any more (`Places`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from computenest.domain import identity
from computenest.domain.content import check, ours, state
from computenest.domain.content.model import PUBLIC, ContentPackage, Kind
from computenest.domain.distribution.model import ArtifactVersion
from computenest.domain.distribution.plan import Observed
from computenest.domain.distribution.state import INCOMPLETE
from computenest.domain.errors import ComputeNestError
from computenest.domain.names import ArtifactId, OwnerId, RegionId
from computenest.domain.outcome import Outcome
from computenest.engine.ownership import stranger
from computenest.engine.packages import Packages
from computenest.engine.places import Places
from computenest.engine.stopping import or_stopped
from computenest.ports.uploads import ContentStore, Registrations

__all__ = ["ContentPackages", "ContentTerms"]

_MAX_LOSSES = 3  # of content in one run: each takes another package of the same content that ends just then


@dataclass(frozen=True, slots=True)
class ContentTerms:
    """The terms of packages that are content."""

    kind: Kind

    def package_of(self, inputs: Mapping[str, Any]) -> ContentPackage:
        return check.package_of(self.kind, inputs)

    def delivered(
        self,
        inputs: Mapping[str, Any],
        package: Any,
        seen: Observed,
        version: ArtifactVersion,
        former: Mapping[str, Any],
        *,
        visible: Sequence[RegionId],
    ) -> dict[str, Any]:
        return state.delivered(inputs, package, seen, version, former, visible=visible)

    def incomplete(
        self,
        inputs: Mapping[str, Any],
        package: Any,
        seen: Observed,
        former: Mapping[str, Any],
        artifact_id: str,
        reasons: Mapping[RegionId, str],
        detail: str,
    ) -> dict[str, Any]:
        return state.incomplete(inputs, package, seen, former, artifact_id, reasons, detail)

    def observed(self, known: Mapping[str, Any], package: Any, seen: Observed) -> dict[str, Any]:
        return state.observed(known, package, seen)

    def sentences(self, package: Any, kept: Mapping[str, Any]) -> tuple[str, ...]:
        return state.sentences(package, kept)


@dataclass(frozen=True, slots=True)
class ContentPackages:
    """Create, read, update and delete packages of one kind in one account.

    Args:
        packages: the artifact's lifecycle, with `ContentTerms` of this kind.
        store: where the content lies.
        registrations: permissions.
        places: what may be taken away or overwritten there.
    """

    kind: Kind
    packages: Packages
    store: ContentStore
    registrations: Registrations
    places: Places

    async def create(self, inputs: Mapping[str, Any], source: Mapping[str, str]) -> Outcome:
        """Puts the content in place and makes its artifact; goes on where an interrupted create stopped.

        Raises:
            ComputeNestError: before an artifact exists. Content that was sent by then is found by the next create.
        """
        await self._refuse_stranger(inputs)
        placed = await self._push(inputs, source, former={})
        made = await self.packages.create({**inputs, **placed})
        return await self._settled(await self._secured(made, inputs, source))

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any], source: Mapping[str, str]) -> Outcome:
        """Puts changed or damaged content in place, and makes a version of it where the version has to change."""
        placed = await self._push(inputs, source, former=former)
        made = await self.packages.update({**inputs, **placed}, former)
        return await self._settled(await self._secured(made, inputs, source))

    async def read(self, known: Mapping[str, Any]) -> Outcome | None:
        """The observed state, content and permission included; None where the artifact is gone.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        outcome = await self.packages.read(known)
        if outcome is None:
            return None
        seen = await self.store.look(kind=self.kind, known=known)
        permission = await self.registrations.permission(artifact_id=ArtifactId(outcome.id))
        found = state.looked_at(self.kind, outcome.state, seen, permission=permission)
        return Outcome(outcome.id, found, outcome.reasons)

    async def delete(self, known: Mapping[str, Any]) -> None:
        """Deletes the artifact, then its content: tags, a repository that is empty then, objects. What another artifact
        uses or what is not this package's any more stays, and all of it where `retainContent` is set.

        Raises:
            Conflict: it is not ours any more, or a service still uses it.
        """
        artifact_id = ArtifactId(str(known["artifactId"]))
        versions = await self.packages.artifacts.versions(artifact_id=artifact_id)
        await self.packages.delete(known)
        if await self.packages.artifacts.get(artifact_id=artifact_id) is not None:
            return  # its replacement has adopted it
        own = {*map(str, known.get("places") or ()), *state.places_in(self.kind, versions)}
        if known.get("retainContent"):
            self.places.keep(known, own)
        else:
            await self.places.clear(known, own, artifact_id=artifact_id, versions=versions)

    async def _refuse_stranger(self, inputs: Mapping[str, Any]) -> None:
        """Before anything is sent: an artifact of the same name that is not ours."""
        package = check.package_of(self.kind, inputs)
        named = await self.packages.artifacts.find(name=package.artifact_name)
        is_ours = any(
            identity.is_ours(one.tags, owner_id=package.owner_id, generation=package.generation) for one in named
        )
        if named and not is_ours:
            raise stranger(package, named[0].artifact_id, named[0].tags)

    async def _push(
        self, inputs: Mapping[str, Any], source: Mapping[str, str], *, former: Mapping[str, Any]
    ) -> dict[str, Any]:
        placed = await self.store.push(
            kind=self.kind,
            inputs=inputs,
            source=source,
            former=former,
            overwriting=self.places.guard(inputs, former),
            show=self.packages.progress.show,
        )
        places = sorted({*map(str, former.get("places") or ()), placed.place})
        put = {**ours.fingerprints(self.kind, former), placed.place: str(inputs["content"])}
        known = {**placed.outputs, "places": places, "fingerprints": {p: put[p] for p in places if p in put}}
        if self.kind is not Kind.FILE:
            return known
        repairs = int(former.get("repairs") or 0) + state.has_lost_copies(former)
        return {**known, "repairs": repairs, "seenIn": []}

    async def _settled(self, outcome: Outcome) -> Outcome:
        """With the permission that is wanted, and without what no version refers to any more."""
        if not outcome.is_complete:
            return outcome
        known = dict(outcome.state)
        try:
            await or_stopped(self._settle(known, ArtifactId(outcome.id)))
        except ComputeNestError as error:
            return _incomplete(outcome, known, error)
        return Outcome(outcome.id, known)

    async def _settle(self, known: dict[str, Any], artifact_id: ArtifactId) -> None:
        """`known` is true after each step of it."""
        if known.get("permission") == PUBLIC and self.kind is not Kind.FILE:  # of files the API knows none
            await self._publish(known, artifact_id)
        if self.kind is Kind.FILE and known["status"] == "Available":
            seen = await self.store.look(kind=self.kind, known=known)
            known["seenIn"] = [region for region, held in seen.regions.items() if held == known["content"]]
        versions = await self.packages.artifacts.versions(artifact_id=artifact_id)
        needed = {*state.places_in(self.kind, versions), state.place_of(self.kind, known)}
        spare = [place for place in known["places"] if place not in needed]
        if spare:
            await self.places.clear(known, spare, artifact_id=artifact_id, versions=versions)
            known["places"] = sorted(needed & {*known["places"]})
            known["fingerprints"] = {p: d for p, d in known["fingerprints"].items() if p in needed}

    async def _secured(self, outcome: Outcome, inputs: Mapping[str, Any], source: Mapping[str, str]) -> Outcome:
        """With the content still in place: whoever had put it there first may have taken it away before our artifact
        named it. From then on it stays."""
        if self.kind is Kind.FILE:  # its address is nobody else's
            return outcome
        known = outcome.state
        try:
            for _ in range(_MAX_LOSSES):
                place = state.place_of(self.kind, known)
                lies = self.store.lies(kind=self.kind, known=known, place=place)
                if await or_stopped(lies) == known["content"]:
                    break
                placed = await or_stopped(self._push(inputs, source, former=known))
                outcome = await self.packages.update({**inputs, **placed}, known)
                known = outcome.state
        except ComputeNestError as error:
            return _incomplete(outcome, known, error) if outcome.is_complete else outcome
        return outcome

    async def _publish(self, known: Mapping[str, Any], artifact_id: ArtifactId) -> None:
        if await self.registrations.permission(artifact_id=artifact_id) != PUBLIC:
            token = identity.token(OwnerId(str(known["ownerId"])), int(known["generation"]), "publish", artifact_id)
            await self.registrations.publish(artifact_id=artifact_id, token=token)


def _incomplete(outcome: Outcome, known: Mapping[str, Any], error: ComputeNestError) -> Outcome:
    kept = {**known, "status": INCOMPLETE, "reasons": {"": str(error)}}
    return Outcome(outcome.id, kept, (f"{known.get('name')}: {error}",))
