"""The lifecycle of an EcsImage package in managed distribution: observe, take the planned next step, look again.

Every effect is preceded by a look and carries a token that is a function of identity and of what was observed, so
that the same run twice, or two runs at once, do one thing. From the moment an artifact's id is known, whatever
happens ends in an `Outcome` that carries it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
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
from computenest.engine.ownership import refuse_stranger, stranger
from computenest.engine.progress import LiveLine, VersionLine
from computenest.engine.service_use import ServiceUse
from computenest.engine.stopping import stopped_because
from computenest.engine.terms import ImageTerms, Terms
from computenest.engine.watch import ArtifactWatch, ImageReader, Seen
from computenest.ports import Artifacts, Clock, Progress

__all__ = ["Lease", "Packages"]

_MAX_STEPS = 60  # changes; no story needs more than a dozen, more is a fault of ours, not the cloud's
_MAX_REPLAYS = 16  # answers about an artifact that was deleted since, before we give up on a fresh token
_NOT_YET_LOOKS = 5  # looks at a fresh id before "not found" means a stale answer and not a slow list
_NOT_YET_S = 5.0


class Lease(Protocol):
    """Keeps a second process of this machine (an orphan of a killed run) away from the same owner's objects."""

    def __call__(self, owner_id: OwnerId) -> AbstractAsyncContextManager[None]: ...


