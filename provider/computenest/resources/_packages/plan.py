"""The next step towards a package, from what is wanted and what is observed. Pure: the engine performs and looks again.

Level-triggered: no step depends on what this process did before, except that a version it released itself and saw fail
is not released a second time in the same run. So a crash between any two steps costs nothing: the next run
observes, and goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from computenest.kernel import plan
from computenest.kernel.names import RegionId, VersionId
from computenest.kernel.unknown import Known
from computenest.kernel.values import Json
from computenest.resources._packages.classify import Phase, classify, failure_reasons
from computenest.resources._packages.model import Artifact, ArtifactVersion, Wanted


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything the cloud says of one artifact.

    Args:
        artifact: None where it does not exist.
        versions: all of them, the draft first.
        lost: regions whose image the live version still lists although it is gone from ECS.
    """

    artifact: Artifact | None = None
    versions: tuple[ArtifactVersion, ...] = ()
    lost: Set[RegionId] = frozenset()

    @property
    def draft(self) -> ArtifactVersion | None:
        return next((v for v in self.versions if v.is_draft and classify(v.status) is not Phase.GONE), None)

    @property
    def highest(self) -> int:
        """The highest version number ever seen; an ordinal for tokens."""
        known = self.artifact.max_version if self.artifact else 0
        return max([known, *(v.number for v in self.versions)])


class CreateArtifact(plan.Create):
    """There is no artifact: create it with its first draft."""


@dataclass(frozen=True, slots=True)
class CreateDraft(plan.Step):
    """There is no draft and the live version is not what is wanted."""

    why: str


class UpdateDraft(plan.Step):
    """The draft is not what is wanted, or failed in an earlier run."""


class Release(plan.Step):
    """The draft is as wanted: publish it, which distributes it."""


@dataclass(frozen=True, slots=True)
class Discard(plan.Step):
    """The draft is left of a desired state that failed and was taken back: its copies would stay for nothing."""

    draft: ArtifactVersion


@dataclass(frozen=True, slots=True)
class Await(plan.Await):
    """The cloud is at work on this version."""

    version: ArtifactVersion


@dataclass(frozen=True, slots=True)
class Done(plan.Done):
    """Everything wanted is there, in this version."""

    version: ArtifactVersion


@dataclass(frozen=True, slots=True)
class Fail(plan.Fail):
    """This run cannot finish; what is there stays recorded. `reasons` is keyed by region."""

    version: ArtifactVersion
    reasons: Mapping[RegionId, str] = field(default_factory=dict)


_BUILDING = -1  # an ordinal that no version has: "this run created or updated the draft"


def next_step(package: Wanted[Known], observed: Observed, *, released: Set[int] = frozenset()) -> plan.Step:
    """The one thing to do now.

    Args:
        package: what is wanted.
        observed: what the cloud says, just read.
        released: ordinals (`Observed.highest` at the time) of drafts that this run released already.
    """
    if observed.artifact is None:
        return CreateArtifact()
    draft, live = observed.draft, live_version(observed)
    if draft is not None and classify(draft.status) is Phase.PENDING:
        return Await(draft)
    if live is not None and classify(live.status) is Phase.PENDING:
        return Await(live)
    if live is not None and matches(package, live, observed) and (package.release or draft is None):
        gap, failed = _gap(package, live, observed.lost), classify(live.status) is Phase.FAILED
        if not gap and not failed:
            return Done(live)
        if live.number - 1 in released:
            reason = "the cloud says Available but lists no image for this region"
            return Fail(live, failure_reasons(live, package.regions) if failed else dict.fromkeys(sorted(gap), reason))
        if draft is None:
            lost = f"lost its image in {', '.join(sorted(gap))}"
            return CreateDraft(f"version {live.version} {f'is {live.status}' if failed else lost}")
    if draft is None:
        return CreateDraft(
            "nothing is released yet" if live is None else f"version {live.version} is not what is wanted"
        )
    return _step_for_draft(package, observed, draft, released)


def _step_for_draft(
    package: Wanted[Known], observed: Observed, draft: ArtifactVersion, released: Set[int]
) -> plan.Step:
    failed = classify(draft.status) is Phase.FAILED
    wanted = matches(package, draft, observed)
    if failed and (observed.highest in released or (_BUILDING in released and wanted)):
        return Fail(draft, failure_reasons(draft, package.regions))
    if not wanted or failed:
        return UpdateDraft()
    if not package.release:
        return Done(draft)
    return Release()


def abandoned(observed: Observed, step: plan.Step, *, has_failed: bool) -> plan.Step:
    """`step`, or before it ends, that the draft goes which is left of a wish that failed and was taken back. A draft
    that did not fail, of a package that was as wished, is somebody's who works on it in the console.

    Args:
        has_failed: the state before says that its operation did not finish.
    """
    draft = observed.draft
    if not isinstance(step, Done) or draft is None or step.version.is_draft:
        return step
    return Discard(draft) if has_failed or classify(draft.status) is Phase.FAILED else step


def after_draft(released: Set[int]) -> frozenset[int]:
    """`released`, with the note that this run made the draft: a failure of its build is then final for this run."""
    return frozenset(released) | {_BUILDING}


def live_version(observed: Observed) -> ArtifactVersion | None:
    """The released version with the highest number."""
    numbered = [v for v in observed.versions if v.number and classify(v.status) is not Phase.GONE]
    return max(numbered, key=lambda v: v.number, default=None)


def superseded(package: Wanted[Known], observed: Observed) -> tuple[VersionId, ...]:
    """Released versions that may go: all but the live one and the `retain_versions` newest before it."""
    numbered = sorted((v for v in observed.versions if v.number), key=lambda v: -v.number)
    return tuple(v.version for v in numbered[1 + package.retain_versions :])


def matches(package: Wanted[Known], version: ArtifactVersion, observed: Observed) -> bool:
    """Whether a version is made of what the package asks for; only keys that we set are compared (facts §1.2).

    A description is visible for one version only, the one that `observed.artifact` was read as.
    """
    draft = package.draft()
    seen = observed.artifact
    if seen is not None and seen.version == version.version and seen.description != draft.description:
        return False
    return (
        agrees(draft.source.artifact_property(), version.source_property)
        and agrees(draft.source.build_property() or {}, version.build_property)
        and set(draft.regions) == set(version.regions)
        and draft.version_name == version.version_name
    )


def agrees(wanted: Mapping[str, Json], seen: Mapping[str, Json]) -> bool:
    """Whether `seen` says the same as `wanted` for every key of `wanted`, numbers and booleans as text or not."""
    return all(_same(value, seen.get(key)) for key, value in wanted.items())


def _same(wanted: Json, seen: Json) -> bool:
    if isinstance(wanted, Mapping) and isinstance(seen, Mapping):
        return agrees(wanted, seen)
    if isinstance(wanted, bool) or isinstance(seen, bool):
        return str(wanted).lower() == str(seen).lower()
    if isinstance(wanted, str) or isinstance(seen, str):
        return str(wanted) == str(seen)
    return json.dumps(wanted, sort_keys=True) == json.dumps(seen, sort_keys=True)


def _gap(package: Wanted[Known], version: ArtifactVersion, lost: Set[RegionId]) -> set[RegionId]:
    if not package.has_images:
        return set()
    return {region for region in package.regions if region not in version.images or region in lost}
