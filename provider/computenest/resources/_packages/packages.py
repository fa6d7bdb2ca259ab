"""The lifecycle of a package: its artifact, its versions, and what Compute Nest does with them.

Every effect is preceded by a look and carries a token that is a function of identity and of what was observed, so
that the same run twice, or two runs at once, do one thing. Container images, charts and files go the same way once
their content lies in its place (`resources/_packages/uploads.py`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Generic, Protocol

from typing_extensions import TypeVar

from computenest.kernel import identity
from computenest.kernel.errors import ComputeNestError, Conflict, Permanent, Transient
from computenest.kernel.logs import said_of
from computenest.kernel.names import ArtifactId, RegionId, Token, VersionId
from computenest.kernel.outcome import Outcome
from computenest.kernel.plan import Step
from computenest.kernel.ports import Clock, Progress
from computenest.kernel.unknown import Known
from computenest.reconcile.desk import Lease
from computenest.reconcile.objects import ObjectRun
from computenest.reconcile.operating import Operating
from computenest.reconcile.ownership import foreign
from computenest.resources._packages import build_log, plan
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.classify import Phase, classify
from computenest.resources._packages.model import AnyState, ArtifactVersion, Wanted
from computenest.resources._packages.plan import Observed
from computenest.resources._packages.progress import LiveLine, VersionLine
from computenest.resources._packages.risk import is_at_risk, told
from computenest.resources._packages.states import States
from computenest.resources._packages.watch import ArtifactWatch, ImageReader, Seen

W = TypeVar("W", bound="Wanted[Known]")
S = TypeVar("S", bound="AnyState[Known]")


class VersionUse(Protocol):
    """Who uses the versions of an artifact."""

    async def unused(self, artifact_id: ArtifactId, versions: Sequence[VersionId]) -> tuple[VersionId, ...]:
        """Those of `versions` that nobody uses any more; () where that cannot be told."""


@dataclass(frozen=True, slots=True)
class Packages(Operating[W, S], Generic[W, S]):
    """Create, read, update and delete packages of one type in one account.

    Args:
        states: what a state says of them.
    """

    artifacts: CloudArtifacts
    reader: ImageReader
    watch: ArtifactWatch
    clock: Clock
    progress: Progress
    lease: Lease
    states: States[W, S]
    use: VersionUse | None = None

    async def read(self, known: S) -> Outcome[S] | None:
        """The observed state, None where the artifact is gone.

        Raises:
            ComputeNestError: where it cannot be told; the caller keeps the state and warns.
        """
        artifact_id = known.artifact_id
        observed = await self.observe(artifact_id, seen=known.visible_in)
        if observed.artifact is None:
            return None
        free = await self.use.unused(artifact_id, plan.superseded(known, observed)) if self.use else ()
        found = self.states.observed(known, observed)
        found = found.made(
            found,
            superseded=dict.fromkeys(sorted(free), "no service uses it any more") or None,
            risk=await self.risk(artifact_id, plan.live_version(observed) or observed.draft) or None,
            incarnation=known.incarnation or 1,
        )
        return Outcome(artifact_id, found)

    def _run(self, inputs: W | S, former: S | None) -> PackageRun[W, S]:
        return PackageRun(desk=self, wanted=inputs, former=former, object_id=former.artifact_id if former else "")

    async def observe(self, artifact_id: ArtifactId, *, seen: frozenset[RegionId]) -> Observed:
        """Everything the cloud says of an artifact; of the regions in `seen`, whether their image is still there."""
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

    async def risk(self, artifact_id: ArtifactId, version: ArtifactVersion | None) -> str:
        """What the security scan found in a version, delivered or not; "" for nothing."""
        if version is None or not is_at_risk(version):
            return ""
        try:
            return told(version, await self.artifacts.risks(artifact_id=artifact_id, version=version.version))
        except (Permanent, Transient):
            return told(version, ())  # that it is at risk was seen all the same

    async def visible(self, version: ArtifactVersion) -> tuple[RegionId, ...]:
        """Regions whose copy this account can see; unverified whether the real cloud shows them (facts §9)."""
        try:
            images = await self.reader.read(version.images)
        except (Permanent, Transient):
            return ()
        return tuple(sorted(r for r, image in images.items() if image is not None))


@dataclass(kw_only=True)
class PackageRun(ObjectRun[S, plan.Await, plan.Done, plan.Fail], Generic[W, S]):
    """One operation on a package under way."""

    kind: ClassVar[str] = "artifact"
    max_steps: ClassVar[int] = 60

    desk: Packages[W, S]
    wanted: W | S
    released: frozenset[int] = frozenset()
    observed: Observed = field(default_factory=Observed)
    causes: str = ""
    """What the log of a failed build says of it."""

    @property
    def name(self) -> str:
        return self.wanted.artifact_name

    @property
    def row(self) -> str:
        return self.wanted.name

    @property
    def artifact_id(self) -> ArtifactId:
        return ArtifactId(self.object_id)

    @property
    def seen_tags(self) -> Mapping[str, str] | None:
        return None if self.observed.artifact is None else self.observed.artifact.tags

    async def observe(self) -> None:
        seen = frozenset() if self.is_clearing or self.former is None else self.former.visible_in
        self.observed = await self.desk.observe(self.artifact_id, seen=seen) if self.object_id else Observed()

    async def look_once_more(self) -> None:
        """With the end of the log of a build that failed."""
        await super().look_once_more()
        draft = self.observed.draft
        if draft is None or not build_log.is_failed(draft):
            return
        with contextlib.suppress(ComputeNestError):  # the failure is told all the same
            lines = await self.desk.artifacts.build_log(artifact_id=self.artifact_id, version=draft.version)
            self.causes = build_log.causes(draft, lines)

    def next_step(self) -> Step:
        step = plan.next_step(self.wanted, self.observed, released=self.released)
        if self.attempts["Discard"]:  # once in a run: a draft that a service uses stays
            return step
        return plan.abandoned(self.observed, step, has_failed=self.former is not None and bool(self.former.reasons))

    async def find(self) -> tuple[str, Mapping[str, str]] | None:
        package = self.wanted
        named = await self.desk.artifacts.find(name=package.artifact_name)
        ours = [a for a in named if identity.is_ours(a.tags, owner_id=package.owner_id, generation=package.generation)]
        if named and not ours:
            raise foreign(self.kind, named[0].artifact_id, self.name, package, named[0].tags)
        return (ours[0].artifact_id, ours[0].tags) if ours else None

    async def make(self, ordinal: int) -> str:
        package = self.wanted
        self.show("creating the artifact")
        made = await self.desk.artifacts.create(
            name=package.artifact_name,
            draft=package.draft(),
            tags=self.tags,
            resource_group_id=package.resource_group_id,
            token=identity.token(package.owner_id, package.generation, "create", ordinal),
        )
        self.released = plan.after_draft(self.released)
        return made

    async def is_there(self) -> bool | None:
        return True if await self.desk.artifacts.get(artifact_id=self.artifact_id) else None

    async def act(self, step: Step) -> None:
        artifacts, artifact_id, draft = self.desk.artifacts, self.artifact_id, self.wanted.draft()
        artifact, purpose = self.observed.artifact, type(step).__name__
        if artifact is None:
            return
        token = self._token(purpose, self.wanted.wanted_edition, artifact.modified, self.attempts[purpose])
        if isinstance(step, plan.CreateDraft):
            self.acting(f"new version, {step.why}")
            await artifacts.create_draft(artifact_id=artifact_id, name=artifact.name, draft=draft, token=token)
            self.released = plan.after_draft(self.released)
        elif isinstance(step, plan.UpdateDraft):
            self.acting()
            await artifacts.update_draft(artifact_id=artifact_id, draft=draft, token=token)
            self.released = plan.after_draft(self.released)
        elif isinstance(step, plan.Release):
            self.acting()
            await artifacts.release(artifact_id=artifact_id, token=token)
            self.released |= {self.observed.highest}
        elif isinstance(step, plan.Discard):  # another look: of the live version all is shown only without a draft
            self.acting("deleting the draft of a desired state that was taken back")
            await self._delete_version(step.draft.version, "discard", artifact.modified)

    async def wait(self, step: plan.Await) -> None:
        version, verb = step.version, "waiting to delete it" if self.is_clearing else ""
        line = VersionLine(LiveLine(self.wanted.name, self.desk.progress, self.desk.clock), self.wanted, version, verb)
        seen = Seen(version.status, self.observed.highest)
        if await self.desk.watch.until_changed(self.artifact_id, seen, until_s=self.deadline_s, observer=line):
            return
        latest = await self.desk.artifacts.versions(artifact_id=self.artifact_id)
        version = next((v for v in latest if v.version == version.version), version)
        raise self.timed_out(f"version {version.version} is {_so_far(self.wanted, version)}")

    async def finish(self, done: plan.Done) -> Outcome[S]:
        await self.settle_tags()
        for version in plan.superseded(self.wanted, self.observed):
            await self._delete_version(version, "delete-version")
        self.show(f"version {done.version.version} is {done.version.status}")
        visible = await self.desk.visible(done.version)
        made = self.desk.states.delivered(self.wanted, self.observed, done.version, self.former, visible=visible)
        if risk := await self.desk.risk(self.artifact_id, done.version):
            self.warn(risk)
        return Outcome(self.object_id, made.made(made, risk=risk or None, incarnation=self.incarnation))

    def failed(self, step: plan.Fail) -> Outcome[S]:
        return self._kept(step.reasons, step.version.status_detail)

    def kept(self, reason: str) -> Outcome[S]:
        return self._kept({}, reason)

    def _kept(self, reasons: Mapping[RegionId, str], detail: str) -> Outcome[S]:
        kept = self.desk.states.incomplete(self.wanted, self.observed, self.former, self.object_id, reasons, detail)
        kept = kept.made(kept, incarnation=self.recorded_incarnation)
        if said := said_of(self.wanted.name, self.causes):
            kept = kept.made(kept, reasons={**kept.reasons, "": said})
        return Outcome(self.object_id, kept, kept.sentences)

    async def tag(self, tags: Mapping[str, str]) -> None:
        await self.desk.artifacts.tag(artifact_id=self.artifact_id, tags=tags)

    async def untag(self, keys: list[str]) -> None:
        await self.desk.artifacts.untag(artifact_id=self.artifact_id, keys=keys)

    @property
    def busy(self) -> plan.Await | None:
        pending = next((v for v in self.observed.versions if classify(v.status) is Phase.PENDING), None)
        return None if pending is None else plan.Await(pending)

    async def remove(self, attempt: int) -> None:
        token = self._token("delete", attempt)
        await self.desk.artifacts.delete(artifact_id=self.artifact_id, version=None, token=token)

    async def _delete_version(self, version: VersionId, purpose: str, *ordinals: str) -> None:
        """One that a service uses stays for a later run."""
        package, artifact_id = self.wanted, self.artifact_id
        token = identity.token(package.owner_id, package.generation, purpose, artifact_id, version, *ordinals)
        try:
            await self.desk.artifacts.delete(artifact_id=artifact_id, version=version, token=token)
        except Conflict as conflict:
            later = "once nothing uses it, the first up after a refresh deletes it"
            self.warn(f"version {version} stays for now: {conflict.summary}; {later}")

    def _token(self, purpose: str, *ordinals: str | int) -> Token:
        """Of one change of one artifact: another artifact of the same owner has other tokens."""
        package, artifact = self.wanted, self.observed.artifact
        artifact_id = artifact.artifact_id if artifact else ""
        return identity.token(
            package.owner_id, package.generation, purpose, artifact_id, self.observed.highest, *ordinals
        )


def _so_far(package: Wanted[Known], version: ArtifactVersion) -> str:
    progress = "" if version.progress_percent is None else f" · {version.progress_percent} %"
    ready = [region for region in package.regions if region in version.images]
    return f"{version.status}{progress} · {len(ready)} of {len(package.regions)} regions have their image"