@dataclass(slots=True)
class _Run:
    """One operation under way: what it knows, and what it did."""

    package: Wanted
    former: Mapping[str, Any]
    deadline_s: float
    artifact_id: ArtifactId | None = None
    released: frozenset[int] = frozenset()
    creations: int = 0
    incarnation: int = 1
    has_acted: bool = False
    attempts: Counter[str] = field(default_factory=Counter)
    """Changes that the cloud accepted in this run, by purpose: an ordinal of the next one's token."""
    observed: Observed = field(default_factory=Observed)


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
        return await self._converge(inputs, former={}, artifact_id=None)

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        """Brings the artifact of `former` to the checked `inputs`; keeps the old version while a new one fails."""
        return await self._converge(inputs, former=former, artifact_id=ArtifactId(str(former["artifactId"])))

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
        return Outcome(id=artifact_id, state=superseded_shown(self.terms.observed(known, package, observed), free))

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
                if attempt > _MAX_REPLAYS:
                    raise Permanent(
                        f"artifact {artifact_id} is still there after {attempt - 1} deletions",
                        hint="look at it in the console, then run pulumi destroy again",
                    )
                token = self._token(package, observed, "delete", attempt)
                await self.artifacts.delete(artifact_id=artifact_id, version=None, token=token)

    async def _converge(
        self, inputs: Mapping[str, Any], *, former: Mapping[str, Any], artifact_id: ArtifactId | None
    ) -> Outcome:
        package = self.terms.package_of(inputs)
        run = _Run(package, former, self.clock.now_s() + package.timeout_s, artifact_id)
        run.incarnation = int(former.get("incarnation") or 1)
        async with self.lease(package.owner_id):
            try:
                done = await self._step_until_done(run)
                if isinstance(done, plan.Done):
                    await self._settle(run, former)
            except ComputeNestError as error:
                if run.artifact_id is None or (run.former and not run.has_acted):
                    raise
                return await self._incomplete(run, inputs, {}, str(error))
            except asyncio.CancelledError as cancelled:
                return self._stopped(run, inputs, cancelled)
            if isinstance(done, plan.Fail):
                return await self._incomplete(run, inputs, done.reasons, done.version.status_detail)
            self.progress.show(f"{package.name}: version {done.version.version} is {done.version.status}")
            visible = await self._visible(done.version)
            made = self.terms.delivered(inputs, package, run.observed, done.version, former, visible=visible)
            return Outcome(id=run.artifact_id or "", state={**made, "incarnation": run.incarnation})

    async def _step_until_done(self, run: _Run) -> plan.Done | plan.Fail:
        if run.artifact_id is None:
            await self._adopt(run)
        while run.attempts.total() < _MAX_STEPS:
            run.observed = (
                await self._observe(run.artifact_id, seen=_visible(run.former)) if run.artifact_id else Observed()
            )
            step = plan.next_step(run.package, run.observed, released=run.released)
            if isinstance(step, plan.Done | plan.Fail):
                return step
            if isinstance(step, plan.Await):
                run.has_acted = True
                await self._await_change(run.package, run.observed, step.version, run.deadline_s)
            else:
                await self._perform(run, step)
        raise Permanent(
            f"{run.package.artifact_name} needs more than {_MAX_STEPS} steps; this is a fault of the provider",
            hint="please report it with the output of `pulumi up --logtostderr -v=9`",
        )

    async def _perform(self, run: _Run, step: plan.Step) -> None:
        package, observed, draft = run.package, run.observed, run.package.draft()
        modified = observed.artifact.modified if observed.artifact else ""
        try:
            if isinstance(step, plan.CreateArtifact):
                await self._create(run)
                return
            if observed.artifact is None or run.artifact_id is None:
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
            if not conflict.code.startswith(("EntityAlreadyExist.Draft", "OperationDenied")):
                raise
            await self._pause(run.deadline_s, conflict)

    async def _create(self, run: _Run) -> None:
        package = run.package
        if run.former:
            raise Conflict(
                f"artifact {run.artifact_id} of {package.artifact_name} is gone",
                hint="run `pulumi refresh` so that the state says so, then `pulumi up` to make it anew",
            )
        if run.creations and run.artifact_id is not None:
            for _ in range(_NOT_YET_LOOKS):
                await self._pause(run.deadline_s, None)
                if await self.artifacts.get(artifact_id=run.artifact_id) is not None:
                    return
        if run.creations >= _MAX_REPLAYS:
            said = f"the cloud answered {run.creations} times with a deleted artifact"
            raise Permanent(f"{package.artifact_name}: {said}")
        run.creations += 1
        self.progress.show(f"{package.name}: creating the artifact")
        try:
            run.artifact_id = await self.artifacts.create(
                name=package.artifact_name,
                draft=package.draft(),
                tags={**package.tags, **identity.owner_tags(package.owner_id, package.generation)},
                resource_group_id=package.resource_group_id,
                token=identity.token(package.owner_id, package.generation, "create", run.creations),
            )
        except Conflict as conflict:
            if not conflict.code.startswith(("IdempotentParameterMismatch", "EntityAlreadyExist")):
                raise
            await self._adopt_late(run, conflict)
            return
        run.has_acted = True
        run.released = plan.after_draft(run.released)

    async def _adopt_late(self, run: _Run, conflict: Conflict) -> None:
        """The name or token was used before: by an artifact of ours that no list shows yet, or by one deleted since."""
        run.artifact_id = None
        for _ in range(_NOT_YET_LOOKS):
            await self._pause(run.deadline_s, conflict)
            await self._adopt(run)
            if run.artifact_id is not None:
                return
        if conflict.code.startswith("EntityAlreadyExist"):
            raise conflict

    async def _adopt(self, run: _Run) -> None:
        """Takes over what an earlier create of this identity began; refuses a stranger's artifact of the same name."""
        package = run.package
        named = await self.artifacts.find(name=package.artifact_name)
        ours = [a for a in named if identity.is_ours(a.tags, owner_id=package.owner_id, generation=package.generation)]
        if named and not ours:
            raise stranger(package, named[0].artifact_id, named[0].tags)
        if ours:
            run.artifact_id = ours[0].artifact_id
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

    async def _pause(self, deadline_s: float, cause: Exception | None) -> None:
        if self.clock.now_s() >= deadline_s:
            raise cause or Permanent("timed out while the cloud did not show what it had created")
        await self.clock.sleep(_NOT_YET_S)

    async def _settle(self, run: _Run, former: Mapping[str, Any]) -> None:
        """Tags as wanted, and versions that nobody needs deleted; one that a service uses stays for a later run."""
        package, artifact = run.package, run.observed.artifact
        if artifact is None:
            return
        refuse_stranger(package, artifact, may_restore=True)
        wanted = {**package.tags, **identity.owner_tags(package.owner_id, package.generation)}
        changed = {key: value for key, value in wanted.items() if artifact.tags.get(key) != value}
        if changed:
            await self.artifacts.tag(artifact_id=artifact.artifact_id, tags=changed)
        dropped = sorted(key for key in former.get("tags") or {} if key not in wanted and key in artifact.tags)
        if dropped:
            await self.artifacts.untag(artifact_id=artifact.artifact_id, keys=dropped)
        for version in plan.superseded(package, run.observed):
            await self._delete_version(package, artifact.artifact_id, version)

    async def _delete_version(self, package: Wanted, artifact_id: ArtifactId, version: VersionId) -> None:
        token = identity.token(package.owner_id, package.generation, "delete-version", artifact_id, version)
        try:
            await self.artifacts.delete(artifact_id=artifact_id, version=version, token=token)
        except Conflict as conflict:
            later = "once nothing uses it, the first up after a refresh deletes it"
            self.progress.warn(f"{package.artifact_name}: version {version} stays for now: {conflict.summary}; {later}")

    async def _incomplete(
        self, run: _Run, inputs: Mapping[str, Any], reasons: Mapping[RegionId, str], detail: str
    ) -> Outcome:
        """What there is, with every reason; a last look is taken where the cloud still answers."""
        try:
            if run.artifact_id is not None:
                run.observed = await self._observe(run.artifact_id, seen=frozenset())
        except ComputeNestError:
            pass  # the state as last observed is still true enough, and it carries the id
        return self._kept(run, inputs, reasons, detail)

    def _stopped(self, run: _Run, inputs: Mapping[str, Any], cancelled: asyncio.CancelledError) -> Outcome:
        """What there is when somebody ends the run: no call is made any more, and the next run goes on."""
        reason = stopped_because(cancelled)
        if reason is None:
            raise cancelled
        if run.artifact_id is None or (run.former and not run.has_acted):
            raise Permanent(f"{run.package.artifact_name}: {reason}") from cancelled
        return replace(self._kept(run, inputs, {}, reason), reasons=(f"{run.package.name}: {reason}",))

    def _kept(self, run: _Run, inputs: Mapping[str, Any], reasons: Mapping[RegionId, str], detail: str) -> Outcome:
        kept = self.terms.incomplete(
            inputs, run.package, run.observed, run.former, run.artifact_id or "", reasons, detail
        )
        kept["incarnation"] = run.incarnation
        return Outcome(id=run.artifact_id or "", state=kept, reasons=self.terms.sentences(run.package, kept))

    @staticmethod
    def _token(package: Wanted, observed: Observed, purpose: str, *ordinals: str | int) -> Token:
        """Of one change of one artifact: another artifact of the same owner has other tokens."""
        artifact_id = observed.artifact.artifact_id if observed.artifact else ""
        return identity.token(package.owner_id, package.generation, purpose, artifact_id, observed.highest, *ordinals)


def _so_far(package: Wanted, version: ArtifactVersion) -> str:
    progress = "" if version.progress_percent is None else f" · {version.progress_percent} %"
    ready = [region for region in package.regions if region in version.images]
    return f"{version.status}{progress} · {len(ready)} of {len(package.regions)} regions have their image"


def _visible(known: Mapping[str, Any]) -> frozenset[RegionId]:
    return frozenset(RegionId(str(region)) for region in known.get("visible") or ())
