"""The lifecycle of an EcsImage package in managed distribution: observe, take the planned next step, look again.

Every effect is preceded by a look and carries a token that is a function of identity and of what was observed, so
that the same run twice, or two runs at once, do one thing. From the moment an artifact's id is known, whatever
happens ends in an `Outcome` that carries it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from computenest.domain import identity
from computenest.domain.distribution import plan
from computenest.domain.distribution.adopt import adopt
from computenest.domain.distribution.classify import Phase, classify
from computenest.domain.distribution.model import ArtifactVersion, Wanted
from computenest.domain.distribution.plan import Observed
from computenest.domain.distribution.state import superseded_shown
from computenest.domain.errors import ComputeNestError, Conflict, Permanent, Transient
from computenest.domain.names import AccountName, ArtifactId, OwnerId, RegionId, Token, VersionId
from computenest.domain.outcome import Outcome
from computenest.engine.operation import MAY_PASS, Operation
from computenest.engine.ownership import refuse_stranger, stranger, tag_changes
from computenest.engine.progress import LiveLine, VersionLine
from computenest.engine.service_use import ServiceUse
from computenest.engine.terms import ImageTerms, Terms
from computenest.engine.watch import ArtifactWatch, ImageReader, Seen
from computenest.ports import Artifacts, Clock, Progress

__all__ = ["Lease", "Packages"]

_MAX_STEPS = 60  # changes; no story needs more than a dozen, more is a fault of ours, not the cloud's
_DISCARD = "Discard"  # once in a run: a draft that a service uses stays
_MAX_DELETIONS = 16  # that were answered, and left the artifact there


class Lease(Protocol):
    """Keeps a second process of this machine (an orphan of a killed run) away from the same owner's objects."""

    def __call__(self, owner_id: OwnerId) -> AbstractAsyncContextManager[None]: ...


@dataclass(slots=True, kw_only=True)
class _Run(Operation):
    """One operation on a package under way."""

    package: Wanted
    released: frozenset[int] = frozenset()
    attempts: Counter[str] = field(default_factory=Counter)
    """Changes that the cloud accepted in this run, by purpose: an ordinal of the next one's token."""
    observed: Observed = field(default_factory=Observed)

    @property
    def artifact_id(self) -> ArtifactId:
        return ArtifactId(self.object_id)


