"""What a state says of what was observed: alike for all types of packages, but for what each has besides.

`PackageRun` observes, plans and acts alike for all; images on one side (`_packages.state`), and container images,
charts and files on the other (`_packages.content_state`), add their own account of what was delivered, what is missing,
and what drifted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from typing_extensions import TypeVar

from computenest.kernel import identity
from computenest.kernel.names import RegionId
from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import Known
from computenest.resources._packages.model import AnyState, ArtifactVersion, Wanted
from computenest.resources._packages.plan import Observed, live_version, matches

W = TypeVar("W", bound="Wanted[Known]")
S = TypeVar("S", bound="AnyState[Known]")


@dataclass(frozen=True, slots=True)
class States(ABC, Generic[W, S]):
    """The states of one type of package.

    Args:
        state: what is recorded of one.
    """

    state: type[S]

    def delivered(
        self, wanted: W | S, seen: Observed, version: ArtifactVersion, former: S | None, *, visible: Sequence[RegionId]
    ) -> S:
        """The state of a package that has everything it wants."""
        made = self.state.made(
            wanted,
            artifact_id=seen.artifact.artifact_id if seen.artifact else "",
            version=version.version,
            status=_settled(version),
            edition=wanted.wanted_edition,
            reasons={},
        )
        return self._delivered(made, version, former, visible)

    def incomplete(
        self,
        wanted: W | S,
        seen: Observed,
        former: S | None,
        artifact_id: str,
        reasons: Mapping[RegionId, str],
        detail: str,
    ) -> S:
        """The state of a package that lacks something: its id and what there is, with the reason."""
        live = live_version(seen)
        made = self.state.made(
            wanted,
            artifact_id=artifact_id,
            version=live.version if live is not None else former.version if former is not None else "draft",
            status=INCOMPLETE,
            edition=former.edition if former is not None else "",
            reasons=dict(reasons) or {"": detail or "the cloud gives no reason"},
        )
        return self._incomplete(made, seen, former, detail)

    def observed(self, known: S, seen: Observed) -> S:
        """The state as the cloud shows it now, inputs included, so that the next preview shows what drifted."""
        live = live_version(seen)
        version, artifact = live if live is not None else seen.draft, seen.artifact
        if version is None or artifact is None:
            return self._gone(known.made(known, status=INCOMPLETE))
        found = known
        if artifact.version == version.version and artifact.description != known.description:
            found = found.made(found, description=artifact.description)
        if known.version_name is not None and version.version_name != known.draft().version_name:
            found = found.made(found, version_name=version.version_name)
        is_ours = identity.is_ours(artifact.tags, owner_id=known.owner_id, generation=known.generation)
        if known.tags or not is_ours:
            kept = {key: artifact.tags[key] for key in sorted(known.tags) if key in artifact.tags}
            found = found.made(found, tags=kept)
        # Its mark taken off by hand: an update puts it back, without it a delete would refuse.
        is_marked = identity.OWNER_TAG in artifact.tags
        complete = is_marked and matches(known, version, seen) and self._is_whole(known, version, seen)
        found = found.made(
            found,
            artifact_id=artifact.artifact_id,
            version=version.version,
            status=_settled(version) if complete else INCOMPLETE,
            edition=known.wanted_edition if complete else known.edition,
            reasons={} if complete else known.reasons,
        )
        return self._observed(found, known, version, seen)

    def _delivered(self, made: S, version: ArtifactVersion, former: S | None, visible: Sequence[RegionId]) -> S:
        """With what else was delivered."""
        del version, former, visible
        return made

    def _incomplete(self, made: S, seen: Observed, former: S | None, detail: str) -> S:
        """With what else is there."""
        del seen, former, detail
        return made

    def _observed(self, found: S, known: S, version: ArtifactVersion, seen: Observed) -> S:
        """With what else is to be seen of a version."""
        del known, version, seen
        return found

    @abstractmethod
    def _gone(self, known: S) -> S:
        """The state of an artifact of which no version is left."""

    @abstractmethod
    def _is_whole(self, known: S, version: ArtifactVersion, seen: Observed) -> bool:
        """Whether a version that is made of what is wanted lacks nothing else."""


def _settled(version: ArtifactVersion) -> str:
    return "Draft" if version.is_draft else "Available"