@dataclass(frozen=True, slots=True)
class Packages:
    """Create, read, update and delete packages of one account."""

    artifacts: Artifacts
    reader: ImageReader
    watch: ArtifactWatch
    clock: Clock
    progress: Progress
    lease: Lease
    terms: Terms = field(default_factory=ImageTerms)
    use: ServiceUse | None = None

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        """Makes the package, adopting what an earlier, interrupted create of the same identity began.

        Raises:
            ComputeNestError: before an artifact exists; after that every failure is in the Outcome.
        """
        return await self._converge(inputs, former={}, artifact_id="")

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        """Brings the artifact of `former` to the checked `inputs`; keeps the old version while a new one fails."""
        return await self._converge(inputs, former=former, artifact_id=str(former["artifactId"]))

    async def read(self, known: Mapping[str, Any]) -> Outcome | None:
        """The observed state, None where the artifact is gone. Its inputs are `state.observed_inputs`' affair.

        Raises:
            ComputeNestError: where it cannot be told; the caller keeps the state and warns.
        """
        package = self.terms.package_of(known)
        artifact_id = ArtifactId(str(known["artifactId"]))
        observed = await self._observe(artifact_id, seen=_visible(known))
        if observed.artifact is None:
            return None
        free = await self.use.unused(artifact_id, plan.superseded(package, observed)) if self.use else ()
        found = superseded_shown(self.terms.observed(known, package, observed), free)
        return Outcome(id=artifact_id, state={**found, "incarnation": int(known.get("incarnation") or 1)})

    async def adopt(self, artifact_id: ArtifactId, *, owner_id: OwnerId, account: AccountName) -> Outcome | None:
        """The state of an artifact that no state records, for an import; None where there is no such artifact."""
        seen = await self._observe(artifact_id, seen=frozenset())
        live = plan.live_version(seen)
        visible = () if live is None else await self._visible(live)
        made = adopt(seen, owner_id=owner_id, account=account, visible=visible)
        return None if made is None else Outcome(id=artifact_id, state=made)

    async def delete(self, known: Mapping[str, Any]) -> None:
        """Deletes the artifact, its versions and with them its copies; already gone is success.

        Raises:
            Conflict: it is not ours any more, or a service still uses it (the message names the service).
        """
        package = self.terms.package_of(known)
        artifact_id = ArtifactId(str(known["artifactId"]))
        deadline_s = self.clock.now_s() + package.timeout_s
        async with self.lease(package.owner_id):
            attempt = 0
            while True:
                observed = await self._observe(artifact_id, seen=frozenset())
                if observed.artifact is None:
                    return
                refuse_stranger(package, observed.artifact)
                if identity.incarnation(observed.artifact.tags) > int(known.get("incarnation") or 1):
                    self.progress.warn(f"{package.artifact_name}: {artifact_id} stays, its replacement has adopted it")
                    return
                busy = next((v for v in observed.versions if classify(v.status) is Phase.PENDING), None)
                if busy is not None:
                    await self._await_change(package, observed, busy, deadline_s, verb="waiting to delete it")
                    continue
                attempt += 1
                if attempt > _MAX_DELETIONS:
                    raise Permanent(
                        f"artifact {artifact_id} is still there after {attempt - 1} deletions",
                        hint="look at it in the console, then run pulumi destroy again",
                    )
                token = self._token(package, observed, "delete", attempt)
                await self.artifacts.delete(artifact_id=artifact_id, version=None, token=token)

    async def _converge(self, inputs: Mapping[str, Any], *, former: Mapping[str, Any], artifact_id: str) -> Outcome:
        package = self.terms.package_of(inputs)
        run = _Run(
            kind="artifact",
            name=package.artifact_name,
            former=former,
            clock=self.clock,
            deadline_s=self.clock.now_s() + package.timeout_s,
            object_id=artifact_id,
            package=package,
        )
        async with self.lease(package.owner_id):
            return await run.outcome_of(
                self._made_so(run, inputs),
                look=lambda: self._look(run),
                kept=lambda reason: self._kept(run, inputs, {}, reason),
            )

    async def _made_so(self, run: _Run, inputs: Mapping[str, Any]) -> Outcome:
        package = run.package
        done = await self._step_until_done(run)
        if isinstance(done, plan.Fail):
            with suppress(ComputeNestError):
                await self._look(run)
            return self._kept(run, inputs, done.reasons, done.version.status_detail)
        await self._settle(run)
        self.progress.show(f"{package.name}: version {done.version.version} is {done.version.status}")
        visible = await self._visible(done.version)
        made = self.terms.delivered(inputs, package, run.observed, done.version, run.former, visible=visible)
        return Outcome(id=run.object_id, state={**made, "incarnation": run.incarnation})

    async def _look(self, run: _Run, *, seen: frozenset[RegionId] = frozenset()) -> None:
        run.observed = await self._observe(run.artifact_id, seen=seen) if run.object_id else Observed()
        run.is_seen |= run.observed.artifact is not None

    async def _step_until_done(self, run: _Run) -> plan.Done | plan.Fail:
        if not run.object_id:
            await self._adopt(run)
        while run.attempts.total() < _MAX_STEPS:
            await self._look(run, seen=_visible(run.former))
            step = plan.next_step(run.package, run.observed, released=run.released)
            if isinstance(step, plan.Done) and (draft := _abandoned(run, step)) is not None:
                await self._discard(run, draft)
                continue
            if isinstance(step, plan.Done | plan.Fail):
                return step
            if isinstance(step, plan.Await):
                run.has_acted = True
                await self._await_change(run.package, run.observed, step.version, run.deadline_s)
            else:
                await self._perform(run, step)
        raise run.exhausted(_MAX_STEPS)

    async def _perform(self, run: _Run, step: plan.Step) -> None:
        package, observed, draft = run.package, run.observed, run.package.draft()
        modified = observed.artifact.modified if observed.artifact else ""
        try:
            if isinstance(step, plan.CreateArtifact):
                await self._create(run)
                return
            if observed.artifact is None:
                return
            refuse_stranger(package, observed.artifact, may_restore=bool(run.former))
            artifact_id = run.artifact_id
            purpose = type(step).__name__
            token = self._token(package, observed, purpose, package.edition, modified, run.attempts[purpose])
            if isinstance(step, plan.CreateDraft):
                self.progress.show(f"{package.name}: new version, {step.why}")
                run.has_acted = True
                await self.artifacts.create_draft(
                    artifact_id=artifact_id, name=observed.artifact.name, draft=draft, token=token
                )
                run.released = plan.after_draft(run.released)
            elif isinstance(step, plan.UpdateDraft):
                run.has_acted = True
                await self.artifacts.update_draft(artifact_id=artifact_id, draft=draft, token=token)
                run.released = plan.after_draft(run.released)
            elif isinstance(step, plan.Release):
                run.has_acted = True
                await self.artifacts.release(artifact_id=artifact_id, token=token)
                run.released |= {observed.highest}
            run.attempts[purpose] += 1
        except Conflict as conflict:
            # Another look decides: a draft that is there already, or one that the cloud is at work on.
            if conflict.meaning not in MAY_PASS:
                raise
            await run.pause(conflict)

    async def _create(self, run: _Run) -> None:
        package = run.package

        async def make(ordinal: int) -> str:
            self.progress.show(f"{package.name}: creating the artifact")
            made = await self.artifacts.create(
                name=package.artifact_name,
                draft=package.draft(),
                tags={**package.tags, **identity.owner_tags(package.owner_id, package.generation)},
                resource_group_id=package.resource_group_id,
                token=identity.token(package.owner_id, package.generation, "create", ordinal),
            )
            run.released = plan.after_draft(run.released)
            return made

        async def is_there(artifact_id: str) -> bool | None:
            return True if await self.artifacts.get(artifact_id=ArtifactId(artifact_id)) else None

        await run.create(make, is_there=is_there, adopt=lambda: self._adopt(run))

    async def _adopt(self, run: _Run) -> None:
        """Takes over what an earlier create of this identity began; refuses a stranger's artifact of the same name."""
        package = run.package
        named = await self.artifacts.find(name=package.artifact_name)
        ours = [a for a in named if identity.is_ours(a.tags, owner_id=package.owner_id, generation=package.generation)]
        if named and not ours:
            raise stranger(package, named[0].artifact_id, named[0].tags)
        if ours:
            run.object_id, run.is_seen = ours[0].artifact_id, True
            run.incarnation = identity.incarnation(ours[0].tags) + 1
            tags = {identity.INCARNATION_TAG: str(run.incarnation)}
            await self.artifacts.tag(artifact_id=run.artifact_id, tags=tags)

    async def _observe(self, artifact_id: ArtifactId, *, seen: frozenset[RegionId]) -> Observed:
        versions = await self.artifacts.versions(artifact_id=artifact_id)
        bare = Observed(versions=versions)
        shown = bare.draft or plan.live_version(bare)
        artifact = await self.artifacts.get(artifact_id=artifact_id, version=shown.version if shown else None)
        if artifact is None and shown is not None:  # gone, or its release ended just now and gave the draft a number
            versions = await self.artifacts.versions(artifact_id=artifact_id)
            artifact = await self.artifacts.get(artifact_id=artifact_id)
        observed = Observed(artifact=artifact, versions=versions)
        live = plan.live_version(observed)
        if artifact is None or live is None or not seen:
            return observed
        return replace(observed, lost=await self._lost(live, seen))

    async def _lost(self, live: ArtifactVersion, seen: frozenset[RegionId]) -> frozenset[RegionId]:
        """Regions whose image this account has seen and sees no more: gone only if seen before."""
        try:
            images = await self.reader.read({r: i for r, i in live.images.items() if r in seen})
        except Permanent:
            return frozenset()  # an account that may not read ECS images cannot tell
        return frozenset(r for r, image in images.items() if image is None or image.status == "UnAvailable")

    async def _visible(self, version: ArtifactVersion) -> tuple[RegionId, ...]:
        """Regions whose copy this account can see; unverified whether the real cloud shows them (facts §9)."""
        try:
            images = await self.reader.read(version.images)
        except (Permanent, Transient):
            return ()
        return tuple(sorted(r for r, image in images.items() if image is not None))

    async def _await_change(
        self, package: Wanted, observed: Observed, version: ArtifactVersion, deadline_s: float, *, verb: str = ""
    ) -> None:
        artifact = observed.artifact
        if artifact is None:
            return
        line = VersionLine(LiveLine(package.name, self.progress, self.clock), package, version, verb)
        seen = Seen(version.status, observed.highest)
        if await self.watch.until_changed(artifact.artifact_id, seen, until_s=deadline_s, onlooker=line):
            return
        latest = await self.artifacts.versions(artifact_id=artifact.artifact_id)
        version = next((v for v in latest if v.version == version.version), version)
        raise Permanent(
            f"{package.artifact_name}: timed out after {package.timeout_s} s while version {version.version} is "
            f"{_so_far(package, version)}",
            hint="run pulumi up again to go on waiting where this run stopped, or raise timeout_s",
        )

    async def _settle(self, run: _Run) -> None:
        """Tags as wanted, and versions that nobody needs deleted; one that a service uses stays for a later run."""
        package, artifact = run.package, run.observed.artifact
        if artifact is None:
            return
        refuse_stranger(package, artifact, may_restore=True)
        changed, dropped = tag_changes(package, artifact.tags, run.former)
        if changed:
            await self.artifacts.tag(artifact_id=artifact.artifact_id, tags=changed)
        if dropped:
            await self.artifacts.untag(artifact_id=artifact.artifact_id, keys=dropped)
        for version in plan.superseded(package, run.observed):
            await self._delete_version(run, version, "delete-version")

    async def _discard(self, run: _Run, draft: ArtifactVersion) -> None:
        """Another look follows: of the live version all is shown only where there is no draft."""
        self.progress.show(f"{run.package.name}: deleting the draft of a wish that was taken back")
        modified = run.observed.artifact.modified if run.observed.artifact else ""
        run.has_acted = True
        run.attempts[_DISCARD] += 1
        await self._delete_version(run, draft.version, "discard", modified)

    async def _delete_version(self, run: _Run, version: VersionId, purpose: str, *ordinals: str) -> None:
        package, artifact_id = run.package, run.artifact_id
        token = identity.token(package.owner_id, package.generation, purpose, artifact_id, version, *ordinals)
        try:
            await self.artifacts.delete(artifact_id=artifact_id, version=version, token=token)
        except Conflict as conflict:
            later = "once nothing uses it, the first up after a refresh deletes it"
            self.progress.warn(f"{package.artifact_name}: version {version} stays for now: {conflict.summary}; {later}")

    def _kept(self, run: _Run, inputs: Mapping[str, Any], reasons: Mapping[RegionId, str], detail: str) -> Outcome:
        kept = self.terms.incomplete(inputs, run.package, run.observed, run.former, run.object_id, reasons, detail)
        kept["incarnation"] = run.recorded_incarnation
        return Outcome(id=run.object_id, state=kept, reasons=self.terms.sentences(run.package, kept))

    @staticmethod
    def _token(package: Wanted, observed: Observed, purpose: str, *ordinals: str | int) -> Token:
        """Of one change of one artifact: another artifact of the same owner has other tokens."""
        artifact_id = observed.artifact.artifact_id if observed.artifact else ""
        return identity.token(package.owner_id, package.generation, purpose, artifact_id, observed.highest, *ordinals)


def _abandoned(run: _Run, done: plan.Done) -> ArtifactVersion | None:
    """The draft that is left of a wish which failed and was taken back: its copies would stay for nothing.

    A draft that did not fail, of a package that was as wished, is somebody's who works on it in the console.
    """
    draft = run.observed.draft
    if draft is None or done.version.is_draft or run.attempts[_DISCARD]:
        return None
    return draft if classify(draft.status) is Phase.FAILED or run.former.get("reasons") else None


def _so_far(package: Wanted, version: ArtifactVersion) -> str:
    progress = "" if version.progress_percent is None else f" · {version.progress_percent} %"
    ready = [region for region in package.regions if region in version.images]
    return f"{version.status}{progress} · {len(ready)} of {len(package.regions)} regions have their image"


def _visible(known: Mapping[str, Any]) -> frozenset[RegionId]:
    return frozenset(RegionId(str(region)) for region in known.get("visible") or ())
